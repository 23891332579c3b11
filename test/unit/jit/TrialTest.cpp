// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a trial decides, from given times.
#include "runtime/jit/Trial.h"
#include "runtime/jit/Path.h"

#include <gtest/gtest.h>

namespace jit {
namespace {

/// Runs a whole trial in its own order; the i-th run of either kind takes what the functions say.
template <class E, class C>
Trial::Verdict decide(std::uint64_t seed, E eager_time, C compiled_time) {
  Trial trial;
  trial.start(seed);
  int eager = 0, compiled = 0;
  while (trial.verdict() == Trial::Verdict::undecided) {
    if (trial.next_is_eager())
      trial.add(true, eager_time(eager++));
    else
      trial.add(false, compiled_time(compiled++));
    if (eager + compiled > 2 * Trial::runs_each)
      ADD_FAILURE() << "a trial takes sixteen runs";
  }
  EXPECT_EQ(eager, Trial::runs_each);
  EXPECT_EQ(compiled, Trial::runs_each);
  return trial.verdict();
}

TEST(Trial, FasterWinsSlowerLoses) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    EXPECT_EQ(decide(seed, [](int) { return 1000; }, [](int) { return 500; }), Trial::Verdict::won);
    EXPECT_EQ(
        decide(seed, [](int) { return 500; }, [](int) { return 1000; }), Trial::Verdict::lost);
  }
}

TEST(Trial, LessThanThreePercentIsNoGain) {
  EXPECT_EQ(decide(1, [](int) { return 1000; }, [](int) { return 971; }), Trial::Verdict::lost);
  EXPECT_EQ(decide(1, [](int) { return 1000; }, [](int) { return 970; }), Trial::Verdict::won);
}

TEST(Trial, MustWinSixOfEightPairs) {
  const auto wins = [](int times) {
    return decide(2, [](int) { return 1000; }, [=](int i) { return i < times ? 500 : 2000; });
  };
  EXPECT_EQ(wins(6), Trial::Verdict::won);
  EXPECT_EQ(wins(5), Trial::Verdict::lost);
}

TEST(Trial, DisturbedPairsDoNotCount) {
  const auto eager = [](int) { return 1000; };
  EXPECT_EQ(decide(3, eager, [](int i) { return i < 3 ? 1'000'000 : 500; }), Trial::Verdict::won);
}

TEST(Trial, OrderIsDrawn) {
  Trial a, b;
  bool differ = false;
  for (std::uint64_t seed = 0; seed < 20 && !differ; ++seed) {
    a.start(seed);
    b.start(seed + 1);
    differ = a.next_is_eager() != b.next_is_eager();
  }
  EXPECT_TRUE(differ);
}

TEST(Recheck, TwoLossesInARowDemote) {
  Path path;
  const auto check = [&](std::uint64_t eager, std::uint64_t compiled) {
    EXPECT_FALSE(path.lost_recheck(true, eager));
    return path.lost_recheck(false, compiled);
  };
  EXPECT_FALSE(check(100, 200));
  EXPECT_FALSE(check(100, 104)); // within 5 %: the count starts again
  EXPECT_FALSE(check(100, 200));
  EXPECT_TRUE(check(100, 200));
}

} // namespace
} // namespace jit
