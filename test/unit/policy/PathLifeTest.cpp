// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every change of state a path may make, and none else; when rejected paths come back.
#include "runtime/policy/PathLife.h"
#include "runtime/policy/BackOff.h"

#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace jit {
namespace {

TEST(PathLife, GoesFromSightingToUse) {
  PathLife life;
  EXPECT_EQ(life.state(), PathState::watching);
  EXPECT_FALSE(life.now().has_program());
  for (const auto &[from, to] : {std::pair(PathState::watching, PathState::queued),
                                 std::pair(PathState::queued, PathState::compiling),
                                 std::pair(PathState::compiling, PathState::trial),
                                 std::pair(PathState::trial, PathState::active)}) {
    EXPECT_FALSE(life.change(to, from)); // it is not there yet
    EXPECT_TRUE(life.change(from, to));
    EXPECT_EQ(life.state(), to);
  }
  EXPECT_TRUE(life.now().has_program());
}

TEST(PathLife, LostTrialsWaitLongerEachTimeAndNeverForEver) {
  PathLife life;
  life.change(PathState::watching, PathState::trial);
  std::uint64_t visits = 10, wait = 1000;
  for (int k = 0; k < 40; ++k) {
    EXPECT_DOUBLE_EQ(life.margin(), 0.03 * std::min(k, 3));
    ASSERT_TRUE(life.reject(PathState::trial, RejectReason::no_gain, visits));
    EXPECT_EQ(life.now().reason, RejectReason::no_gain);
    ASSERT_EQ(life.now().retry_at, visits + wait) << k;
    EXPECT_FALSE(life.retry(visits + wait - 1));
    EXPECT_TRUE(life.retry(visits + wait));
    EXPECT_EQ(life.state(), PathState::trial); // nothing is compiled again
    visits += wait;
    wait = std::min(4 * wait, longest_back_off);
  }
}

TEST(PathLife, OtherRejectionsAreWatchedAgain) {
  PathLife life;
  ASSERT_TRUE(life.reject(PathState::watching, RejectReason::too_long, 5));
  EXPECT_FALSE(life.retry(longest_back_off));
  EXPECT_TRUE(life.retry(5 + longest_back_off));
  EXPECT_EQ(life.state(), PathState::watching);
  EXPECT_EQ(life.margin(), 0); // no trial was lost
}

TEST(PathLife, PardonForgets) {
  PathLife life;
  life.change(PathState::watching, PathState::trial);
  life.reject(PathState::trial, RejectReason::no_gain, 1);
  life.pardon();
  EXPECT_TRUE(life.retry(1));
  EXPECT_EQ(life.margin(), 0);
}

TEST(PathLife, OneOfManyJudgesDecides) {
  for (int round = 0; round < 200; ++round) {
    PathLife life;
    life.change(PathState::watching, PathState::trial);
    std::atomic<int> decided{0};
    std::vector<std::thread> judges;
    for (int i = 0; i < 4; ++i)
      judges.emplace_back([&, i] {
        decided += i % 2 ? life.change(PathState::trial, PathState::active)
                         : life.reject(PathState::trial, RejectReason::no_gain, 7);
      });
    for (std::thread &judge : judges)
      judge.join();
    EXPECT_EQ(decided, 1);
  }
}

} // namespace
} // namespace jit
