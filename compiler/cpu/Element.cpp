// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One switch over the generated list of element functions; which dtypes and how many operands a
// function takes is decided by whether its template exists for them.
#include "compiler/cpu/Element.h"

#include "runtime/base/SeededBugs.h"
#include "runtime/base/WithDType.h"
#include "runtime/scalar/Functions.h"

namespace jit::cpu {
namespace {

using E = ir::Emitter;
using LlvmValues = llvm::ArrayRef<llvm::Value *>;

template <int tag> llvm::Value *unwrap(ir::Lanes<tag> x) { return x.v; }

/// Calls f with a value of the lanes that elements of a dtype have.
template <class F> llvm::Value *with_lanes_of(DType dtype, F f) {
  return with_dtype(dtype,
                    [&]<class T>(std::type_identity<T>) { return f(scalar::Value<E, T>()); });
}

template <class V> llvm::Value *convert_from(E &e, V x, DType to) {
  return with_dtype(
      to, [&]<class To>(std::type_identity<To>) { return unwrap(scalar::cast<To>(e, x)); });
}

/// Operands of one type, except that the first of three may be a condition.
template <class V, class F> llvm::Value *apply_as(F f, LlvmValues x, DType first) {
  if (x.size() == 1)
    return f(V{x[0]});
  if (x.size() == 2)
    return f(V{x[0]}, V{x[1]});
  if (x.size() == 3 && first == DType::boolean)
    return f(E::M32{x[0]}, V{x[1]}, V{x[2]});
  if (x.size() == 3)
    return f(V{x[0]}, V{x[1]}, V{x[2]});
  return nullptr;
}

/// The form of a function that looks at the type of narrow integers; null if there is none.
template <class T> llvm::Value *apply_narrow(E &e, ScalarFunction function, E::I32 x, E::I32 y) {
  using namespace scalar;
  switch (function) {
#define TRACEJIT_SCALAR_FUNCTION(name)                                                             \
  case ScalarFunction::name:                                                                       \
    if constexpr (requires { name(e, x, y, Narrow<T>()); })                                        \
      return unwrap(name(e, x, y, Narrow<T>()));                                                   \
    break;
#include "runtime/ops/ScalarFunctions.inc"
#undef TRACEJIT_SCALAR_FUNCTION
  case ScalarFunction::none:
    break;
  }
  return nullptr;
}

llvm::Value *apply_to_lanes(E &e, ScalarFunction function, LlvmValues operands,
                            llvm::ArrayRef<DType> dtypes) {
  auto typed = [&](auto f) {
    return with_lanes_of(dtypes.back(),
                         [&]<class V>(V) { return apply_as<V>(f, operands, dtypes.front()); });
  };
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

} // namespace

llvm::Value *apply_element(E &e, ScalarFunction function, DType result, LlvmValues operands,
                           llvm::ArrayRef<DType> dtypes) {
  if (operands.empty())
    return nullptr;
  if (planted(SeededBug::zero_sign_dropped) && function == ScalarFunction::negative &&
      is_float(result))
    return e.builder().CreateFSub(llvm::Constant::getNullValue(operands[0]->getType()),
                                  operands[0]);
  if (function == ScalarFunction::cast)
    return with_lanes_of(dtypes[0],
                         [&]<class V>(V) { return convert_from(e, V{operands[0]}, result); });
  if (operands.size() == 2)
    if (llvm::Value *narrow =
            with_dtype(dtypes[1], [&]<class T>(std::type_identity<T>) -> llvm::Value * {
              if constexpr (requires { scalar::Narrow<T>(); })
                return apply_narrow<T>(e, function, {operands[0]}, {operands[1]});
              else
                return nullptr;
            }))
      return apply_normalise(e, result, narrow);
  llvm::Value *computed = apply_to_lanes(e, function, operands, dtypes);
  return computed ? apply_normalise(e, result, computed) : nullptr;
}

llvm::Value *apply_normalise(E &e, DType dtype, llvm::Value *x) {
  return with_dtype(dtype, [&]<class T>(std::type_identity<T>) {
    return unwrap(scalar::normalise<T>(e, scalar::Value<E, T>{x}));
  });
}

llvm::Value *apply_maximum(E &e, DType dtype, llvm::Value *x, llvm::Value *y) {
  return with_lanes_of(dtype, [&]<class V>(V) { return unwrap(scalar::maximum(e, V{x}, V{y})); });
}

llvm::Value *apply_minimum(E &e, DType dtype, llvm::Value *x, llvm::Value *y) {
  return with_lanes_of(dtype, [&]<class V>(V) { return unwrap(scalar::minimum(e, V{x}, V{y})); });
}

} // namespace jit::cpu
