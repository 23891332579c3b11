// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Element functions as types: functions::exp_function::apply(emitter, operands...) fails to match
// where the function has no meaning for the operands' lanes or their number.
#pragma once

#include "runtime/ops/OpTable.h"
#include "runtime/scalar/Functions.h"

#include <cstdlib>
#include <type_traits>

namespace jit::scalar {

namespace functions {
#define TRACEJIT_SCALAR_FUNCTION(name)                                                             \
  struct name##_function {                                                                         \
    template <class E, class... V>                                                                 \
    TRACEJIT_EMIT static auto apply(E &e, V... v) -> decltype(name(e, v...)) {                     \
      return name(e, v...);                                                                        \
    }                                                                                              \
  };
#include "runtime/ops/ScalarFunctions.inc"
#undef TRACEJIT_SCALAR_FUNCTION
} // namespace functions

/// Whether the function has a form for operands of these types, but for the one that is told the
/// type (Narrow).
template <class Function, class E, class... Operand>
concept Applies = requires(E e, Value<E, Operand>... v) { Function::apply(e, v...); };

/// f(std::type_identity<functions::NAME_function>()) for a function known at run time.
template <class F> auto with_function(ScalarFunction function, F f) {
  switch (function) {
#define TRACEJIT_SCALAR_FUNCTION(name)                                                             \
  case ScalarFunction::name:                                                                       \
    return f(std::type_identity<functions::name##_function>());
#include "runtime/ops/ScalarFunctions.inc"
#undef TRACEJIT_SCALAR_FUNCTION
  case ScalarFunction::none:
    break;
  }
  std::abort();
}

} // namespace jit::scalar
