// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a trial decides, from given times: on a steady machine, and on ones whose speed changes.
#include "runtime/policy/PairedTrial.h"

#include <algorithm>
#include <functional>
#include <gtest/gtest.h>
#include <random>

namespace jit {
namespace {

/// Decides a whole trial; `pair` gives the ratio of the i-th pair.
Verdict decide(const std::function<double(std::size_t)> &pair, double margin = 0,
               std::size_t *pairs = nullptr) {
  PairedTrial trial;
  trial.start();
  Verdict verdict = Verdict::undecided;
  std::size_t i = 0;
  for (; verdict == Verdict::undecided; ++i) {
    EXPECT_LT(i, PairedTrial::max_pairs) << "a trial takes 48 pairs at most";
    if (i == PairedTrial::max_pairs)
      break;
    verdict = trial.add(pair(i), margin);
  }
  EXPECT_EQ(trial.count(), i);
  if (pairs)
    *pairs = i;
  return verdict;
}

Verdict decide(double ratio, double margin = 0, std::size_t *pairs = nullptr) {
  return decide([=](std::size_t) { return ratio; }, margin, pairs);
}

TEST(PairedTrial, LooksSoonerAtWhatIsClearer) {
  const struct {
    double ratio;
    Verdict verdict;
    std::size_t pairs;
  } cases[] = {{6, Verdict::won, 3},     {1.7, Verdict::won, 3},    {1.3, Verdict::won, 6},
               {1.12, Verdict::won, 12}, {1.05, Verdict::won, 24},  {1.02, Verdict::won, 48},
               {1.0, Verdict::lost, 48}, {0.96, Verdict::lost, 24}, {0.89, Verdict::lost, 12},
               {0.7, Verdict::lost, 6},  {0.2, Verdict::lost, 6}};
  for (const auto &one : cases) {
    std::size_t pairs = 0;
    EXPECT_EQ(decide(one.ratio, 0, &pairs), one.verdict) << one.ratio;
    EXPECT_EQ(pairs, one.pairs) << one.ratio;
  }
}

TEST(PairedTrial, LostTrialsRaiseTheBar) {
  EXPECT_EQ(decide(1.02, 0), Verdict::won);
  EXPECT_EQ(decide(1.02, 0.03), Verdict::lost);
  EXPECT_EQ(decide(1.11, 0.09), Verdict::won);
  EXPECT_EQ(decide(1.09, 0.09), Verdict::lost);
}

TEST(PairedTrial, DisturbedPairsDoNotDecide) {
  // Two of five pairs hit by a gap of 30 times, on whichever side.
  EXPECT_EQ(decide([](std::size_t i) { return i % 5 == 0   ? 1.3 / 30
                                              : i % 5 == 2 ? 39
                                                           : 1.3; }),
            Verdict::won);
  EXPECT_EQ(decide([](std::size_t i) { return i % 5 == 0   ? 0.85 * 30
                                              : i % 5 == 2 ? 0.03
                                                           : 0.85; }),
            Verdict::lost);
}

TEST(PairedTrial, AnObviousGainNeedsNoEagerTurn) {
  PairedTrial trial;
  trial.start();
  EXPECT_EQ(trial.add_first(100, 260), Verdict::undecided);
  EXPECT_EQ(trial.add_first(90, 260), Verdict::undecided);
  EXPECT_EQ(trial.add_first(104, 260), Verdict::won);
  trial.start();
  for (const std::uint64_t compiled : {100, 90, 105}) // the slowest counts
    EXPECT_EQ(trial.add_first(compiled, 260), Verdict::undecided);
  EXPECT_FALSE(trial.needs_first());
  trial.start();
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(trial.add_first(1, 0), Verdict::undecided); // eager time is not known
}

TEST(EagerTimes, KnowNothingFromOneRun) {
  EagerTimes times;
  times.add(100);
  EXPECT_EQ(times.lower_quartile(), 0u);
  times.add(50);
  EXPECT_EQ(times.lower_quartile(), 50u);
  for (const std::uint64_t ns : {60, 70, 80, 90, 1000, 2000})
    times.add(ns);
  EXPECT_EQ(times.lower_quartile(), 70u);
  times.add_recorded(1'000'000, 100); // 30 us of recording: taken off
  times.add_recorded(1'000, 100);     // mostly recording: not used
  for (int i = 0; i < 7; ++i)
    times.add_recorded(1'000'000, 100);
  EXPECT_EQ(times.lower_quartile(), 970'000u);
}

TEST(Recheck, NeedsFivePairsAndTheirMedian) {
  Recheck check;
  check.start();
  for (int i = 0; i < 100; ++i)
    EXPECT_FALSE(check.add(i % 3 == 0 ? 0.5 : 1.3)) << i;
  check.start();
  int pairs = 0;
  while (!check.add(0.85))
    ++pairs;
  EXPECT_EQ(pairs, 4);
}

/// A machine whose speed changes at random moments, as clocks and neighbours change it.
class Machine {
public:
  Machine(unsigned seed, double shortest_us, double longest_us, double slowest)
      : random(seed), length(shortest_us, longest_us), factor(1, slowest) {}
  /// How long work of so many us takes.
  double run(double work_us) {
    double took = 0;
    while (work_us > 0) {
      if (left_us <= 0) {
        left_us = length(random);
        speed = factor(random);
      }
      const double part = std::min(work_us * speed, left_us);
      took += part;
      left_us -= part;
      work_us -= part / speed;
    }
    return took * (1 + 0.01 * std::abs(noise(random)));
  }
  bool coin() { return random() & 1; }

private:
  std::mt19937 random;
  std::uniform_real_distribution<double> length, factor;
  std::normal_distribution<double> noise{0, 1};
  double left_us = 0, speed = 1;
};

/// Of 1,000 trials, how many accept a program that is truly `ratio` times as fast.
int accepted(double ratio, double compiled_us, double shortest_us, double longest_us,
             double slowest) {
  int count = 0;
  for (unsigned seed = 0; seed < 1000; ++seed) {
    Machine machine(seed + 1, shortest_us, longest_us, slowest);
    count += decide([&](std::size_t) {
               const bool eager_first = machine.coin();
               const double first = machine.run(eager_first ? compiled_us * ratio : compiled_us);
               machine.run(compiled_us / 3); // the host's own work
               const double second = machine.run(eager_first ? compiled_us : compiled_us * ratio);
               return eager_first ? first / second : second / first;
             }) == Verdict::won;
  }
  return count;
}

TEST(PairedTrial, JudgesRightOnMachinesWhoseSpeedChanges) {
  const struct {
    double shortest_us, longest_us, slowest;
  } machines[] = {{20'000, 200'000, 1.6}, {1'000, 20'000, 2.3}, {1e9, 2e9, 1.1}};
  for (const auto &machine : machines)
    for (const double us : {50.0, 500.0, 5000.0}) {
      const auto share = [&](double ratio) {
        return accepted(ratio, us, machine.shortest_us, machine.longest_us, machine.slowest);
      };
      SCOPED_TRACE(testing::Message() << us << " us, speed changes in up to " << machine.longest_us
                                      << " us by up to " << machine.slowest);
      EXPECT_LE(share(0.9), 20); // of 1,000
      EXPECT_GE(share(1.2), 980);
      EXPECT_EQ(share(6), 1000);
    }
}

} // namespace
} // namespace jit
