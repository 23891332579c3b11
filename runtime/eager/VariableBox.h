// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a Variable is.
#pragma once

#include "runtime/jit/Session.h"
#include "runtime/tensor/Impl.h"

#include <tracejit/tensor.h>

#include <atomic>

namespace jit {

struct Variable::Box final : RebindJournal {
  Tensor value;
  VariableOptions options;
  const std::uint64_t identity = next_identity(); ///< never used again
  void restore(Impl *old_value) noexcept override { value = detail::Access::tensor(old_value); }
  ~Box() { Session::forget_journal(*this); }
  /// Whether nobody would miss the value while an op takes it over: no trace and no tape.
  static bool can_lend(const Variable &variable) noexcept;
  /// The value, whose place is empty until it is given back, changed or not.
  static Tensor lend(Variable &variable) noexcept { return std::move(variable.box->value); }
  static void give_back(Variable &variable, Tensor value) noexcept;
  static std::uint64_t identity_of(const Variable &variable) noexcept {
    return variable.box->identity;
  }

private:
  static std::uint64_t next_identity() noexcept {
    static std::atomic<std::uint64_t> last{0};
    return last.fetch_add(1, std::memory_order_relaxed) + 1;
  }
};

namespace detail {
/// What gradient tapes see of a trainable Variable that gets another value: the old one, and which
/// Variable it is. Set once by runtime/autograd.
using RebindHook = void (*)(const Impl &value, std::uint64_t variable);
extern RebindHook rebind_hook;
} // namespace detail

} // namespace jit
