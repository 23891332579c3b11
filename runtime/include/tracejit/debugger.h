// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// For a debugger that has stopped the program: gdb's `call jit_print(x)`. Not for code.
#pragma once

#include <tracejit/tensor.h>

#pragma GCC visibility push(default)
namespace jit::detail {
void print_in_debugger(const Tensor &tensor) noexcept;
void set_in_debugger(Tensor &tensor, const char *text) noexcept;
void set_in_debugger(Variable &variable, const char *text) noexcept;
} // namespace jit::detail

extern "C" {
// A copy in every program, so that its own debug information tells the types of the arguments.

/// Prints dtype, shape and elements to stderr, errors too. What a pending value needs is computed
/// aside: the value stays pending, and the trace goes on as if nobody had looked.
[[gnu::used]] inline void jit_print(const jit::Tensor &tensor) noexcept {
  jit::detail::print_in_debugger(tensor);
}

/// Makes the handle another tensor of the same dtype and shape, and prints it. `text` has all
/// elements in row-major order or one for all of them: "1 2 3", "[[1, 2], [3, 4]]", "true", "-inf".
/// Other handles keep the old value. What does not fit is refused with a message, and nothing
/// changes.
[[gnu::used]] inline void jit_set(jit::Tensor &tensor, const char *text) noexcept {
  jit::detail::set_in_debugger(tensor, text);
}
} // extern "C"

[[gnu::used]] inline void jit_print(const jit::Variable &variable) noexcept {
  jit::detail::print_in_debugger(variable.value());
}
[[gnu::used]] inline void jit_set(jit::Variable &variable, const char *text) noexcept {
  jit::detail::set_in_debugger(variable, text);
}
#pragma GCC visibility pop
