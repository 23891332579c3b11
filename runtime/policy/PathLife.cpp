// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/policy/PathLife.h"

#include "runtime/policy/BackOff.h"

#include <algorithm>

namespace jit {

std::uint64_t PathLife::pack(const Now &now) noexcept {
  return static_cast<std::uint64_t>(now.state) |
         static_cast<std::uint64_t>(now.reason) << state_bits |
         static_cast<std::uint64_t>(now.lost) << (state_bits + reason_bits) |
         now.retry_at << (state_bits + reason_bits + lost_bits);
}

double PathLife::margin() const noexcept { return 0.03 * std::min<std::uint32_t>(now().lost, 3); }

bool PathLife::change(PathState from, PathState to) noexcept {
  std::uint64_t old = word.load(std::memory_order_acquire);
  Now next = unpack(old);
  if (next.state != from)
    return false;
  next.state = to;
  next.reason = RejectReason::none;
  next.retry_at = 0;
  return word.compare_exchange_strong(old, pack(next), std::memory_order_acq_rel);
}

bool PathLife::reject(PathState from, RejectReason why, std::uint64_t visits) noexcept {
  std::uint64_t old = word.load(std::memory_order_acquire);
  Now next = unpack(old);
  if (next.state != from)
    return false;
  const bool measured = why == RejectReason::no_gain;
  const std::uint64_t wait = measured ? back_off(1'000, next.lost) : longest_back_off;
  next.state = PathState::rejected;
  next.reason = why;
  next.lost = std::min<std::uint32_t>(next.lost + measured, (1u << lost_bits) - 1);
  next.retry_at = visits + wait;
  return word.compare_exchange_strong(old, pack(next), std::memory_order_acq_rel);
}

bool PathLife::retry(std::uint64_t visits) noexcept {
  const Now before = now();
  if (before.state != PathState::rejected || visits < before.retry_at)
    return false;
  return change(PathState::rejected,
                before.reason == RejectReason::no_gain ? PathState::trial : PathState::watching);
}

void PathLife::pardon() noexcept {
  std::uint64_t old = word.load(std::memory_order_acquire);
  Now next = unpack(old);
  next.lost = 0;
  next.retry_at = 0;
  word.compare_exchange_strong(old, pack(next), std::memory_order_acq_rel);
}

} // namespace jit
