// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// sort and searchsorted. What is sorted are pairs of a key, whose unsigned order is the order asked
// for, and the element's place. No two are equal, so every algorithm gives the same.
#include "runtime/kernels/AxisCut.h"
#include "runtime/kernels/Families.h"
#include "runtime/kernels/Odometer.h"
#include "runtime/kernels/Parallel.h"
#include "runtime/kernels/Scratch.h"
#include "runtime/kernels/SortKeys.h"
#include "runtime/kernels/SortPairs.h"
#include "runtime/kernels/TileReader.h"
#include "runtime/ops/Attributes.h"

#include <atomic>
#include <cstdlib>
#include <cstring>

namespace jit {

namespace {

/// Rows of x along an axis, and where their sorted elements and places go.
struct SortProblem {
  const KernelTable &table;
  SortAttrs attrs;
  AxisCut x;
  std::byte *values;
  std::int64_t *places;
  std::int64_t columns, kept; ///< behind the axis; elements of a result along it

  SortProblem(const KernelTable &table, const KernelCall &call) noexcept
      : table(table), attrs(SortAttrs::decode(call.attrs)), x(call.operands[0], attrs.axis),
        values(call.results[0].data),
        places(reinterpret_cast<std::int64_t *>(call.results[1].data)), columns(x.behind.size()),
        kept(attrs.k > 0 ? attrs.k : x.extent) {}
  std::int64_t rows() const noexcept { return x.before.size() * columns; }
};

/// Whether elements of T have keys of 32 bits, and n of them such places.
template <class T> bool pairs_are_short(std::int64_t n) noexcept {
  return sizeof(T) <= 4 && n < std::int64_t{1} << 32;
}

/// For one row of n elements: the elements without gaps, their pairs, and room for as many.
template <class T> std::size_t row_bytes(std::int64_t n) noexcept {
  const std::size_t pair = pairs_are_short<T>(n) ? sizeof(ShortPair) : sizeof(LongPair);
  return scratch_part(n * static_cast<std::int64_t>(sizeof(T))) +
         2 * scratch_part(n * static_cast<std::int64_t>(pair));
}

template <class T, class Pair>
void sort_row(const SortProblem &problem, std::int64_t row, ScratchSpace space) noexcept {
  const std::int64_t n = problem.x.extent, before = row / problem.columns,
                     column = row % problem.columns;
  const auto step = static_cast<std::int64_t>(sizeof(T));
  auto *copy = space.take(n * step);
  auto *pairs = space.take<Pair>(n), *spare = space.take<Pair>(n);
  const TileReader reader(problem.x.along(), problem.x.before.dtype, problem.table);
  const std::byte *data = problem.x.before.data + (Odometer(problem.x.before, before).offset() +
                                                   Odometer(problem.x.behind, column).offset()) *
                                                      step;
  const auto *x = reinterpret_cast<const T *>(reader.read(data, 0, n, copy));
  const std::int64_t kept = problem.kept;
  const KeyOf<T> key(problem.attrs.descending);
  const Pair *sorted =
      PairSorter<Pair, sizeof(T)>(pairs, spare, problem.rows() == 1)
          .run([&](std::int64_t i) { return Pair(key(x[i]), static_cast<std::uint64_t>(i)); }, n,
               kept);
  const std::int64_t first = before * kept * problem.columns + column;
  auto *values = reinterpret_cast<T *>(problem.values) + first;
  std::int64_t *places = problem.places + first;
  parallel_ranges(kept, parallel_elements, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const auto place = static_cast<std::int64_t>(sorted[i].place());
      values[i * problem.columns] = x[place];
      places[i * problem.columns] = place;
    }
  });
}

template <class T>
void sort_rows(const SortProblem &problem, std::byte *scratch, std::int64_t workers) noexcept {
  using Short = std::conditional_t<sizeof(T) <= 4, ShortPair, LongPair>;
  const std::int64_t n = problem.x.extent, rows = problem.rows();
  const std::size_t bytes = row_bytes<T>(n);
  const auto sort_one = pairs_are_short<T>(n) ? sort_row<T, Short> : sort_row<T, LongPair>;
  // As many workers as there is scratch for, each taking the next rows when it is done.
  const std::int64_t grain = units_per_range(8 * n), ranges = (rows + grain - 1) / grain;
  std::atomic<std::int64_t> next{0};
  const auto work = [&](std::int64_t worker, std::int64_t) {
    const ScratchSpace space(scratch + static_cast<std::size_t>(worker) * bytes);
    for (std::int64_t range; (range = next.fetch_add(1, std::memory_order_relaxed)) < ranges;)
      for (std::int64_t row = range * grain; row < std::min(rows, (range + 1) * grain); ++row)
        sort_one(problem, row, space);
  };
  // The number of workers says nothing about the work.
  parallel_ranges(std::min(workers, ranges), 1, work,
                  static_cast<std::uint64_t>(rows * n) ^ kind_of_job(sort_one));
}

