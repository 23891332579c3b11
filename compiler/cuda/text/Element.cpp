// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One switch over the generated list of element functions; which dtypes and how many operands a
// function takes is decided by whether its template exists for them.
#include "compiler/cuda/text/Element.h"

#include "runtime/base/WithDType.h"
#include "runtime/scalar/Calls.h"

#include <bit>

namespace jit::gpu {
namespace {

template <class T> using Lane = scalar::Value<Emitter, T>;

template <class Function, class T> std::string apply(Emitter &e, std::span<const Element> x) {
  const auto run = [&](auto... operands) -> std::string {
    if constexpr (requires { Function::apply(e, operands...); })
      return scalar::apply_to<T, Function>(e, operands...).text;
    else if constexpr (requires { Function::apply(e, operands..., scalar::Narrow<T>()); })
      return scalar::apply_to<T, Function>(e, operands...).text;
    else
      return {};
  };
  using V = Lane<T>;
  if (x.size() == 1)
    return run(V{x[0].text});
  if (x.size() == 2)
    return run(V{x[0].text}, V{x[1].text});
  if (x.size() == 3 && x[0].dtype == DType::boolean)
    return run(Emitter::M32{x[0].text}, V{x[1].text}, V{x[2].text});
  if (x.size() == 3)
    return run(V{x[0].text}, V{x[1].text}, V{x[2].text});
  return {};
}

std::string cast(Emitter &e, const Element &x, DType to) {
  return with_dtype(x.dtype, [&]<class From>(std::type_identity<From>) {
    return with_dtype(to, [&]<class To>(std::type_identity<To>) {
      return scalar::cast<To>(e, Lane<From>{x.text}).text;
    });
  });
}

} // namespace

Element apply_element(Emitter &e, ScalarFunction function, DType result,
                      std::span<const Element> operands) {
  if (operands.empty())
    return {{}, result};
  if (function == ScalarFunction::cast)
    return {cast(e, operands[0], result), result};
  return {with_dtype(operands.back().dtype,
                     [&]<class T>(std::type_identity<T>) {
                       return scalar::with_function(
                           function, [&]<class Function>(std::type_identity<Function>) {
                             return apply<Function, T>(e, operands);
                           });
                     }),
          result};
}

std::string_view memory_type(DType dtype) {
  switch (dtype) {
  case DType::boolean:
  case DType::u8:
    return "unsigned char";
  case DType::i8:
    return "signed char";
  case DType::i16:
    return "short";
  case DType::u16:
    return "unsigned short";
  case DType::u32:
    return "unsigned";
  default:
    return lane_type(dtype);
  }
}

std::string_view lane_type(DType dtype) {
  switch (scalar::lane_dtype(dtype)) {
  case DType::boolean:
    return "bool";
  case DType::i64:
    return "long long";
  case DType::f32:
    return "float";
  case DType::f64:
    return "double";
  default:
    return "int";
  }
}

Element widen(Emitter &e, const std::string &memory, DType dtype) {
  return define(e, dtype, dtype == DType::boolean ? memory + " != 0" : memory);
}

std::string narrow(const Element &x) {
  if (memory_type(x.dtype) == lane_type(x.dtype))
    return x.text;
  return "(" + std::string(memory_type(x.dtype)) + ")" + x.text;
}

Element constant(DType dtype, std::uint64_t bits) {
  return {with_dtype(
              dtype,
              [&]<class T>(std::type_identity<T>) -> std::string {
                if constexpr (std::same_as<T, bool>)
                  return bits & 1 ? "true" : "false";
                else if constexpr (std::same_as<T, float>)
                  return Emitter::f32(std::bit_cast<float>(static_cast<std::uint32_t>(bits))).text;
                else if constexpr (std::same_as<T, double>)
                  return Emitter::f64(std::bit_cast<double>(bits)).text;
                else if constexpr (std::same_as<Lane<T>, Emitter::I32>)
                  return Emitter::i32(static_cast<T>(bits)).text;
                else
                  return Emitter::i64(static_cast<T>(bits)).text;
              }),
          dtype};
}

Element define(Emitter &e, DType dtype, const std::string &expression) {
  return {with_dtype(dtype,
                     [&]<class T>(std::type_identity<T>) {
                       return [&]<int t>(std::type_identity<Name<t>>) {
                         return e.define<t>(expression).text;
                       }(std::type_identity<Lane<T>>());
                     }),
          dtype};
}

} // namespace jit::gpu
