// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ledger: what recording, replays and trials may cost the process in all.
#pragma once

#include <atomic>
#include <cstdint>

namespace jit {

/// 1 % of the time that has passed and 20 ms. When it is used up nothing is recorded or tried until
/// time has passed; what is compiled runs on. Any thread.
class Ledger {
public:
  static constexpr std::uint64_t grant_ns = 20'000'000;
  explicit Ledger(std::uint64_t begin_ns) noexcept : begin(begin_ns) {}
  void charge(std::uint64_t ns) noexcept { spent.fetch_add(ns, std::memory_order_relaxed); }
  bool allows(std::uint64_t now_ns) const noexcept {
    return spent.load(std::memory_order_relaxed) <= grant_ns + (now_ns - begin) / 100;
  }
  static Ledger &of_process() noexcept;

private:
  std::uint64_t begin;
  std::atomic<std::uint64_t> spent{0};
};

/// What book-keeping costs an op, in ns; measured, and rounded up.
inline constexpr std::uint64_t replay_ns_per_op = 30, match_ns_per_op = 50, record_ns_per_op = 300;

} // namespace jit
