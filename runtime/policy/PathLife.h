// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PathLife: the state of one path, why it was rejected, and when it is looked at again.
#pragma once

#include "runtime/policy/Reasons.h"

#include <atomic>
#include <cstdint>

namespace jit {

/// One word, changed by compare-and-swap: whoever loses the race does nothing, since somebody else
/// has decided. Any thread.
class PathLife {
public:
  struct Now {
    PathState state = PathState::watching;
    RejectReason reason = RejectReason::none;
    std::uint32_t lost = 0;     ///< trials lost so far, 15 at most
    std::uint64_t retry_at = 0; ///< in visits; of a rejected path
    bool has_program() const noexcept {
      return state == PathState::trial || state == PathState::active;
    }
    bool in_work() const noexcept {
      return state == PathState::queued || state == PathState::compiling;
    }
  };

  Now now() const noexcept { return unpack(word.load(std::memory_order_acquire)); }
  PathState state() const noexcept { return now().state; }
  /// How much more than usual the next trial has to win by: 3 % for each one lost, 9 % at most.
  double margin() const noexcept;

  /// False: the path was not in `from`.
  bool change(PathState from, PathState to) noexcept;
  /// Never for good: one that lost its trial waits 1,000 visits (`back_off`), any other the
  /// longest.
  bool reject(PathState from, RejectReason why, std::uint64_t visits) noexcept;
  /// At a visit. A path that lost its trial goes to `trial` again, any other to `watching`.
  bool retry(std::uint64_t visits) noexcept;
  /// Forgets the lost trials; a rejected path can be retried at once.
  void pardon() noexcept;

private:
  // From the lowest bit: state, reason, trials lost; the rest is the visits to wait for.
  static constexpr int state_bits = 4, reason_bits = 8, lost_bits = 4;
  static_assert(path_state_count <= 1 << state_bits && reject_reason_count <= 1 << reason_bits);
  static constexpr std::uint64_t take(std::uint64_t bits, int from, int count) noexcept {
    return bits >> from & ((std::uint64_t{1} << count) - 1);
  }
  static Now unpack(std::uint64_t bits) noexcept {
    return {static_cast<PathState>(take(bits, 0, state_bits)),
            static_cast<RejectReason>(take(bits, state_bits, reason_bits)),
            static_cast<std::uint32_t>(take(bits, state_bits + reason_bits, lost_bits)),
            bits >> (state_bits + reason_bits + lost_bits)};
  }
  static std::uint64_t pack(const Now &now) noexcept;
  std::atomic<std::uint64_t> word{0};
};

} // namespace jit