std::int64_t most_workers(const SortProblem &problem, std::int64_t workers) noexcept {
  const std::int64_t grain = units_per_range(8 * problem.x.extent);
  return std::clamp<std::int64_t>((problem.rows() + grain - 1) / grain, 1, workers);
}

bool sort(const KernelTable &table, const KernelCall &call, const KernelScratch &given) noexcept {
  const SortProblem problem(table, call);
  const Scratch<16384> scratch(given, sort_scratch(call, given.workers));
  if (!scratch)
    return false;
  const std::int64_t workers = most_workers(problem, given.workers);
  if (given.workers == 1) // no job will look
    refresh_sharing();
  with_sorted_type(problem.x.before.dtype,
                   [&]<class T>() { sort_rows<T>(problem, scratch.data(), workers); });
  return true;
}

/// Searches that are made together: their cache misses overlap.
constexpr std::int64_t searches = 8;

/// For each search how many of n elements lie in front: those for which `in_front(search, element)`
/// is true, which come first. By halves, without jumps.
template <class Predicate>
void count_in_front(std::int64_t n, std::int64_t *counts, Predicate in_front) noexcept {
  std::fill_n(counts, searches, 0);
  for (; n > 1; n -= n / 2)
    for (std::int64_t s = 0; s < searches; ++s)
      counts[s] += in_front(s, counts[s] + n / 2 - 1) ? n / 2 : 0;
  for (std::int64_t s = 0; n == 1 && s < searches; ++s)
    counts[s] += in_front(s, counts[s]) ? 1 : 0;
}

template <class T> void search(const KernelTable &table, const KernelCall &call) noexcept {
  using Key = typename KeyOf<T>::Key;
  const bool right = SearchsortedAttrs::decode(call.attrs).right;
  const auto view_at = [&](std::size_t operand) {
    StridedView view = view_of(*call.operands[operand].meta, call.operands[operand].data);
    merge_axes(view);
    return view;
  };
  const StridedView sorted = view_at(0), values = view_at(1);
  const std::int64_t n = call.operands[0].meta->size, size = call.operands[1].meta->size;
  auto *places = reinterpret_cast<std::int64_t *>(call.results[0].data);
  const KeyOf<T> key(false);
  const auto *elements = reinterpret_cast<const T *>(sorted.data);
  const std::int64_t stride = sorted.strides[0];
  const TileReader reader(values, values.dtype, table);
  constexpr std::int64_t tile = 1024;
  parallel_ranges(size, 4 * tile, [&](std::int64_t begin, std::int64_t end) {
    alignas(64) std::byte copy[tile * sizeof(T)];
    for (std::int64_t first = begin; first < end; first += tile) {
      const std::int64_t some = std::min(tile, end - first);
      const auto *x = reinterpret_cast<const T *>(reader.read(first, some, copy));
      for (std::int64_t i = 0; i < some; i += searches) {
        const std::int64_t count = std::min(searches, some - i);
        Key wanted[searches] = {};
        for (std::int64_t s = 0; s < count; ++s)
          wanted[s] = key(x[i + s]);
        std::int64_t found[searches];
        count_in_front(n, found, [&](std::int64_t s, std::int64_t at) {
          const Key element = key(elements[at * stride]);
          return right ? element <= wanted[s] : element < wanted[s];
        });
        std::copy_n(found, count, places + first + i);
      }
    }
  });
}

} // namespace

std::size_t sort_scratch(const KernelCall &call, std::int64_t workers) noexcept {
  if (call.op != OpKind::sort || call.results[0].meta->size == 0)
    return 0;
  std::size_t bytes = 0;
  const SortProblem problem(active_table(), call);
  with_sorted_type(problem.x.before.dtype,
                   [&]<class T>() { bytes = row_bytes<T>(problem.x.extent); });
  return bytes * static_cast<std::size_t>(most_workers(problem, workers));
}

bool run_sort(const KernelTable &table, const KernelCall &call,
              const KernelScratch &given) noexcept {
  if (call.results[0].meta->size == 0)
    return true;
  switch (call.op) {
  case OpKind::sort:
    return sort(table, call, given);
  case OpKind::searchsorted:
    with_sorted_type(call.operands[0].meta->dtype, [&]<class T>() { search<T>(table, call); });
    return true;
  default: // of other families
    std::abort();
  }
}

} // namespace jit
