// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One switch over the generated list of element functions; which dtypes and how many operands a
// function takes is decided by whether its template exists for them.
#include "compiler/cpu/Element.h"

#include "runtime/base/SeededBugs.h"
#include "runtime/scalar/Functions.h"

namespace jit::cpu {
namespace {

using E = ir::Emitter;
using LlvmValues = llvm::ArrayRef<llvm::Value *>;

template <class T> scalar::Value<E, T> wrap(llvm::Value *v) {
  if constexpr (std::same_as<T, std::uint8_t>)
    return {{v}};
  else
    return {v};
}
template <int tag> llvm::Value *unwrap(ir::Lanes<tag> x) { return x.v; }
llvm::Value *unwrap(scalar::U8<E> x) { return x.wide.v; }

/// Calls f with the C++ element type of a dtype.
template <class F> llvm::Value *with_type(DType dtype, F f) {
  switch (dtype) {
  case DType::boolean:
    return f.template operator()<bool>();
  case DType::u8:
    return f.template operator()<std::uint8_t>();
  case DType::i64:
    return f.template operator()<std::int64_t>();
  case DType::f32:
    return f.template operator()<float>();
  case DType::f64:
    return f.template operator()<double>();
  default:
    return nullptr;
  }
}

llvm::Value *convert(E &e, DType to, llvm::Value *x, DType from) {
  return with_type(from, [&]<class From>() {
    return with_type(to, [&]<class To>() { return unwrap(scalar::cast<To>(e, wrap<From>(x))); });
  });
}

/// Operands of one type, except that the first of three may be a condition.
template <class T, class F> llvm::Value *apply_as(E &, F f, LlvmValues x, DType first) {
  if (x.size() == 1)
    return f(wrap<T>(x[0]));
  if (x.size() == 2)
    return f(wrap<T>(x[0]), wrap<T>(x[1]));
  if (x.size() == 3 && first == DType::boolean)
    return f(wrap<bool>(x[0]), wrap<T>(x[1]), wrap<T>(x[2]));
  if (x.size() == 3)
    return f(wrap<T>(x[0]), wrap<T>(x[1]), wrap<T>(x[2]));
  return nullptr;
}

} // namespace

llvm::Value *apply_element(E &e, ScalarFunction function, DType result, LlvmValues operands,
                           llvm::ArrayRef<DType> dtypes) {
  if (operands.empty())
    return nullptr;
  auto typed = [&](auto f) {
    return with_type(dtypes.back(),
                     [&]<class T>() { return apply_as<T>(e, f, operands, dtypes.front()); });
  };
  if (planted(SeededBug::zero_sign_dropped) && function == ScalarFunction::negative &&
      is_float(result))
    return e.builder().CreateFSub(llvm::Constant::getNullValue(operands[0]->getType()),
                                  operands[0]);
  if (function == ScalarFunction::cast)
    return convert(e, result, operands[0], dtypes[0]);
  using namespace scalar;
  switch (function) {
#define TRACEJIT_SCALAR_FUNCTION(name)                                                             \
  case ScalarFunction::name:                                                                       \
    return typed([&](auto... x) -> llvm::Value * {                                                 \
      if constexpr (requires { name(e, x...); })                                                   \
        return unwrap(name(e, x...));                                                              \
      else                                                                                         \
        return nullptr;                                                                            \
    });
#include "runtime/ops/ScalarFunctions.inc"
#undef TRACEJIT_SCALAR_FUNCTION
  case ScalarFunction::none:
    break;
  }
  return nullptr;
}

llvm::Value *apply_maximum(E &e, DType dtype, llvm::Value *x, llvm::Value *y) {
  return with_type(dtype,
                   [&]<class T>() { return unwrap(scalar::maximum(e, wrap<T>(x), wrap<T>(y))); });
}

llvm::Value *apply_minimum(E &e, DType dtype, llvm::Value *x, llvm::Value *y) {
  return with_type(dtype,
                   [&]<class T>() { return unwrap(scalar::minimum(e, wrap<T>(x), wrap<T>(y))); });
}

} // namespace jit::cpu
