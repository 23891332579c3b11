// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A slow interpreter of the op table, one element at a time by the definitions in the numerics
// page. It shares no code with the kernels but the plain emitter's transcendental functions.
#pragma once

#include "runtime/ops/OpTable.h"

#include <cstring>
#include <vector>

namespace jit::conformance {

/// A tensor in row-major order, or a number if `is_number`.
struct Value {
  DType dtype = DType::f32;
  DimList dims;
  std::vector<std::byte> bytes;
  bool is_number = false;
  Scalar number = 0;

  Value() = default;
  Value(DType dtype, Dims dims);
  explicit Value(Scalar number) : is_number(true), number(number) {}

  std::int64_t size() const;
  template <class T> T at(std::int64_t i) const {
    T value;
    std::memcpy(&value, bytes.data() + i * static_cast<std::int64_t>(sizeof(T)), sizeof(T));
    return value;
  }
  template <class T> void set(std::int64_t i, T value) {
    std::memcpy(bytes.data() + i * static_cast<std::int64_t>(sizeof(T)), &value, sizeof(T));
  }
};

/// Results of an op whose metadata has been inferred; views are copied.
std::vector<Value> interpret(OpKind op, AttrWords attrs, const std::vector<Value> &operands);

/// Index and both values of the first element that differs, or empty. NaN equals NaN.
std::string difference(const Value &expected, const Value &got);

} // namespace jit::conformance
