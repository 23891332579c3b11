// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Trials and rechecks on a machine that is shared: replayed on recorded progress curves.
#include "runtime/policy/Clock.h"
#include "runtime/policy/PairedTrial.h"
#include "test/unit/policy/Curve.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <random>
#include <stdexcept>

namespace jit {
namespace {

/// Time of the fake clock.
std::uint64_t fake_ns = 0;

std::vector<double> recorded(const std::string &name) {
  std::ifstream file(TRACEJIT_CURVES "/" + name + ".curve", std::ios::binary);
  return read_curve(std::string(std::istreambuf_iterator<char>(file), {}));
}

/// A thread that gets on as the recorded one did, from a random moment on and round and round. Work
/// is measured in us of a piece that took the usual time.
class Replayed {
public:
  Replayed(const std::vector<double> &ns, unsigned seed) : random(seed) {
    sums.reserve(ns.size() + 1);
    for (const double time : ns)
      sums.push_back(sums.back() + time);
    std::vector<double> sorted = ns;
    std::nth_element(sorted.begin(), sorted.begin() + sorted.size() / 2, sorted.end());
    usual_us = sorted[sorted.size() / 2] / 1000;
    go_anywhere();
  }
  void go_anywhere() { at = between(0, pieces()); }
  void work(double us) {
    at += us / usual_us;
    fake_ns = static_cast<std::uint64_t>(std::llround(ns_at(at)));
  }
  /// What the runtime measures for work of so many us.
  std::uint64_t timed(double us) {
    Stopwatch watch;
    watch.reset();
    const std::uint64_t begin = Stopwatch::read(Timed::by_cpu);
    work(us);
    watch.add(Timed::by_cpu, begin);
    return watch.ns();
  }
  double between(double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
  }
  bool coin() { return random() & 1; }

private:
  double pieces() const { return static_cast<double>(sums.size() - 1); }
  double ns_at(double piece) const {
    const double laps = std::floor(piece / pieces()), rest = piece - laps * pieces();
    const std::size_t index = std::min(static_cast<std::size_t>(rest), sums.size() - 2);
    const double part = rest - static_cast<double>(index);
    return laps * sums.back() + sums[index] + part * (sums[index + 1] - sums[index]);
  }
  std::mt19937 random;
  std::vector<double> sums{0.0};
  double usual_us = 0, at = 0;
};

/// A path whose program takes `us` and is truly `ratio` times as fast as its ops; what
/// runtime/jit/Visits.cpp does with it.
class Judged {
public:
  Judged(Replayed &thread, double us, double ratio)
      : thread(thread), compiled_us(us), eager_us(us * ratio) {}

  /// Eager runs, a while to compile, the first runs and as many pairs as it takes.
  bool wins() {
    EagerTimes times;
    for (int i = 0; i < 8; ++i) {
      times.add(thread.timed(eager_us));
      host();
    }
    thread.work(thread.between(5'000, 200'000));
    trial.start();
    while (trial.needs_first()) {
      host();
      if (trial.add_first(thread.timed(compiled_us), times.lower_quartile()) == Verdict::won)
        return true;
    }
    return wins_pairs();
  }

  /// Which of so many rechecks far from each other leads to a lost trial, 0: none.
  int demoted_at(int checks) {
    Recheck recheck;
    recheck.start();
    for (int i = 1; i <= checks; ++i) {
      thread.go_anywhere();
      if (!recheck.add(pair()))
        continue;
      trial.start();
      recheck.start();
      if (!wins_pairs())
        return i;
    }
    return 0;
  }

private:
  /// Work of the program between two runs.
  void host() { thread.work(compiled_us * 0.3); }
  double pair() {
    const bool eager_first = thread.coin();
    host();
    const auto first = thread.timed(eager_first ? eager_us : compiled_us);
    host();
    const auto second = thread.timed(eager_first ? compiled_us : eager_us);
    const auto eager = eager_first ? first : second, compiled = eager_first ? second : first;
    return static_cast<double>(eager) / static_cast<double>(std::max<std::uint64_t>(compiled, 1));
  }
  bool wins_pairs() {
    Verdict verdict = Verdict::undecided;
    while (verdict == Verdict::undecided)
      verdict = trial.add(pair(), 0);
    return verdict == Verdict::won;
  }
  Replayed &thread;
  double compiled_us, eager_us;
  PairedTrial trial;
};

class OnRecordedCurve : public testing::TestWithParam<const char *> {
protected:
  static constexpr int trials = 1000;
  static constexpr double step_us[] = {50, 500, 5000};
  OnRecordedCurve() {
    fake_clock = []() noexcept { return fake_ns; };
  }
  ~OnRecordedCurve() override { fake_clock = nullptr; }

  int accepted(double us, double ratio) {
    int count = 0;
    for (int i = 0; i < trials; ++i) {
      thread.go_anywhere();
      count += Judged(thread, us, ratio).wins();
    }
    return count;
  }
  /// Of `trials` paths, how many are demoted in 50 rechecks; none before the fifth.
  int demoted(double us, double ratio) {
    int count = 0;
    for (int i = 0; i < trials; ++i) {
      const int at = Judged(thread, us, ratio).demoted_at(50);
      EXPECT_TRUE(at == 0 || at >= 5) << at;
      count += at != 0;
    }
    return count;
  }
  Replayed thread{recorded(GetParam()), 1};
};

TEST_P(OnRecordedCurve, TrialsJudgeRight) {
  for (const double us : step_us) {
    SCOPED_TRACE(testing::Message() << us << " us");
    EXPECT_LE(accepted(us, 0.9), trials * 2 / 100);
    EXPECT_GE(accepted(us, 1.2), trials * 98 / 100);
    EXPECT_EQ(accepted(us, 6), trials);
  }
}

TEST_P(OnRecordedCurve, RechecksDemoteWhatIsSlower) {
  for (const double us : step_us) {
    SCOPED_TRACE(testing::Message() << us << " us");
    EXPECT_LE(demoted(us, 1.3), trials / 200);
    EXPECT_GE(demoted(us, 0.85), trials - trials / 200);
  }
}

TEST(Curve, SurvivesItsFile) {
  for (const std::vector<double> &ns : {std::vector<double>{},
                                        {0},
                                        {16'000},
                                        {16'000, 16'100},
                                        {15'900, 12'400'123, 0, 0, 31'000},
                                        {1, 1, 1, 1, 1'000'000'000, 5, 5}}) {
    const std::vector<double> read = read_curve(curve_text(ns));
    ASSERT_EQ(read.size(), ns.size());
    double sum = 0, sum_read = 0;
    for (std::size_t i = 0; i < ns.size(); ++i) {
      sum += ns[i];
      sum_read += read[i];
      if (sum < 4e8) { // more than a file can say in one piece
        EXPECT_NEAR(sum_read, sum, 200) << i;
      }
    }
  }
  const std::string long_piece = curve_text({1'000'000});
  EXPECT_THROW(read_curve(long_piece.substr(0, 2)), std::runtime_error);
}

std::string test_name(const testing::TestParamInfo<const char *> &info) {
  std::string name = info.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(All, OnRecordedCurve,
                         testing::Values("quiet", "busy-1", "busy-2", "pinned-busy-2", "memory",
                                         "memory-busy-2"),
                         test_name);

} // namespace
} // namespace jit
