// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a Variable is.
#pragma once

#include "runtime/jit/Session.h"
#include "runtime/tensor/Impl.h"

#include <tracejit/tensor.h>

namespace jit {

struct Variable::Box final : RebindJournal {
  Tensor value;
  VariableOptions options;
  void restore(Impl *old_value) noexcept override { value = detail::Access::tensor(old_value); }
  ~Box() { Session::forget_journal(*this); }
};

} // namespace jit
