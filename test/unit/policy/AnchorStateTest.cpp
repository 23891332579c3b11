// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// When an anchor rests, for how long, and how it comes back.
#include "runtime/policy/AnchorState.h"
#include "runtime/policy/Clock.h"
#include "runtime/policy/CompileBudget.h"
#include "runtime/policy/Ledger.h"

#include <gtest/gtest.h>

namespace jit {
namespace {

std::uint64_t time_ns = 1;

class AnchorStateTest : public testing::Test {
protected:
  void SetUp() override {
    time_ns = 1;
    fake_clock = []() noexcept { return time_ns; };
  }
  void TearDown() override { fake_clock = nullptr; }

  /// Passes that take `eager_ns` eagerly, each with this account.
  void passes(std::uint64_t count, std::uint64_t eager_ns, std::uint64_t credit,
              std::uint64_t debit) {
    for (std::uint64_t i = 0; i < count; ++i) {
      anchor.next_pass();
      anchor.credit(credit);
      anchor.debit(debit);
      time_ns += eager_ns;
      anchor.pass_ended(eager_ns);
    }
  }
  AnchorState anchor;
};

using Phase = AnchorState::Phase;

TEST_F(AnchorStateTest, PhasesFollowWhatPathsHave) {
  EXPECT_EQ(anchor.phase(), Phase::cold);
  anchor.waiting = 1;
  EXPECT_EQ(anchor.phase(), Phase::waiting);
  anchor.serving = 1; // a second path waits: the first is matched all the same
  EXPECT_EQ(anchor.phase(), Phase::serving);
  anchor.serving = 0;
  anchor.waiting = 0;
  EXPECT_EQ(anchor.phase(), Phase::cold);
}

TEST_F(AnchorStateTest, MissesAreNoReasonToRest) {
  passes(10 * AnchorState::window, 10'000, 0, 90); // under 1 % of the time
  EXPECT_EQ(anchor.phase(), Phase::cold);
  passes(10 * AnchorState::window, 10'000, 5'000, 4'000); // much, and more is gained
  EXPECT_EQ(anchor.phase(), Phase::cold);
}

TEST_F(AnchorStateTest, RestsForAHundredTimesWhatItLost) {
  passes(AnchorState::window, 10'000, 500, 1'500); // loses a tenth of each of 64 passes
  EXPECT_EQ(anchor.phase(), Phase::resting);
  EXPECT_EQ(anchor.rest_left(), 640u);
  passes(639, 10'000, 0, 0);
  EXPECT_EQ(anchor.phase(), Phase::resting);
  passes(AnchorState::window, 10'000, 500, 1'500); // the first is the pass with which it ends
  EXPECT_EQ(anchor.rest_left(), 1280u);            // twice as long the next time
}

TEST_F(AnchorStateTest, NothingIsTimedDuringARest) {
  const auto timed = [&](bool wanted) {
    int count = 0;
    for (std::uint64_t i = 0; i < AnchorState::window; ++i) {
      count += anchor.may_time(wanted);
      passes(1, 10'000, 0, 0);
    }
    return count;
  };
  EXPECT_EQ(timed(false), 17); // the first sixteen, and the sample
  EXPECT_EQ(timed(true), 64);
  EXPECT_EQ(timed(false), 1);
  passes(AnchorState::window, 10'000, 500, 1'500);
  ASSERT_EQ(anchor.phase(), Phase::resting);
  EXPECT_EQ(timed(true), 0);
}

TEST_F(AnchorStateTest, PassesOfARestAreInNoWindow) {
  passes(AnchorState::window, 1'000'000, 0, 100'000);
  ASSERT_EQ(anchor.phase(), Phase::resting);
  const std::uint64_t first = anchor.rest_left();
  time_ns += 1'000'000'000; // the rest took long, and is not what a pass takes
  passes(anchor.rest_left() - 1, 1'000'000, 0, 0);
  passes(AnchorState::window, 1'000'000, 0, 100'000);
  EXPECT_EQ(anchor.rest_left(), 2 * first);
}

TEST_F(AnchorStateTest, FewPassesOfARestAreHashedUntilProgramsComeUp) {
  passes(AnchorState::window, 10'000, 0, 1'000'000);
  ASSERT_EQ(anchor.phase(), Phase::resting);
  EXPECT_EQ(anchor.hash_period(), 64u);
  anchor.hashed(true);
  EXPECT_EQ(anchor.hash_period(), 64u); // one may be chance
  anchor.hashed(true);
  EXPECT_EQ(anchor.hash_period(), 8u);
  anchor.hashed(false);
  EXPECT_EQ(anchor.hash_period(), 64u);
}

TEST_F(AnchorStateTest, OnlyPathsThatComeOftenAreCompiledWhereTimeWasLost) {
  EXPECT_TRUE(anchor.deserves_program(1));
  EXPECT_TRUE(anchor.deserves_program(2)); // nothing was lost yet
  passes(AnchorState::window, 10'000, 0, 1'000'000);
  ASSERT_EQ(anchor.phase(), Phase::resting);
  EXPECT_FALSE(anchor.deserves_program(3));
  EXPECT_FALSE(anchor.deserves_program(3));
  EXPECT_FALSE(anchor.deserves_program(4));
  EXPECT_TRUE(anchor.deserves_program(3)); // three of the last four
  anchor.wake();
  EXPECT_FALSE(anchor.deserves_program(5)); // after a rest
  EXPECT_FALSE(anchor.deserves_program(6));
  EXPECT_TRUE(anchor.deserves_program(5));
  anchor.forget();
  EXPECT_TRUE(anchor.deserves_program(7));
}

TEST_F(AnchorStateTest, NoRestIsLongerThanTenSeconds) {
  for (int k = 0; k < 8; ++k) {
    passes(AnchorState::window, 1'000'000, 0, 500'000'000);
    ASSERT_LE(anchor.rest_left(), 10'000u); // of a millisecond each
    ASSERT_GE(anchor.rest_left(), AnchorState::least_rest);
    passes(anchor.rest_left(), 1'000'000, 0, 0);
  }
  passes(AnchorState::window, 1, 0, 1'000'000);
  EXPECT_LE(anchor.rest_left(), AnchorState::most_rest);
}

TEST_F(AnchorStateTest, KnownPathsEndARestEarly) {
  passes(AnchorState::window, 10'000, 0, 1'000'000);
  ASSERT_EQ(anchor.phase(), Phase::resting);
  for (int i = 0; i < 100; ++i)
    anchor.hashed(i % 8 != 0); // 14 of 16
  EXPECT_EQ(anchor.phase(), Phase::resting);
  for (int i = 0; i < 15; ++i)
    anchor.hashed(true);
  EXPECT_EQ(anchor.phase(), Phase::cold);
}

TEST_F(AnchorStateTest, PublishingForgetsTheWindow) {
  passes(AnchorState::window - 1, 10'000, 0, 1'000'000);
  anchor.wake();
  passes(1, 10'000, 0, 0);
  EXPECT_EQ(anchor.phase(), Phase::cold); // a program that came late finds no verdict waiting
}

TEST(Ledger, GrantsOnePercentAndTwentyMilliseconds) {
  Ledger ledger(1000);
  EXPECT_TRUE(ledger.allows(1000));
  ledger.charge(Ledger::grant_ns);
  EXPECT_TRUE(ledger.allows(1000));
  ledger.charge(1'000'000);
  EXPECT_FALSE(ledger.allows(1000));
  EXPECT_FALSE(ledger.allows(1000 + 99'999'999));
  EXPECT_TRUE(ledger.allows(1000 + 100'000'000));
}

TEST(CompileBudget, IsABurstAndAShare) {
  CompileBudget budget;
  EXPECT_TRUE(budget.has_tokens());
  budget.spend(60'000'000);
  EXPECT_FALSE(budget.has_tokens());
  budget.refill(200'000'000);
  EXPECT_FALSE(budget.has_tokens()); // 10 ms came back: not more than none
  budget.refill(220'000'000);
  EXPECT_TRUE(budget.has_tokens());
  budget.refill(1'000'000'000'000);
  budget.spend(CompileBudget::burst_ns);
  EXPECT_FALSE(budget.has_tokens()); // the burst is all that is saved up
}

TEST(CompileBudget, WhatWasLostBuysTheCompilation) {
  JobFacts job{1000, 1e-6, 5e6, 4.9e9};
  EXPECT_FALSE(job.overdue());
  EXPECT_NEAR(job.left_ns(), 1e8, 1);
  job.waiting_ns = 5e9;
  EXPECT_EQ(job.left_ns(), 0);
  EXPECT_TRUE(job.overdue());
  const JobFacts better{2000, 1e-6, 5e6, 0};
  EXPECT_GT(better.score(), job.score());
}

} // namespace
} // namespace jit
