// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Trial: decides on real calls whether a compiled path stays. Free of risk because both ways give
// the same bits.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

namespace jit {

/// Time stamp counter; a unit that only ratios are taken of.
inline std::uint64_t cycles() noexcept { return __builtin_ia32_rdtsc(); }

/// Eight compiled and eight eager runs in random order. A run counts only time inside the runtime.
/// Won iff min(compiled) <= 0.97 min(eager) and compiled wins at least 6 of the 8 pairs in order.
/// While active one run in 4,096 is eager; two losses in a row by more than 5 % demote.
class Trial {
public:
  enum class Verdict : std::uint8_t { undecided, won, lost };
  static constexpr int runs_each = 8;
  static constexpr std::uint64_t check_period = 4096;

  /// Forgets everything; the order of runs is drawn from the seed.
  void start(std::uint64_t seed) noexcept;
  /// Whether the next run should be eager.
  bool next_is_eager() const noexcept;
  /// Adds one run. Any thread; runs that race for a place are dropped.
  void add(bool eager, std::uint64_t time) noexcept;
  Verdict verdict() const noexcept;
  /// min(eager) - min(compiled) in cycles, or 0.
  std::int64_t gain() const noexcept;
  std::uint64_t best_compiled() const noexcept { return best(compiled_times, compiled_count); }
  std::uint64_t best_eager() const noexcept { return best(eager_times, eager_count); }

private:
  using Times = std::array<std::atomic<std::uint64_t>, runs_each>;
  static std::uint64_t best(const Times &times, const std::atomic<std::uint32_t> &count) noexcept;
  static void push(Times &times, std::atomic<std::uint32_t> &count, std::uint64_t time) noexcept;

  std::atomic<std::uint32_t> order{0}; ///< bit i: run i is eager
  std::atomic<std::uint32_t> eager_count{0}, compiled_count{0};
  Times eager_times{}, compiled_times{};
};

} // namespace jit
