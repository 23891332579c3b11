// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// AnchorState: what the segments that begin at an anchor are used for, and when it rests.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace jit {

/// An anchor is put aside when it loses time, not when paths are missed: after 64 passes whose
/// replays, recordings and losing turns cost more than compiled runs gained, and more than 1 % of
/// the time. It rests for a hundred times what it lost and comes back. Any thread; threads that
/// race lose a count, which only matters to ratios: no locked instruction on the way of an op.
class AnchorState {
public:
  enum class Phase : std::uint8_t {
    cold,    ///< no program and none on the way: segments are recorded, then followed
    waiting, ///< a program is on the way
    serving, ///< segments are matched
    resting, ///< segments are followed
  };
  static constexpr std::uint64_t window = 64;
  static constexpr std::uint64_t least_rest = 64, most_rest = std::uint64_t{1} << 20;
  static constexpr std::uint64_t most_rest_ns = 10'000'000'000;

  std::uint64_t passes() const noexcept { return passed.load(std::memory_order_relaxed); }
  /// Begins a pass; its number.
  std::uint64_t next_pass() noexcept;
  Phase phase() const noexcept;
  bool resting() const noexcept { return passes() < until(); }
  std::uint64_t rest_left() const noexcept { return resting() ? until() - passes() : 0; }

  /// Paths with a program in use, and paths that are queued or compiled and have none.
  std::atomic<std::int32_t> serving{0}, waiting{0};

  void credit(std::uint64_t ns) noexcept { add(credits, ns); }
  void debit(std::uint64_t ns) noexcept { add(debits, ns); }
  /// A pass ended that takes `eager_ns` eagerly (0: not known). True every 64 passes; those of a
  /// rest do not count.
  bool pass_ended(std::uint64_t eager_ns) noexcept;
  /// While resting one in so many passes is hashed; more while all of late had a program.
  std::uint64_t hash_period() const noexcept {
    return (recent.load(std::memory_order_relaxed) & 3u) == 3u ? 8 : 64;
  }
  bool hashes(std::uint64_t pass) const noexcept { return pass % hash_period() == 0; }
  /// Whether the next pass may be timed, which slows small ops down: the first ones, and but for a
  /// rest, in which nothing is recorded or tried, a sample and those that are `wanted`.
  bool may_time(bool wanted) const noexcept;
  /// A resting pass took a path with a program or another. Fifteen of sixteen end the rest.
  void hashed(bool has_program) noexcept;
  /// Path `id` was seen, is hot and has no program. False: it comes too seldom for one to pay. In a
  /// rest three of the last four that were asked for have to be this one, after a rest two.
  bool deserves_program(std::uint32_t id) noexcept;
  /// Ends a rest and clears the window: a program was published, or the user asked for it.
  void wake() noexcept;
  /// The same, and a rest to come is as long as the first one.
  void forget() noexcept;

private:
  static void add(std::atomic<std::uint64_t> &sum, std::uint64_t ns) noexcept {
    sum.store(sum.load(std::memory_order_relaxed) + ns, std::memory_order_relaxed);
  }
  std::uint64_t until() const noexcept { return rest.load(std::memory_order_relaxed) >> 2; }
  void judge() noexcept;
  void clear_window() noexcept;

  std::atomic<std::uint64_t> passed{0};
  std::atomic<std::uint64_t> rest{0}; ///< until which pass, and how often it was doubled
  std::atomic<std::uint64_t> credits{0}, debits{0}, eager{0};
  std::atomic<std::uint64_t> window_began_ns{0};
  std::atomic<std::uint32_t> ended{0}, good_windows{0};
  std::atomic<std::uint32_t> recent{0}; ///< a bit a hashed pass, the newest lowest
  std::atomic<std::uint64_t> asked{0};  ///< ends of ids of four paths, the newest lowest
};

std::string_view name(AnchorState::Phase phase) noexcept;

} // namespace jit
