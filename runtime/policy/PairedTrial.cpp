// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/policy/PairedTrial.h"

#include <algorithm>

namespace jit {

namespace {

/// After so many pairs, won from `won` on and lost up to `lost`. Measured on recorded progress
/// curves: a true 1.2 is kept and a true 0.9 dropped in all but 2 % on machines shared with others.
struct Look {
  std::size_t pairs;
  double won, lost;
};
constexpr Look looks[] = {
    {3, 1.6, 0}, {6, 1.25, 0.75}, {12, 1.10, 0.90}, {24, 1.04, 0.97}, {48, 1.01, 0.97}};

/// Value at `quarters` quarters of the sorted copy; the mean of the middle two for a median.
template <class T, std::size_t size>
double quantile_of(const std::array<T, size> &values, std::size_t count, std::size_t quarters) {
  if (count == 0)
    return 0;
  // With the room that GCC 12 believes std::sort to need.
  std::array<T, std::max<std::size_t>(size, 32)> sorted{};
  std::copy_n(values.begin(), count, sorted.begin());
  std::sort(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(count));
  if (quarters == 2 && count % 2 == 0)
    return (static_cast<double>(sorted[count / 2 - 1]) + static_cast<double>(sorted[count / 2])) /
           2;
  return static_cast<double>(sorted[std::min(count - 1, count * quarters / 4)]);
}

template <std::size_t size>
Spread spread_of(const std::array<float, size> &ratios, std::size_t count) {
  return {quantile_of(ratios, count, 1), quantile_of(ratios, count, 2),
          quantile_of(ratios, count, 3), count};
}

} // namespace

Verdict PairedTrial::add_first(std::uint64_t compiled_ns, std::uint64_t eager_ns) noexcept {
  slowest = runs == 0 ? compiled_ns : std::max(slowest, compiled_ns);
  ++runs;
  const bool far = static_cast<double>(eager_ns) >= obvious * static_cast<double>(slowest);
  return runs == first_runs && eager_ns && far ? Verdict::won : Verdict::undecided;
}

Verdict PairedTrial::add(double ratio, double margin) noexcept {
  if (pairs < max_pairs)
    ratios[pairs++] = static_cast<float>(ratio);
  for (const Look &look : looks) {
    if (look.pairs != pairs)
      continue;
    const double found = median();
    if (found >= look.won + margin)
      return Verdict::won;
    if (found <= look.lost || pairs == max_pairs)
      return Verdict::lost;
  }
  return Verdict::undecided;
}

Spread PairedTrial::spread() const noexcept { return spread_of(ratios, pairs); }

bool Recheck::add(double ratio) noexcept {
  constexpr double bad = 0.97;
  ratios[added++ % ratios.size()] = static_cast<float>(ratio);
  return added >= enough && spread().median < bad;
}

Spread Recheck::spread() const noexcept {
  return spread_of(ratios, std::min(added, ratios.size()));
}

void EagerTimes::add(std::uint64_t ns) noexcept { times[added++ % times.size()] = ns; }

void EagerTimes::add_recorded(std::uint64_t ns, std::uint32_t ops) noexcept {
  const std::uint64_t cost = recording_ns_per_op * ops;
  if (cost <= ns / 10)
    add(ns - cost);
}

std::uint64_t EagerTimes::lower_quartile() const noexcept {
  return added < 2
             ? 0
             : static_cast<std::uint64_t>(quantile_of(times, std::min(added, times.size()), 1));
}

} // namespace jit
