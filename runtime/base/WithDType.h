// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From a dtype at run time to a C++ type at compile time.
#pragma once

#include <tracejit/dtype.h>

#include <cstdlib>
#include <type_traits>

namespace jit {

/// f(std::type_identity<T>()) for the type T of the elements of a supported dtype. A new dtype is
/// named by the compiler here, and here only.
template <class F> constexpr decltype(auto) with_dtype(DType dtype, F &&f) {
  switch (dtype) {
  case DType::boolean:
    return f(std::type_identity<bool>());
  case DType::i8:
    return f(std::type_identity<std::int8_t>());
  case DType::u8:
    return f(std::type_identity<std::uint8_t>());
  case DType::i16:
    return f(std::type_identity<std::int16_t>());
  case DType::u16:
    return f(std::type_identity<std::uint16_t>());
  case DType::i32:
    return f(std::type_identity<std::int32_t>());
  case DType::u32:
    return f(std::type_identity<std::uint32_t>());
  case DType::i64:
    return f(std::type_identity<std::int64_t>());
  case DType::f32:
    return f(std::type_identity<float>());
  case DType::f64:
    return f(std::type_identity<double>());
  case DType::f16:
  case DType::bf16:
    break;
  }
  std::abort(); // inference lets no other tensor in
}

} // namespace jit
