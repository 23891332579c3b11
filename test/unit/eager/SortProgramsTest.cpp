// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs that stand on sorts and scans, in every mode: the same bits, and compiled.
#include "test/unit/jit/CompiledTest.h"

#include <functional>

namespace jit::test {
namespace {

using SortPrograms = CompiledTest;

/// Calls step(0), step(1), ... in modes off, on and check. The traced function must have run
/// compiled.
template <class Step> void in_every_mode(const char *name, Step step) {
  constexpr int calls = 8;
  std::vector<std::vector<Tensor>> expected;
  plainly([&] {
    for (int i = 0; i < calls; ++i)
      expected.push_back(step(i));
    return 0;
  });
  for (const Mode mode : {Mode::on, Mode::check}) {
    SCOPED_TRACE(std::string(name) + (mode == Mode::on ? " on" : " check"));
    set_mode(mode);
    auto traced = trace([&](int i) { return step(i); }, {name});
    testing::internal::CaptureStderr();
    repeat(calls, [&](int i) {
      const std::vector<Tensor> got = traced(i);
      ASSERT_EQ(got.size(), expected[static_cast<std::size_t>(i)].size());
      for (std::size_t k = 0; k < got.size(); ++k)
        EXPECT_TRUE(same_bits(expected[static_cast<std::size_t>(i)][k], got[k])) << i << ", " << k;
    });
    EXPECT_GE(hits(traced), 3u);
    EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "mode check says where bits differ";
  }
}

Tensor some(std::uint64_t seed, DimList shape) {
  Generator random(seed);
  return normal(random, shape);
}

/// The class that most of the k nearest of labelled points have.
TEST_F(SortPrograms, NearestNeighbours) {
  constexpr std::int64_t classes = 3, k = 5;
  const Tensor points = some(1, {90, 4});
  const Tensor labels = remainder(arange(90), classes);
  in_every_mode("nearest neighbours", [&](int i) {
    const Tensor queries = some(static_cast<std::uint64_t>(10 + i), {20, 4});
    const Tensor offsets = queries(slice(), newaxis) - points;
    const Tensor distance = sum(square(offsets), 2);
    const auto [nearest, places] = top_k(distance, k, 1, false);
    const Tensor votes = sum(one_hot(take(labels, places), classes), 1);
    return std::vector<Tensor>{argmax(votes, 1), nearest};
  });
}

/// Sampling from the most likely words that together have a share of p.
TEST_F(SortPrograms, TopP) {
  in_every_mode("top-p", [&](int i) {
    const Tensor logits = some(static_cast<std::uint64_t>(20 + i), {8, 300});
    const Tensor chance = softmax(logits * 3);
    const auto [sorted, places] = top_k(chance, 300);
    const Tensor before = cumulative_sum(sorted, 1) - sorted;
    const Tensor kept = where(before < 0.9, sorted, 0);
    const Tensor reached = cumulative_sum(kept, 1);
    Generator random(static_cast<std::uint64_t>(i));
    const Tensor drawn = uniform(random, {8, 1}) * sum(kept, 1, true);
    const Tensor number = minimum(sum(reached <= drawn, {.axis = 1, .keepdims = true}), 299);
    return std::vector<Tensor>{take_along_axis(places, number, 1), kept};
  });
}

/// Charges of particles on a grid, the field as their sum from the left, and a push by it.
TEST_F(SortPrograms, ParticlesInCells) {
  constexpr std::int64_t cells = 64, particles = 1000;
  const Tensor start = remainder(some(3, {particles}) * 20, cells);
  Tensor place = start, speed = zeros({particles});
  in_every_mode("particles", [&](int i) {
    if (i == 0) {
      place = start;
      speed = zeros({particles});
    }
    const Tensor cell = clip(astype(place, DType::i64), 0, cells - 1);
    const Tensor charge = astype(bincount(cell, cells), DType::f32) / (particles / cells);
    const Tensor field = cumulative_sum(charge - mean(charge));
    speed = speed + take(field, cell) * 0.05;
    place = remainder(place + speed, cells);
    return std::vector<Tensor>{place, speed, field};
  });
}

/// Places that were sorted are in range, pending as they are: nobody has to look.
TEST_F(SortPrograms, TakingBySortedPlacesEndsNoSegment) {
  const Tensor x = some(5, {50}), matrix = some(6, {4, 50});
  const std::function<Tensor()> functions[] = {
      [&] { return take(x * 2, argsort(x * 3)) + 1; },
      [&] { return take(matrix, top_k(x * 2, 7).second, 1) * 2; },
      [&] { return take_along_axis(matrix, argsort(matrix + 1), 1) * 2; },
      [&] { return take(zeros({51}) + 2, searchsorted(sort(x * 2), x)) * x; }};
  for (const auto &f : functions) {
    auto traced = trace(f, {"places"});
    repeat(5, [&](int) { traced(); });
    const std::vector<TraceReport> reports = traced.explain();
    ASSERT_EQ(reports.size(), 1u);
    EXPECT_GE(reports[0].hits, 2u);
  }
}

Tensor ranks(const Tensor &x) { return astype(argsort(argsort(x)), DType::f32); }

/// Spearman's correlation.
TEST_F(SortPrograms, RankCorrelation) {
  in_every_mode("ranks", [&](int i) {
    const Tensor x = some(static_cast<std::uint64_t>(30 + i), {4, 200});
    const Tensor y = x + some(static_cast<std::uint64_t>(50 + i), {4, 200});
    const Tensor a = ranks(x) - 99.5, b = ranks(y) - 99.5;
    const Tensor r = sum(a * b, 1) / sqrt(sum(square(a), 1) * sum(square(b), 1));
    // The elements in the order of the other's ranks.
    return std::vector<Tensor>{r, take_along_axis(y, argsort(x), 1), take(y(0), argsort(x(0)))};
  });
}

} // namespace
} // namespace jit::test
