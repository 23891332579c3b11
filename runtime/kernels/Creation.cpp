// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that make values out of numbers: full, arange, random numbers, permutations.
#include "runtime/base/WithDType.h"
#include "runtime/kernels/Copy.h"
#include "runtime/kernels/Families.h"
#include "runtime/kernels/Parallel.h"
#include "runtime/kernels/ScalarValue.h"
#include "runtime/kernels/Scratch.h"
#include "runtime/ops/Attributes.h"

#include <bit>
#include <cstdlib>
#include <cstring>

namespace jit {

namespace {

constexpr std::int64_t random_tile = 1024; ///< elements; whole blocks of every dtype

void full(const KernelTable &table, const KernelCall &call) noexcept {
  fill(table, call.results[0], call.operands[0].scalar);
}

/// Integers in i64, which wraps; floats as dtype(start + i * step) in f64.
void arange(const KernelCall &call) noexcept {
  const KernelResult &result = call.results[0];
  AttrReader attrs(call.attrs);
  const std::int64_t start = attrs.integer();
  attrs.integer(); // stop: in the shape
  const std::int64_t step = attrs.integer();
  with_dtype(result.meta->dtype, [&]<class T>(std::type_identity<T>) {
    T *to = reinterpret_cast<T *>(result.data);
    const auto element = [&](std::int64_t i) {
      if constexpr (std::floating_point<T>)
        return static_cast<T>(std::bit_cast<double>(start) +
                              static_cast<double>(i) * std::bit_cast<double>(step));
      else
        return static_cast<T>(static_cast<std::uint64_t>(start) +
                              static_cast<std::uint64_t>(i) * static_cast<std::uint64_t>(step));
    };
    parallel_ranges(result.meta->size, parallel_elements, [&](auto begin, auto end) {
      for (std::int64_t i = begin; i < end; ++i)
        to[i] = element(i);
    });
  });
}

struct Stream {
  std::uint64_t key, counter;
};
Stream stream_of(const KernelCall &call) noexcept {
  return {static_cast<std::uint64_t>(call.operands[0].scalar.as_int()),
          static_cast<std::uint64_t>(call.operands[1].scalar.as_int())};
}

void random(const KernelTable &table, const KernelCall &call, DistributionLoop loop) noexcept {
  const KernelResult &result = call.results[0];
  const Stream stream = stream_of(call);
  const std::int64_t step = static_cast<std::int64_t>(itemsize(result.meta->dtype));
  const std::int64_t per_block = 16 / step;
  const std::int64_t size = result.meta->size;
  parallel_ranges((size + random_tile - 1) / random_tile, 4, [&](auto begin, auto end) {
    std::uint32_t words[random_tile * 2];
    for (std::int64_t tile = begin; tile < end; ++tile) {
      const std::int64_t first = tile * random_tile;
      const std::int64_t count = std::min(random_tile, size - first);
      table.philox(stream.key, stream.counter + static_cast<std::uint64_t>(first / per_block),
                   static_cast<std::size_t>((count + per_block - 1) / per_block), words);
      loop(words, static_cast<std::size_t>(count), result.data + first * step);
    }
  });
}

/// low + the upper half of word * count.
void randint(const KernelTable &table, const KernelCall &call) noexcept {
  __extension__ using Product = unsigned __int128;
  const KernelResult &result = call.results[0];
  const Stream stream = stream_of(call);
  const auto low = static_cast<std::uint64_t>(call.operands[2].scalar.as_int());
  const auto values = static_cast<std::uint64_t>(call.operands[3].scalar.as_int());
  const std::int64_t size = result.meta->size;
  with_dtype(result.meta->dtype, [&]<class T>(std::type_identity<T>) {
    if constexpr (std::integral<T> && !std::same_as<T, bool>)
      parallel_ranges((size + random_tile - 1) / random_tile, 4, [&](auto begin, auto end) {
        std::uint32_t words[random_tile * 2];
        for (std::int64_t tile = begin; tile < end; ++tile) {
          const std::int64_t first = tile * random_tile;
          const std::int64_t count = std::min(random_tile, size - first);
          table.philox(stream.key, stream.counter + static_cast<std::uint64_t>(first / 2),
                       static_cast<std::size_t>((count + 1) / 2), words);
          T *to = reinterpret_cast<T *>(result.data) + first;
          for (std::int64_t i = 0; i < count; ++i) {
            const Product word = words[2 * i] | static_cast<std::uint64_t>(words[2 * i + 1]) << 32;
            to[i] = static_cast<T>(low + static_cast<std::uint64_t>(word * values >> 64));
          }
        }
      });
  });
}

struct Keyed {
  std::uint64_t key;
  std::int64_t index;
};

/// Least significant byte first, stable; eight passes bring the result back into `items`.
void radix_sort(Keyed *items, Keyed *spare, std::int64_t count) noexcept {
  for (int shift = 0; shift < 64; shift += 8) {
    std::int64_t starts[256] = {};
    for (std::int64_t i = 0; i < count; ++i)
      ++starts[items[i].key >> shift & 255];
    std::int64_t sum = 0;
    for (std::int64_t &start : starts)
      start = std::exchange(sum, sum + start);
    for (std::int64_t i = 0; i < count; ++i)
      spare[starts[items[i].key >> shift & 255]++] = items[i];
    std::swap(items, spare);
  }
}

std::size_t permutation_scratch(std::int64_t size) noexcept {
  return 2 * scratch_part(size * static_cast<std::int64_t>(sizeof(Keyed)));
}

bool permutation(const KernelTable &table, const KernelCall &call,
                 const KernelScratch &given) noexcept {
  const std::int64_t size = call.results[0].meta->size;
  const Stream stream = stream_of(call);
  const Scratch<> scratch(given, permutation_scratch(size));
  if (!scratch)
    return false;
  ScratchSpace space = scratch.space();
  auto *items = space.take<Keyed>(size), *spare = space.take<Keyed>(size);
  std::uint32_t words[random_tile * 2];
  for (std::int64_t first = 0; first < size; first += random_tile) {
    const std::int64_t some = std::min(random_tile, size - first);
    table.philox(stream.key, stream.counter + static_cast<std::uint64_t>(first / 2),
                 static_cast<std::size_t>((some + 1) / 2), words);
    for (std::int64_t i = 0; i < some; ++i)
      items[first + i] = {words[2 * i] | static_cast<std::uint64_t>(words[2 * i + 1]) << 32,
                          first + i};
  }
  radix_sort(items, spare, size);
  for (std::int64_t i = 0; i < size; ++i)
    std::memcpy(call.results[0].data + i * 8, &items[i].index, sizeof(std::int64_t));
  return true;
}

} // namespace

std::size_t creation_scratch(const KernelCall &call) noexcept {
  return call.op == OpKind::permutation ? permutation_scratch(call.results[0].meta->size) : 0;
}

bool run_creation(const KernelTable &table, const KernelCall &call,
                  const KernelScratch &given) noexcept {
  const int dtype = slot(call.results[0].meta->dtype);
  switch (call.op) {
  case OpKind::full:
    full(table, call);
    return true;
  case OpKind::arange:
    arange(call);
    return true;
  case OpKind::uniform:
    random(table, call, table.uniform[dtype]);
    return true;
  case OpKind::normal:
    random(table, call, table.normal[dtype]);
    return true;
  case OpKind::randint:
    randint(table, call);
    return true;
  case OpKind::permutation:
    return permutation(table, call, given);
  default: // of other families
    std::abort();
  }
}

} // namespace jit
