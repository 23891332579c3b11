// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Variable: rebinding a box; a pending new value is journaled, so that a failed replay can undo it.
#include "runtime/eager/Dispatch.h"
#include "runtime/eager/Typed.h"
#include "runtime/eager/VariableBox.h"
#include "runtime/jit/Segment.h"

#include <tracejit/ops.h>
#include <tracejit/tensor.h>

namespace jit {

using detail::Access;

detail::RebindHook detail::rebind_hook = nullptr;

/// Tapes know the values of trainable Variables by a mark, so that reading one costs nothing.
static void mark_trainable(const Tensor &value) noexcept {
  Impl &impl = *Access::impl(value);
  if (!(impl.flags.load(std::memory_order_relaxed) & Impl::trainable))
    impl.flags.fetch_or(Impl::trainable, std::memory_order_relaxed);
}

Variable::Variable(Tensor init, VariableOptions options, std::source_location site)
    : box(detail::typed("Variable", site, [] { return std::make_unique<Box>(); })) {
  if (init.empty())
    detail::throw_empty("Variable", site);
  box->value = std::move(init);
  box->options = std::move(options);
  if (box->options.trainable)
    mark_trainable(box->value);
}
Variable::Variable(Variable &&) noexcept = default;
Variable &Variable::operator=(Variable &&) noexcept = default;
Variable::~Variable() = default;

Variable &Variable::operator=(detail::PlacedTensor placed) {
  Tensor &value = placed.tensor;
  const Impl *next = Access::impl(value);
  const Impl *last = Access::impl(box->value);
  if (!next)
    detail::throw_empty("Variable assignment", placed.site);
  if (next->meta->dtype != last->meta->dtype || next->meta->device != last->meta->device ||
      !std::ranges::equal(next->meta->dims(), last->meta->dims()))
    throw Error(ErrorCode::invalid_argument,
                "Variable" + (box->options.name.empty() ? "" : " " + box->options.name) +
                    ": assigned " + describe(*next->meta) + ", but it holds " +
                    describe(*last->meta) + "; shape, dtype and device never change",
                placed.site);
  if (detail::rebind_hook && box->options.trainable)
    detail::typed("Variable assignment", placed.site,
                  [&] { detail::rebind_hook(*Access::impl(box->value), box->identity); });
  Session *session = thread_trace.session;
  // A value that waits elsewhere could not be undone with the Variable, so it is computed now.
  if (!session || !session->holds(*next))
    resolve(*Access::impl(value));
  detail::check_usable(*next);
  if (session && session->holds(*next))
    detail::typed("Variable assignment", placed.site,
                  [&] { session->journal(*box, Access::impl(box->value)); });
  else
    Session::forget_journal(*box);
  box->value = std::move(value);
  if (box->options.trainable)
    mark_trainable(box->value);
  return *this;
}

bool Variable::Box::can_lend(const Variable &variable) noexcept {
  const ThreadTrace &t = thread_trace;
  return t.activity == Activity::none && !t.tapes &&
         Access::impl(variable.value())->where.load(std::memory_order_acquire).state() ==
             Where::ready;
}
void Variable::Box::give_back(Variable &variable, Tensor value) noexcept {
  Box &box = *variable.box;
  Session::forget_journal(box);
  box.value = std::move(value);
  if (box.options.trainable)
    mark_trainable(box.value);
}

// The user's line is the operand's.
Variable &Variable::operator+=(Operand value) {
  const std::source_location site = Access::site(value);
  return *this = {jit::add(Operand(this->value(), site), std::move(value)), site};
}
Variable &Variable::operator-=(Operand value) {
  const std::source_location site = Access::site(value);
  return *this = {jit::subtract(Operand(this->value(), site), std::move(value)), site};
}
Variable &Variable::operator*=(Operand value) {
  const std::source_location site = Access::site(value);
  return *this = {jit::multiply(Operand(this->value(), site), std::move(value)), site};
}
Variable &Variable::operator/=(Operand value) {
  const std::source_location site = Access::site(value);
  return *this = {jit::divide(Operand(this->value(), site), std::move(value)), site};
}

const Tensor &Variable::value() const noexcept { return box->value; }
const std::string &Variable::name() const noexcept { return box->options.name; }
bool Variable::trainable() const noexcept { return box->options.trainable; }

} // namespace jit
