// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Element functions as text: from run-time enumerators to the templates of runtime/scalar.
#pragma once

#include "compiler/cuda/text/Emitter.h"
#include "runtime/ops/OpTable.h"

#include <span>

namespace jit::gpu {

/// A computed element: the name of a variable of the lane that holds elements of the dtype
/// (runtime/scalar/Storage.h): bool, int, long long, float, double.
struct Element {
  std::string text;
  DType dtype;
};

/// Writes the function of these operands. Its result has an empty text if there is no such function
/// of these operands.
Element apply_element(Emitter &e, ScalarFunction function, DType result,
                      std::span<const Element> operands);

/// The C++ type of an element in memory, and that of a lane.
std::string_view memory_type(DType dtype);
std::string_view lane_type(DType dtype);

/// From an expression of the type in memory to a computed element, and back to an expression.
Element widen(Emitter &e, const std::string &memory, DType dtype);
std::string narrow(const Element &x);

/// The element with these bits.
Element constant(DType dtype, std::uint64_t bits);
/// A new variable of an integer or bool expression.
Element define(Emitter &e, DType dtype, const std::string &expression);

} // namespace jit::gpu
