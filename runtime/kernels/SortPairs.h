// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sorting pairs of a key and a place, all different: by insertion if they are few, else by digits
// of the key, the least significant first; or only the first of them.
#pragma once

#include "runtime/kernels/ThreadPool.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace jit {

/// Keys of up to 32 bits, fewer than 2^32 places.
struct ShortPair {
  std::uint64_t word;
  ShortPair(std::uint32_t key, std::uint64_t place) noexcept
      : word(std::uint64_t{key} << 32 | place) {}
  std::uint64_t place() const noexcept { return word & 0xffffffff; }
  std::uint64_t digits(int shift) const noexcept { return word >> (32 + shift); }
  bool operator<(const ShortPair &other) const noexcept { return word < other.word; }
};
struct LongPair {
  std::uint64_t key, where;
  LongPair(std::uint64_t key, std::uint64_t place) noexcept : key(key), where(place) {}
  std::uint64_t place() const noexcept { return where; }
  std::uint64_t digits(int shift) const noexcept { return key >> shift; }
  bool operator<(const LongPair &other) const noexcept {
    return key < other.key || (key == other.key && where < other.where);
  }
};

/// Pairs make(0) ... make(n - 1), of which the first `kept` are wanted in order. Their keys have
/// `key_bytes`.
template <class Pair, int key_bytes> class PairSorter {
public:
  /// Both have room for n pairs. `alone`: no other sort runs beside, so that threads may share it.
  PairSorter(Pair *pairs, Pair *spare, bool alone) noexcept
      : pairs(pairs), spare(spare), alone(alone) {}

  /// Where the sorted ones lie.
  template <class Make>
  const Pair *run(const Make &make, std::int64_t n, std::int64_t kept) noexcept {
    if (n > few && kept <= n / 8) {
      choose(make, n, kept);
      std::sort(spare, spare + kept); // their order is not that of the places
      return spare;
    }
    return sort(make, n);
  }

private:
  static constexpr std::int64_t few = 32;
  static constexpr int bits = 8, passes = key_bytes;
  static constexpr std::uint64_t digit_mask = (1 << bits) - 1;
  static constexpr std::int64_t piece = 65536, most_pieces = 16; ///< that threads take

  template <class Make> const Pair *sort(const Make &make, std::int64_t n) noexcept {
    if (n <= few)
      return insert(make, n);
    return alone && n >= 2 * piece && threads_now() > 1 ? by_shared_digits(make, n)
                                                        : by_digits(make, n);
  }

  template <class Make> const Pair *insert(const Make &make, std::int64_t n) noexcept {
    for (std::int64_t i = 0; i < n; ++i) {
      const Pair pair = make(i);
      std::int64_t at = i;
      for (; at > 0 && pair < pairs[at - 1]; --at)
        pairs[at] = pairs[at - 1];
      pairs[at] = pair;
    }
    return pairs;
  }

  template <class Make> const Pair *by_digits(const Make &make, std::int64_t n) noexcept {
    std::int64_t places[passes][1 << bits] = {};
    for (std::int64_t i = 0; i < n; ++i) {
      const Pair pair = make(i);
      pairs[i] = pair;
      for (int pass = 0; pass < passes; ++pass)
        ++places[pass][pair.digits(pass * bits) & digit_mask];
    }
    for (int pass = 0; pass < passes; ++pass) {
      if (places[pass][pairs[0].digits(pass * bits) & digit_mask] == n)
        continue; // all have the same digit
      std::int64_t sum = 0;
      for (std::int64_t &place : places[pass])
        place = std::exchange(sum, sum + place);
      for (std::int64_t i = 0; i < n; ++i)
        spare[places[pass][pairs[i].digits(pass * bits) & digit_mask]++] = pairs[i];
      std::swap(pairs, spare);
    }
    return pairs;
  }

  /// The same in pieces: each counts its digits, and knows then where its pairs go.
  template <class Make> const Pair *by_shared_digits(const Make &make, std::int64_t n) noexcept {
    const std::int64_t pieces = std::min(n / piece, most_pieces);
    std::int64_t places[most_pieces][1 << bits];
    const auto for_piece = [&](const auto &body) {
      parallel_for(pieces,
                   [&](std::int64_t p) { body(places[p], n * p / pieces, n * (p + 1) / pieces); });
    };
    for_piece([&](std::int64_t *, std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        pairs[i] = make(i);
    });
    for (int shift = 0; shift < passes * bits; shift += bits) {
      for_piece([&](std::int64_t *counts, std::int64_t begin, std::int64_t end) {
        std::fill_n(counts, 1 << bits, 0);
        for (std::int64_t i = begin; i < end; ++i)
          ++counts[pairs[i].digits(shift) & digit_mask];
      });
      std::int64_t sum = 0;
      for (int digit = 0; digit < 1 << bits; ++digit)
        for (std::int64_t p = 0; p < pieces; ++p)
          places[p][digit] = std::exchange(sum, sum + places[p][digit]);
      for_piece([&](std::int64_t *place, std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
          spare[place[pairs[i].digits(shift) & digit_mask]++] = pairs[i];
      });
      std::swap(pairs, spare);
    }
    return pairs;
  }

  /// The first `kept` pairs, in any order, in `spare`. What is greater than the greatest of them so
  /// far is dropped as it is met.
  template <class Make> void choose(const Make &make, std::int64_t n, std::int64_t kept) noexcept {
    const std::int64_t room = std::max(2 * kept, few);
    std::int64_t count = 0;
    const auto shrink = [&] { std::nth_element(spare, spare + (kept - 1), spare + count); };
    bool full = false;
    for (std::int64_t i = 0; i < n; ++i) {
      const Pair pair = make(i);
      if (full && spare[kept - 1] < pair)
        continue;
      spare[count++] = pair;
      if (count == room) {
        shrink();
        count = kept;
        full = true;
      }
    }
    if (count > kept)
      shrink();
  }

  Pair *pairs, *spare;
  bool alone;
};

} // namespace jit
