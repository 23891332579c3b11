// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PairedTrial: whether a compiled path is faster, judged on real calls. Free of risk because both
// ways give the same bits.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace jit {

enum class Verdict : std::uint8_t { undecided, won, lost };

/// Ratios eager / compiled of some pairs: quartiles and median, 0 without pairs.
struct Spread {
  double low = 0, median = 0, high = 0;
  std::size_t pairs = 0;
};

/// Median of the ratios eager / compiled of pairs of neighbouring runs, looked at after 3, 6, 12,
/// 24 and 48 pairs. A busy machine slows both runs of a pair, so the ratio survives what times do
/// not. Who calls it holds the path's trial lock.
class PairedTrial {
public:
  static constexpr std::size_t max_pairs = 48;
  /// Runs of the program before its first pair.
  static constexpr std::size_t first_runs = 3;
  /// A gain that is out of reach of a shared core or cache: accepted without an eager turn.
  static constexpr double obvious = 2.5;

  void start() noexcept { pairs = runs = 0; }
  /// One of the first runs. Won if even the slowest of them is far below what eager runs took
  /// (lower quartile, 0: not known).
  Verdict add_first(std::uint64_t compiled_ns, std::uint64_t eager_ns) noexcept;
  bool needs_first() const noexcept { return runs < first_runs; }
  /// A pair. `margin` is how much more than usual it has to win by: 0.03 for 3 %.
  Verdict add(double ratio, double margin) noexcept;

  std::size_t count() const noexcept { return pairs; }
  double median() const noexcept { return spread().median; }
  /// Of the pairs so far.
  Spread spread() const noexcept;

private:
  std::array<float, max_pairs> ratios{};
  std::size_t pairs = 0, runs = 0;
  std::uint64_t slowest = 0;
};

/// The latest ratios of an active path's checks: one pair every `period` runs, and sooner while the
/// program is young, since an obvious winner was compared with cold eager runs.
class Recheck {
public:
  static constexpr std::uint64_t period = 4096, first = 128;
  static constexpr std::size_t enough = 5;
  /// Whether run number `hits` of the program calls for a check: 128, 256, 512, ..., 4096, 8192,
  /// 12288, ...
  static bool is_due(std::uint64_t hits) noexcept {
    return hits % period == 0 || (hits < period && hits >= first && std::has_single_bit(hits));
  }
  void start() noexcept { added = 0; }
  /// True if the program looks slower: then a trial is due.
  bool add(double ratio) noexcept;
  /// Of the latest checks.
  Spread spread() const noexcept;

private:
  std::array<float, 8> ratios{};
  std::size_t added = 0;
};

/// The latest times of eager runs, the cost of recording them taken off.
class EagerTimes {
public:
  static constexpr std::uint64_t recording_ns_per_op = 300;
  void add(std::uint64_t ns) noexcept;
  /// A run that was recorded; not used if recording was more than a tenth of it.
  void add_recorded(std::uint64_t ns, std::uint32_t ops) noexcept;
  /// 0 if fewer than two are known.
  std::uint64_t lower_quartile() const noexcept;

private:
  std::array<std::uint64_t, 8> times{};
  std::size_t added = 0;
};

} // namespace jit
