// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the schedule of a kernel is, and that no schedule changes a bit.
#include "compiler/cpu/Schedule.h"
#include "test/DrawnSchedule.h"
#include "test/unit/compiler/NestBuilder.h"
#include "test/unit/compiler/RunNest.h"

#include <gtest/gtest.h>

namespace jit::cpu::test {
namespace {

using jit::test::Memory;
using nest::test::NestBuilder;
using F = ScalarFunction;
constexpr DType f32 = DType::f32, f64 = DType::f64, i64 = DType::i64, boolean = DType::boolean;

struct Case {
  Nest nest;
  std::vector<Memory> memory;
};

Case heavy_chain(std::int64_t n) {
  NestBuilder k;
  k.parallel(n);
  unsigned x = k.load(f32, 0, {1}), y = k.load(f32, 1, {1});
  k.store(k.element(F::exp, f32, {k.element(F::multiply, f32, {x, y})}), 2, {1});
  k.store(k.element(F::add, f32, {x, y}), 3, {1});
  const auto m = static_cast<std::size_t>(n);
  return {k.nest, memory_of({{f32, m}, {f32, m}, {f32, m}, {f32, m}})};
}

Case mixed_chain(std::int64_t n) {
  NestBuilder k;
  k.parallel(n).parallel(3);
  unsigned x = k.load(f64, 0, {3, 1}), b = k.load(f64, 1, {0, 1}), w = k.load(boolean, 2, {3, 1});
  k.store(k.element(F::where, f64, {w, k.element(F::divide, f64, {x, b}), x}), 3, {3, 1});
  const auto m = static_cast<std::size_t>(3 * n);
  return {k.nest, memory_of({{f64, m}, {f64, 3}, {boolean, m}, {f64, m}})};
}

Case rows(std::int64_t n, bool outer) {
  NestBuilder k;
  k.parallel(5).row(n);
  k.nest.outer = outer;
  unsigned x = outer ? k.load(f32, 0, {1, 5}) : k.load(f32, 0, {n, 1});
  unsigned sum = k.reduce(ReduceKind::sum, f32, k.element(F::exp, f32, {x}));
  unsigned most = k.reduce(ReduceKind::max, f32, x);
  unsigned best = k.reduce(ReduceKind::argmax, i64, x);
  k.store(k.element(F::divide, f32, {k.element(F::subtract, f32, {x, most}), sum}), 1,
          outer ? std::vector<std::int64_t>{1, 5} : std::vector<std::int64_t>{n, 1});
  k.store(best, 2, {1, 0});
  const auto m = static_cast<std::size_t>(5 * n);
  return {k.nest, memory_of({{f32, m}, {f32, m}, {i64, 5}})};
}

Case long_sums(std::int64_t n, bool outer) {
  NestBuilder k;
  k.parallel(2).row(n);
  k.nest.outer = outer;
  unsigned x = outer ? k.load(f64, 0, {1, 2}) : k.load(f64, 0, {n, 1});
  k.store(k.reduce(ReduceKind::sum, f64, x), 1, {1, 0});
  k.store(k.reduce(ReduceKind::prod, f64, x), 2, {1, 0});
  k.store(k.reduce(ReduceKind::min, f64, x), 3, {1, 0});
  return {k.nest,
          memory_of({{f64, static_cast<std::size_t>(2 * n)}, {f64, 2}, {f64, 2}, {f64, 2}})};
}

Case norm(std::int64_t n) {
  NestBuilder k;
  k.parallel(3).row(n);
  unsigned x = k.load(f32, 0, {n, 1}), g = k.load(f32, 1, {0, 1});
  unsigned variance = k.reduce(ReduceKind::varmean, f32, x);
  k.store(k.element(F::multiply, f32, {k.element(F::multiply, f32, {x, variance}), g}), 2, {n, 1});
  const auto m = static_cast<std::size_t>(n);
  return {k.nest, memory_of({{f32, 3 * m}, {f32, m}, {f32, 3 * m}})};
}

/// Rows that share vectors, unless the schedule says they do not.
Case short_rows(std::int64_t count, std::int64_t n) {
  NestBuilder k;
  k.parallel(count).row(n);
  unsigned x = k.load(f32, 0, {n, 1}), g = k.load(f32, 1, {0, 1}), w = k.load(f32, 4, {1, count});
  unsigned variance = k.reduce(ReduceKind::varmean, f32, x);
  unsigned sum = k.reduce(ReduceKind::sum, f32, k.element(F::exp, f32, {x}));
  unsigned product = k.reduce(ReduceKind::prod, f32, w);
  unsigned best = k.reduce(ReduceKind::argmax, i64, x);
  unsigned scaled = k.element(F::multiply, f32, {k.element(F::divide, f32, {x, sum}), g});
  k.store(k.element(F::multiply, f32, {scaled, variance}), 2, {n, 1});
  k.store(k.element(F::add, f32, {sum, product}), 3, {1, 0});
  k.store(best, 5, {1, 0});
  const auto m = static_cast<std::size_t>(count), l = static_cast<std::size_t>(n);
  return {k.nest,
          memory_of({{f32, m * l}, {f32, l}, {f32, m * l}, {f32, m}, {f32, m * l}, {i64, m}})};
}

/// The same in f64, with two axes of the row, two of the lanes and a value that is kept.
Case short_planes(std::int64_t count) {
  NestBuilder k;
  k.parallel(2).parallel(count).row(2).row(3);
  const std::int64_t n = 2 * count;
  unsigned x = k.load(f64, 0, {6, 12, 1, 2}), s = k.load(f64, 1, {1, 0, 0, 0});
  unsigned e = k.keep(k.element(F::exp, f64, {k.element(F::multiply, f64, {x, s})}));
  unsigned variance = k.reduce(ReduceKind::varmean, f64, e, 1), mean = k.second(variance);
  unsigned scaled = k.element(F::divide, f64, {k.element(F::subtract, f64, {e, mean}), variance});
  k.store(scaled, 2, {6, 12, 3, 1});
  k.store(k.reduce(ReduceKind::sum, f64, scaled), 3, {count, 1, 0, 0});
  const auto m = static_cast<std::size_t>(n);
  return {k.nest, memory_of({{f64, 6 * m}, {f64, 2}, {f64, 6 * m}, {f64, m}})};
}

TEST(Schedule, NoneChangesABit) {
  std::mt19937_64 random(20261129);
  const Case cases[] = {
      heavy_chain(1),     heavy_chain(4099), heavy_chain(10'000),     mixed_chain(7),
      mixed_chain(2000),  rows(1, false),    rows(37, false),         rows(4100, false),
      rows(37, true),     rows(700, true),   long_sums(33'000, true), long_sums(40'000, false),
      norm(100),          norm(5000),        short_rows(35, 3),       short_rows(70, 12),
      short_rows(64, 31), short_rows(9, 5),  short_planes(33)};
  for (const Case &each : cases) {
    const std::vector<Memory> expected = interpreted(each.nest, each.memory);
    for (int round = 0; round < 6; ++round) {
      const ScheduleChanges changes = jit::test::drawn_schedule(random);
      const Isa isa = random() % 2 ? Isa::v4 : Isa::v3;
      const auto traffic = static_cast<Traffic>(random() % 3);
      SCOPED_TRACE(changes.text());
      expect_equal(each.nest, each.memory, expected, isa, traffic,
                   1 + static_cast<std::int64_t>(random() % 40), {}, changes);
      if (testing::Test::HasFatalFailure())
        return;
    }
  }
}

Schedule schedule_of(const Case &of, Isa isa, Traffic traffic = Traffic::near,
                     const std::string &changes = "") {
  ScheduleChanges read;
  EXPECT_EQ(read.read(changes), std::nullopt);
  return choose_schedule(of.nest, {isa, {}}, {false, 0, traffic}, read);
}

TEST(Schedule, StreamingStoresFillLines) {
  for (const Isa isa : {Isa::v3, Isa::v4})
    for (const Case &each : {heavy_chain(100'000), mixed_chain(100'000)}) {
      const Schedule schedule = schedule_of(each, isa, Traffic::stream);
      EXPECT_TRUE(schedule.stream);
      EXPECT_EQ(schedule.lanes * (each.memory[0].dtype == f64 ? 8 : 4) % 64, 0u);
      EXPECT_EQ(schedule.halves, isa == Isa::v4);
    }
}

TEST(Schedule, TextNamesWhatIsSet) {
  EXPECT_EQ(to_string(schedule_of(heavy_chain(100'000), Isa::v4, Traffic::stream, "prefetch:128")),
            "elementwise, lanes 16 over axes [0, 1), block 4096, units 25, grain 2, cost 18; heavy "
            "loop of at most 1 copies, 1 accumulators; streaming stores in halves, prefetch 128");
  EXPECT_EQ(
      to_string(schedule_of(long_sums(40'000, false), Isa::v3, Traffic::near, "lanes:8")),
      "inner, lanes 8 over axes [1, 2), block 40000, units 2, grain 2, parts 10, part grain 4, "
      "cost 0; loop of at most 16 copies, 4 accumulators; loop of at most 16 copies, 4 "
      "accumulators; plain stores");
  const auto starts_with = [](const Case &each, const char *fields, const char *text) {
    return to_string(schedule_of(each, Isa::v3, Traffic::near, fields)).starts_with(text);
  };
  EXPECT_TRUE(starts_with(short_rows(70, 12), "", "across, lanes 16 over axes [0, 1)"));
  EXPECT_TRUE(starts_with(short_rows(70, 12), "across:11", "inner"));
  EXPECT_TRUE(starts_with(short_rows(70, 31), "across:31", "across"));
  EXPECT_TRUE(starts_with(short_rows(70, 33), "across:64", "inner"));
  EXPECT_TRUE(starts_with(short_rows(31, 12), "", "inner"));
}

TEST(ScheduleChanges, AreReadAndRefused) {
  ScheduleChanges changes;
  EXPECT_EQ(changes.read("lanes:32+prefetch:4096"), std::nullopt);
  EXPECT_EQ(changes.text(), "lanes:32+prefetch:4096");
  for (const char *wrong : {"lanes", "lanes:", "lanes:12", "lanes:128", "lanes:8+", "width:8", ":8",
                            "lanes:8x", "grain:0", "+lanes:8"})
    EXPECT_TRUE(changes.read(wrong)) << wrong;
  EXPECT_EQ(changes.text(), "lanes:32+prefetch:4096");
  EXPECT_EQ(*changes.read("lanes:12"), "lanes is a power of two from 2 to 64");
  EXPECT_EQ(changes.read(""), std::nullopt);
  EXPECT_EQ(changes.text(), "");
}

} // namespace
} // namespace jit::cpu::test
