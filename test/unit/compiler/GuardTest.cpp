// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loads that have no element at some points, against the interpreter of nests, and in memory with
// nothing around it.
#include "test/unit/compiler/NestBuilder.h"
#include "test/unit/compiler/NestOracle.h"
#include "test/unit/compiler/RunNest.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

namespace jit::cpu::test {
namespace {

using jit::test::Memory;
using nest::test::NestBuilder;
using F = ScalarFunction;

constexpr DType f32 = DType::f32, f64 = DType::f64, i64 = DType::i64, boolean = DType::boolean;

class Guards : public testing::TestWithParam<std::int64_t> {
protected:
  const std::int64_t n = GetParam();
};
INSTANTIATE_TEST_SUITE_P(Lowering, Guards, testing::Values(1, 2, 7, 16, 65, 257, 1000));

// y = pad(x, 1 or 2 in front, 3 behind), of every dtype.
TEST_P(Guards, PaddedMatrix) {
  for (const DType dtype : {boolean, DType::u8, DType::i16, DType::i32, i64, f32, f64}) {
    const std::int64_t rows = 4, low = 2, columns = n + low + 3;
    NestBuilder k;
    k.parallel(rows + 2).parallel(columns);
    const unsigned row = k.inside({1, 0}, -1, rows), column = k.inside({0, 1}, -low, n);
    const unsigned both = k.element(F::logical_and, boolean, {row, column});
    const unsigned outside = k.argument(dtype, 0);
    const unsigned x = k.guarded(k.load(dtype, 0, {n, 1}, -n - low), both);
    k.store(k.element(F::where, dtype, {both, x, outside}), 1, {columns, 1});
    expect_equal_everywhere(k.nest,
                            memory_of({{dtype, static_cast<std::size_t>(rows * n)},
                                       {dtype, static_cast<std::size_t>((rows + 2) * columns)}}),
                            {1});
  }
}

// Lanes share an element, or there is none; lanes read it backwards, and every third one.
TEST_P(Guards, OtherStrides) {
  NestBuilder k;
  k.parallel(7).parallel(n);
  const unsigned row = k.inside({1, 0}, -2, 3), lane = k.inside({0, -1}, n - 1, (n + 1) / 2);
  const unsigned shared = k.guarded(k.load(f32, 0, {1, 0}, -2), row);
  k.store(shared, 3, {n, 1});
  const unsigned back = k.guarded(k.load(f32, 1, {0, -1}, n - 1), lane);
  k.store(k.element(F::add, f32, {back, shared}), 4, {n, 1});
  const unsigned third = k.inside({0, 3}, -3, 3 * n);
  k.store(k.guarded(k.load(f32, 2, {0, 3}, -3), third), 5, {n, 1});
  const auto m = static_cast<std::size_t>(n);
  expect_equal_everywhere(
      k.nest,
      memory_of({{f32, 3}, {f32, m}, {f32, 3 * m}, {f32, 7 * m}, {f32, 7 * m}, {f32, 7 * m}}));
}

// The greatest of every three neighbours, and the sum of each row, both beyond the borders.
TEST_P(Guards, Reductions) {
  for (const bool outer : {false, true}) {
    NestBuilder k;
    k.nest.outer = outer;
    k.parallel(5).parallel(n).row(3);
    const unsigned near = k.inside({0, 1, 1}, -1, n);
    const unsigned x = k.guarded(k.load(f32, 0, {n, 1, 1}, -1), near);
    const unsigned value = k.element(F::where, f32, {near, x, k.constant(-INFINITY)});
    k.store(k.reduce(ReduceKind::max, f32, value), 1, {n, 1, 0});
    k.store(k.reduce(ReduceKind::sum, f32, x), 2, {n, 1, 0});
    const auto m = static_cast<std::size_t>(5 * n);
    expect_equal_everywhere(k.nest, memory_of({{f32, m}, {f32, m}, {f32, m}}));
  }
  NestBuilder rows;
  rows.parallel(5).row(n + 2);
  const unsigned inner = rows.inside({0, 1}, -1, n);
  const unsigned x = rows.guarded(rows.load(f64, 0, {n, 1}, -1), inner);
  const unsigned sum = rows.reduce(ReduceKind::sum, f64, x);
  rows.store(rows.element(F::subtract, f64, {x, sum}), 1, {n + 2, 1});
  expect_equal_everywhere(rows.nest, memory_of({{f64, static_cast<std::size_t>(5 * n)},
                                                {f64, static_cast<std::size_t>(5 * (n + 2))}}));
}

// A gather by an index that exists inside only, and one that is there everywhere.
TEST_P(Guards, Gathers) {
  NestBuilder k;
  k.parallel(n + 4);
  const unsigned guard = k.inside({1}, -2, n);
  const unsigned index = k.guarded(k.load(DType::u8, 1, {1}, -2), guard);
  k.store(k.guarded(k.gather(f32, 0, {0}, index, 1, 256), guard), 2, {1});
  k.store(k.gather(f32, 0, {0}, index, 1, 256), 3, {1});
  const auto m = static_cast<std::size_t>(n);
  expect_equal_everywhere(k.nest,
                          memory_of({{f32, 256}, {DType::u8, m}, {f32, m + 4}, {f32, m + 4}}));
}

/// A page that may be read, in the middle of many that may not.
class Island {
public:
  explicit Island(std::size_t pages_around = 32) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    bytes = (2 * pages_around + 1) * page;
    base = static_cast<std::byte *>(
        mmap(nullptr, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    land = base + pages_around * page;
    mprotect(land, page, PROT_READ | PROT_WRITE);
    size = page;
  }
  Island(const Island &) = delete;
  ~Island() { munmap(base, bytes); }
  std::byte *land = nullptr;
  std::size_t size = 0;

private:
  std::byte *base = nullptr;
  std::size_t bytes = 0;
};

// One by one, backwards, shared by all lanes, and gathered: nothing is touched outside.
template <class T> void expect_nothing_touched_outside(DType dtype) {
  const Island island;
  const auto n = static_cast<std::int64_t>(island.size / sizeof(T)), border = 2 * n + 5;
  for (std::int64_t i = 0; i < n; ++i)
    reinterpret_cast<T *>(island.land)[i] = static_cast<T>(i % 101);
  const std::int64_t points = n + 2 * border;
  NestBuilder k;
  k.parallel(points).parallel(3);
  const unsigned here = k.inside({1, 0}, -border, n),
                 back = k.inside({-1, 0}, points - 1 - border, n);
  const auto store = [&](unsigned x, unsigned buffer) { k.store(x, buffer, {3, 1}); };
  store(k.guarded(k.load(dtype, 0, {1, 0}, -border), here), 1); // shared by all lanes
  store(k.guarded(k.load(dtype, 0, {-1, 0}, points - 1 - border), back), 2);
  NestBuilder line;
  line.parallel(points);
  const unsigned inside = line.inside({1}, -border, n);
  const unsigned x = line.guarded(line.load(dtype, 0, {1}, -border), inside);
  line.store(x, 1, {1});
  const unsigned turned = line.inside({-1}, points - 1 - border, n);
  line.store(line.guarded(line.load(dtype, 0, {-1}, points - 1 - border), turned), 2, {1});
  const unsigned place = line.element(F::cast, i64, {x});
  line.store(line.guarded(line.gather(dtype, 0, {1}, place, 0, n), inside), 3, {1});
  line.nest.nodes[line.nest.nodes.size() - 2].access.offset = -border;

  for (const auto &[nest, width] : {std::pair(&k.nest, 3), std::pair(&line.nest, 1)}) {
    const auto results = static_cast<std::size_t>(points * width);
    std::vector<Memory> memory = memory_of({{dtype, results}, {dtype, results}, {dtype, results}});
    std::vector<Memory> expected = memory;
    const auto buffers = [&](std::vector<Memory> &of) {
      return std::vector{island.land, of[0].first(), of[1].first(), of[2].first()};
    };
    nest::test::interpret(*nest, buffers(expected), {});
    for (const Isa isa : {Isa::v3, Isa::v4}) {
      if (!isa_supported(isa))
        continue;
      run_compiled(*nest, buffers(memory), isa, Traffic::near, std::int64_t{1} << 40);
      for (std::size_t b = 0; b < memory.size(); ++b)
        for (std::size_t i = 0; i < results; ++i)
          ASSERT_TRUE(jit::test::same(dtype, memory[b].first() + i * sizeof(T),
                                      expected[b].first() + i * sizeof(T)))
              << b << ", " << i;
    }
  }
}

TEST(GuardsOfIslands, TouchNothingOutside) {
  expect_nothing_touched_outside<float>(f32);
  expect_nothing_touched_outside<double>(f64);
  expect_nothing_touched_outside<std::uint8_t>(DType::u8);
  expect_nothing_touched_outside<std::int16_t>(DType::i16);
}

} // namespace
} // namespace jit::cpu::test
