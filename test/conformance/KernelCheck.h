// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Runs an op by run_kernel on every instruction set and several thread counts, and compares bits
// with the interpreter.
#pragma once

#include "runtime/kernels/KernelCall.h"
#include "test/conformance/Interpreter.h"

#include <string>

namespace jit::conformance {

/// How the elements of a tensor lie in memory.
enum class Layout { contiguous, transposed, gaps, reversed, repeated };
inline constexpr Layout all_layouts[] = {Layout::contiguous, Layout::transposed, Layout::gaps,
                                         Layout::reversed, Layout::repeated};

/// Strides of a layout, in elements, the number of elements of memory and the place of the first
/// one.
struct Places {
  DimList strides;
  std::int64_t size = 1, first = 0;
};
Places places_of(Dims dims, Layout layout);

inline constexpr DType all_dtypes[] = {DType::boolean, DType::i8,  DType::u8,  DType::i16,
                                       DType::u16,     DType::i32, DType::u32, DType::i64,
                                       DType::f32,     DType::f64};

/// Random elements among which every special value of the dtype turns up.
Value edge_values(DType dtype, Dims dims, std::uint64_t seed);
/// Random elements near 1 of both signs: sums round at every step.
Value plain_values(DType dtype, Dims dims, std::uint64_t seed);
/// i64 elements in [0, bound), or half of them in [-bound, 0).
Value index_values(Dims dims, std::int64_t bound, std::uint64_t seed, bool from_end = false);

/// Runs and compares; operands that are tensors lie in `layout`. Returns false if the op refuses
/// these operands.
bool check(OpKind op, AttrWords attrs, std::vector<Value> operands,
           Layout layout = Layout::contiguous);

/// Where every op with every dtype and every shape would take minutes: whether op and dtype meet
/// shape number i, one in `period`.
inline bool meets(const OpInfo &op, DType dtype, std::size_t i, std::size_t period) {
  return (static_cast<std::size_t>(op.kind) + static_cast<std::size_t>(dtype) + i) % period == 0;
}

/// "f32[2,3]" of every operand.
std::string describe(OpKind op, AttrWords attrs, const std::vector<Value> &operands, Layout layout);

} // namespace jit::conformance
