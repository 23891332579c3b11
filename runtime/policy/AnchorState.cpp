// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/policy/AnchorState.h"

#include "runtime/policy/Clock.h"

#include <algorithm>
#include <bit>

namespace jit {

static constexpr std::uint64_t most_doublings = 3;

std::uint64_t AnchorState::next_pass() noexcept {
  const std::uint64_t pass = passes() + 1;
  passed.store(pass, std::memory_order_relaxed);
  return pass;
}

std::string_view name(AnchorState::Phase phase) noexcept {
  static constexpr std::string_view names[] = {"cold", "waiting", "serving", "resting"};
  return names[static_cast<std::size_t>(phase)];
}

AnchorState::Phase AnchorState::phase() const noexcept {
  if (resting())
    return Phase::resting;
  if (serving.load(std::memory_order_relaxed) > 0)
    return Phase::serving;
  return waiting.load(std::memory_order_relaxed) > 0 ? Phase::waiting : Phase::cold;
}

bool AnchorState::may_time(bool wanted) const noexcept {
  constexpr std::uint64_t at_first = 16, sample = 64;
  const std::uint64_t pass = passes() + 1;
  return pass <= at_first || ((wanted || pass % sample == 0) && !resting());
}

void AnchorState::clear_window() noexcept {
  for (auto *sum : {&credits, &debits, &eager})
    sum->store(0, std::memory_order_relaxed);
  ended.store(0, std::memory_order_relaxed);
  window_began_ns.store(0, std::memory_order_relaxed);
}

bool AnchorState::pass_ended(std::uint64_t eager_ns) noexcept {
  if (resting())
    return false;
  // A thread that was put aside may write an old number of passes: a rest that is over stays so.
  if (const std::uint64_t over = rest.load(std::memory_order_relaxed); over > 3)
    rest.store(over & 3, std::memory_order_relaxed);
  add(eager, eager_ns);
  if (window_began_ns.load(std::memory_order_relaxed) == 0)
    window_began_ns.store(now_ns(), std::memory_order_relaxed);
  const std::uint32_t count = ended.load(std::memory_order_relaxed) + 1;
  ended.store(count, std::memory_order_relaxed);
  if (count < window)
    return false;
  judge();
  clear_window();
  return true;
}

void AnchorState::judge() noexcept {
  const std::uint64_t won = credits.load(std::memory_order_relaxed);
  const std::uint64_t lost = debits.load(std::memory_order_relaxed);
  const std::uint64_t took = eager.load(std::memory_order_relaxed);
  const std::uint64_t doublings = rest.load(std::memory_order_relaxed) & 3;
  if (lost <= won || lost <= took / 100) {
    if (good_windows.fetch_add(1, std::memory_order_relaxed) % 2 == 1 && doublings)
      rest.store((passes() << 2) | (doublings - 1), std::memory_order_relaxed);
    return;
  }
  const double pass_ns = std::max(1.0, static_cast<double>(took) / window);
  double wanted = 100 * static_cast<double>(lost - won) / pass_ns *
                  static_cast<double>(std::uint64_t{1} << doublings);
  const double pace_ns =
      static_cast<double>(now_ns() - window_began_ns.load(std::memory_order_relaxed)) /
      (window - 1);
  if (pace_ns > 0)
    wanted = std::min(wanted, static_cast<double>(most_rest_ns) / pace_ns);
  const auto length = static_cast<std::uint64_t>(
      std::clamp(wanted, static_cast<double>(least_rest), static_cast<double>(most_rest)));
  rest.store((passes() + length) << 2 | std::min(doublings + 1, most_doublings),
             std::memory_order_relaxed);
  good_windows.store(0, std::memory_order_relaxed);
  recent.store(0, std::memory_order_relaxed);
}

void AnchorState::hashed(bool has_program) noexcept {
  if (!resting())
    return;
  const std::uint32_t bits = recent.load(std::memory_order_relaxed) << 1 | has_program;
  recent.store(bits, std::memory_order_relaxed);
  constexpr int enough = 15;
  if (std::popcount(bits & 0xffffu) >= enough)
    wake();
}

bool AnchorState::deserves_program(std::uint32_t id) noexcept {
  const std::uint64_t ids = asked.load(std::memory_order_relaxed) << 16 | (id & 0xffffu);
  asked.store(ids, std::memory_order_relaxed);
  const bool has_rested = rest.load(std::memory_order_relaxed) & 3;
  const int wanted = resting() ? 3 : has_rested ? 2 : 1;
  int count = 0;
  for (int k = 0; k < 64; k += 16)
    count += (ids >> k & 0xffffu) == (id & 0xffffu);
  return count >= wanted;
}

void AnchorState::forget() noexcept {
  wake();
  rest.store(passes() << 2, std::memory_order_relaxed);
  good_windows.store(0, std::memory_order_relaxed);
}

void AnchorState::wake() noexcept {
  rest.store((passes() << 2) | (rest.load(std::memory_order_relaxed) & 3),
             std::memory_order_relaxed);
  recent.store(0, std::memory_order_relaxed);
  clear_window();
}

} // namespace jit
