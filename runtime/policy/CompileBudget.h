// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// CompileBudget: which job is compiled next, and at which priority.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

namespace jit {

/// A token bucket: 50 ms at once, then 5 % of the processor time of the process. What is over it is
/// compiled at idle priority: on a free core that is as good, on a full one it costs nothing.
class CompileBudget {
public:
  static constexpr std::int64_t burst_ns = 50'000'000;
  static constexpr std::int64_t share = 20;

  bool has_tokens() const noexcept { return tokens > 0; }
  /// Processor time of the process so far.
  void refill(std::uint64_t process_ns) noexcept {
    // It begins at 0 again in the child of a fork.
    const auto passed = static_cast<std::int64_t>(process_ns - std::min(process_ns, refilled));
    tokens = std::min(burst_ns, tokens + passed / share);
    refilled = process_ns;
  }
  void spend(std::uint64_t ns) noexcept { tokens -= static_cast<std::int64_t>(ns); }

private:
  std::int64_t tokens = burst_ns;
  std::uint64_t refilled = 0;
};

/// What is known of a job when one is picked.
struct JobFacts {
  double gain_ns = 0;     ///< predicted, a run
  double runs_per_ns = 0; ///< of late
  double compile_ns = 1;  ///< predicted
  double waiting_ns = 0;  ///< since it was queued
  double score() const noexcept { return gain_ns * runs_per_ns / compile_ns; }
  /// Until the time lost by not having compiled it reaches its compile time: from then on it is
  /// worth as much as what it takes from others, rent or buy. 0 if it is.
  double left_ns() const noexcept {
    return std::max(0.0, compile_ns / (gain_ns * runs_per_ns) - waiting_ns);
  }
  bool overdue() const noexcept { return left_ns() == 0; }
};

/// Running means of what compiling has cost. One thread adds, any may ask.
class CompileTimes {
public:
  double predict_ns(std::uint32_t ops) const noexcept {
    return fixed_ns + per_op_ns.load(std::memory_order_relaxed) * ops;
  }
  void add(std::uint32_t ops, std::uint64_t ns) noexcept {
    const double found = (static_cast<double>(ns) - fixed_ns) / std::max(1u, ops);
    const double known = per_op_ns.load(std::memory_order_relaxed);
    per_op_ns.store(known + (std::max(0.0, found) - known) / 8, std::memory_order_relaxed);
  }

private:
  static constexpr double fixed_ns = 2e6;
  std::atomic<double> per_op_ns = 3e5;
};

} // namespace jit
