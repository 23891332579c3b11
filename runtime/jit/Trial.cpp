// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Trial.h"

#include <algorithm>

namespace jit {

/// A permutation of eight eager and eight compiled runs, as a bit mask.
static std::uint32_t draw_order(std::uint64_t seed) noexcept {
  std::uint32_t mask = 0;
  int eager_left = Trial::runs_each;
  for (int left = 2 * Trial::runs_each; left > 0; --left) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    if (static_cast<int>((seed >> 33) % static_cast<std::uint64_t>(left)) < eager_left) {
      mask |= 1u << (left - 1);
      --eager_left;
    }
  }
  return mask;
}

void Trial::start(std::uint64_t seed) noexcept {
  eager_count.store(0, std::memory_order_relaxed);
  compiled_count.store(0, std::memory_order_relaxed);
  order.store(draw_order(seed), std::memory_order_release);
}

bool Trial::next_is_eager() const noexcept {
  const std::uint32_t eager = std::min<std::uint32_t>(eager_count, runs_each);
  const std::uint32_t compiled = std::min<std::uint32_t>(compiled_count, runs_each);
  if (eager == runs_each)
    return false;
  if (compiled == runs_each)
    return true;
  return order.load(std::memory_order_acquire) >> (eager + compiled) & 1;
}

void Trial::push(Times &times, std::atomic<std::uint32_t> &count, std::uint64_t time) noexcept {
  const std::uint32_t place = count.load(std::memory_order_relaxed);
  if (place >= runs_each)
    return;
  times[place].store(time, std::memory_order_relaxed);
  std::uint32_t expected = place;
  count.compare_exchange_strong(expected, place + 1, std::memory_order_release);
}

void Trial::add(bool eager, std::uint64_t time) noexcept {
  if (eager)
    push(eager_times, eager_count, time);
  else
    push(compiled_times, compiled_count, time);
}

std::uint64_t Trial::best(const Times &times, const std::atomic<std::uint32_t> &count) noexcept {
  std::uint64_t least = ~std::uint64_t{0};
  for (std::uint32_t i = 0; i < std::min<std::uint32_t>(count, runs_each); ++i)
    least = std::min(least, times[i].load(std::memory_order_relaxed));
  return least;
}

Trial::Verdict Trial::verdict() const noexcept {
  if (eager_count.load(std::memory_order_acquire) < runs_each ||
      compiled_count.load(std::memory_order_acquire) < runs_each)
    return Verdict::undecided;
  constexpr std::uint64_t outlier = 8; // a pair beyond this multiple of its minimum was disturbed
  const std::uint64_t eager = best_eager(), compiled = best_compiled();
  int wins = 0, pairs = 0;
  for (int i = 0; i < runs_each; ++i) {
    const std::uint64_t e = eager_times[i], c = compiled_times[i];
    if (e > outlier * eager || c > outlier * compiled)
      continue;
    ++pairs;
    wins += c < e;
  }
  const bool often = 4 * wins >= 3 * pairs; // 6 of 8
  return often && static_cast<double>(compiled) <= 0.97 * static_cast<double>(eager)
             ? Verdict::won
             : Verdict::lost;
}

std::int64_t Trial::gain() const noexcept {
  if (eager_count == 0 || compiled_count == 0)
    return 0;
  return static_cast<std::int64_t>(best_eager()) - static_cast<std::int64_t>(best_compiled());
}

} // namespace jit
