// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Paths through their whole lives, with the trial on and a clock of the test's: judged, slowed,
// rejected, tried again, driven out. Costs are set, so every verdict is known.
#include "test/unit/jit/LifeCycle.h"
#include "test/unit/kernels/FakeCpus.h"

#include "runtime/jit/Visits.h"

#include <map>

namespace jit {
namespace {

using test::hooks, test::LifeCycle, test::matched_op_ns, test::program_ns;

TEST_F(LifeCycle, AnObviousWinnerIsAcceptedWithoutAnEagerTurn) {
  auto f = trace([](const Tensor &t) { return chain(t, 6); }, {"obvious"});
  calls(12, [&](int) { f(x); });
  const TraceReport report = path(f, 6);
  EXPECT_EQ(report.state, "active");
  EXPECT_GE(report.hits, 8u);
  for (const auto &[exit, count] : report.exits)
    EXPECT_NE(exit, "eager_turn") << count;
}

TEST_F(LifeCycle, ALoserIsDroppedAndHarmsNoWinner) {
  program_ns[5] = 700'000; // its ops take 500,000
  // The longer one begins like the shorter one: which is run shows in the end only.
  auto f = trace([](const Tensor &t, int ops) { return chain(t, ops); }, {"winner and loser"});
  const int compiled_before = hooks().compiled;
  calls(200, [&](int i) { f(x, i % 2 ? 5 : 9); });
  EXPECT_EQ(path(f, 5).state, "rejected") << path(f, 5);
  EXPECT_LE(path(f, 5).hits, 48u); // few losing turns
  EXPECT_EQ(path(f, 9).state, "active") << path(f, 9);
  const std::uint64_t won = path(f, 9).hits, lost = path(f, 5).hits;
  calls(400, [&](int i) { f(x, i % 2 ? 5 : 9); });
  EXPECT_GE(path(f, 9).hits, won + 192); // of 200, but for checks
  EXPECT_EQ(path(f, 5).hits, lost);
  EXPECT_EQ(hooks().compiled, compiled_before + 2); // each once
}

TEST_F(LifeCycle, ALoserThatPartsAtOnceHasTwelveLosingTurnsAtMost) {
  program_ns[5] = 700'000; // its ops take 500,000
  auto f =
      trace([](const Tensor &t, bool loser) { return loser ? chain(t + 1.0, 4) : chain(t, 9); },
            {"parting loser"});
  calls(100, [&](int i) { f(x, i % 2); });
  EXPECT_EQ(path(f, 5).state, "rejected") << path(f, 5);
  EXPECT_LE(path(f, 5).hits, 12u);
  EXPECT_EQ(path(f, 9).state, "active") << path(f, 9);
}

TEST_F(LifeCycle, APathAtWhoseEndOthersPartIsJudged) {
  program_ns[4] = 500'000; // no obvious loss or gain
  auto f = trace(
      [](const Tensor &t, int way) {
        const Tensor y = chain(t, 4);
        return way == 0 ? y : way == 1 ? y + 1.0 : y - 1.0;
      },
      {"ends at a fork"});
  calls(300, [&](int i) { f(x, i % 3); });
  const TraceReport report = path(f, 4);
  EXPECT_TRUE(report.state == "active" || report.state == "rejected") << report;
  EXPECT_GT(report.hits, 0u);
  EXPECT_GT(report.replays, 0u) << report;
}

TEST_F(LifeCycle, ARejectedPathIsTriedAgainWithTheProgramItHas) {
  program_ns[7] = 1'000'000;
  auto f = trace([](const Tensor &t) { return chain(t, 7); }, {"tried again"});
  calls(100, [&](int) { f(x); });
  ASSERT_EQ(path(f, 7).state, "rejected");
  const int compiled = hooks().compiled;
  program_ns[7] = 300'000; // of 700,000
  calls(1200, [&](int) { f(x); });
  EXPECT_EQ(path(f, 7).state, "active") << path(f, 7);
  EXPECT_EQ(hooks().compiled, compiled);
}

TEST_F(LifeCycle, RunsInARestCountWhetherTheyAreHashedOrNot) {
  program_ns[11] = 2'000'000; // its ops take 1,100,000
  auto f = trace([](const Tensor &t) { return chain(t, 11); }, {"counted in a rest"});
  calls(100, [&](int) { f(x); });
  ASSERT_EQ(path(f, 11).state, "rejected");
  Trace *traced = Trace::all();
  while (traced->name != "counted in a rest")
    traced = traced->next;
  AnchorState &anchor = traced->anchors.load()->state;
  anchor.debit(1'000'000'000);
  for (int i = 0; i < 64 && !anchor.resting(); ++i)
    f(x);
  ASSERT_GE(anchor.rest_left(), 2000u);
  program_ns[11] = 300'000;
  calls(1000, [&](int) { f(x); });
  EXPECT_NE(path(f, 11).state, "rejected") << path(f, 11);
}

// What nobody knows is recorded because its hash is new; one pass in 61 whatever its hash says.
TEST_F(LifeCycle, APathIsRecordedThoughItsHashIsThatOfAnother) {
  auto f = trace([](const Tensor &t, bool other) { return other ? exp(chain(t, 2)) : chain(t, 3); },
                 {.name = "colliding", .warmup = 1'000});
  calls(20, [&](int i) { f(x, i % 2); });
  PathTable &known = Trace::all()->anchors.load()->known;
  ASSERT_EQ(known.paths().size(), 2u);
  const auto is_chain = [](const std::shared_ptr<Path> &path) {
    return path->graph.ops.back().op == OpKind::multiply;
  };
  const std::uint64_t hash = std::ranges::find_if_not(known.paths(), is_chain)->get()->sequence;
  f.reset();
  calls(10, [&](int) { f(x, false); });
  ASSERT_EQ(known.paths().size(), 1u);
  {
    const std::lock_guard guard(known.lock);
    known.paths()[0]->sequence = hash;
  }
  for (int i = 0; i < 64; ++i)
    f(x, true);
  ASSERT_EQ(known.paths().size(), 2u);
  EXPECT_FALSE(std::ranges::all_of(known.paths(), is_chain));
}

TEST_F(LifeCycle, AScopeSleepsThroughTheRestOfItsOnlyStart) {
  int awake = 0;
  auto f = trace(
      [&](const Tensor &t) {
        const Tensor y = chain(t, 6);
        awake += thread_trace.activity != Activity::none;
        return y;
      },
      {"sleeps"});
  calls(20, [&](int) { f(x); });
  ASSERT_EQ(path(f, 6).state, "active");
  AnchorState &anchor = Trace::all()->anchors.load()->state;
  anchor.debit(1'000'000'000);
  while (!anchor.resting())
    f(x);
  awake = 0;
  for (int i = 0; i < 40; ++i) {
    f(x);
    EXPECT_TRUE(f.last().reason.starts_with("resting")) << f.last().reason;
  }
  EXPECT_LE(awake, 1); // one in 64 is hashed
  // Its path is all there is, so it is soon found and runs compiled again.
  const std::uint64_t hits = path(f, 6).hits;
  calls(400, [&](int) { f(x); });
  EXPECT_FALSE(anchor.resting());
  EXPECT_GE(path(f, 6).hits, hits + 100);
}

TEST_F(LifeCycle, ARestEndsWhereTheNextSegmentBegins) {
  auto f = trace(
      [](const Tensor &t) {
        const Tensor first = chain(t, 5);
        const float seen = first.data<float>()[0];
        return chain(t, 9) * seen;
      },
      {"rest and go on"});
  calls(20, [&](int) { f(x); });
  ASSERT_EQ(path(f, 10).state, "active");
  Trace *traced = Trace::all();
  Anchor *anchor = traced->anchors.load();
  while (anchor->next) // the first one is the last in the list
    anchor = anchor->next;
  anchor->state.debit(1'000'000'000);
  while (!anchor->state.resting())
    f(x);
  const std::uint64_t hits = path(f, 10).hits;
  for (int i = 0; i < 40; ++i)
    f(x);
  EXPECT_TRUE(anchor->state.resting());
  EXPECT_EQ(path(f, 10).hits, hits + 40);
}

TEST_F(LifeCycle, ARejectedPathIsTriedAgainAtOnceUnderAnotherNumberOfThreads) {
  const test::FakeCpus cpus(4);
  program_ns[7] = 1'000'000;
  auto f = trace([](const Tensor &t) { return chain(t, 7); }, {"other threads"});
  calls(100, [&](int) { f(x); });
  ASSERT_EQ(path(f, 7).state, "rejected");
  program_ns[7] = 300'000; // of 700,000
  set_thread_count(4);     // there were four
  calls(30, [&](int) { f(x); });
  EXPECT_EQ(path(f, 7).state, "rejected");
  set_thread_count(2);
  calls(30, [&](int) { f(x); });
  EXPECT_EQ(path(f, 7).state, "active") << path(f, 7);
  set_thread_count(0);
}

TEST_F(LifeCycle, ALoserIsTriedAgainWhenAnotherPartOfItsCallBecomesCompiled) {
  program_ns[5] = 700'000; // its ops take 500,000
  auto f = trace(
      [](const Tensor &t, bool more) {
        const Tensor first = chain(t, 5);
        const float seen = first.data<float>()[0];
        return more ? chain(t, 9) * seen : first;
      },
      {"neighbours"});
  calls(100, [&](int) { f(x, false); });
  ASSERT_EQ(path(f, 5).state, "rejected") << path(f, 5);
  program_ns[5] = 100'000; // it had no cache to itself
  calls(100, [&](int) { f(x, true); });
  EXPECT_EQ(path(f, 10).state, "active") << path(f, 10);
  EXPECT_EQ(path(f, 5).state, "active") << path(f, 5);
}

TEST_F(LifeCycle, AProgramThatBecomesSlowIsFoundByItsChecks) {
  auto f = trace([](const Tensor &t) { return chain(t, 4); }, {"slowed"});
  calls(20, [&](int) { f(x); });
  ASSERT_EQ(path(f, 4).state, "active");
  for (int i = 0; i < 5 * 4096; ++i)
    f(x);
  EXPECT_EQ(path(f, 4).state, "active"); // checks alone cost nothing
  program_ns[4] = 800'000;               // its ops take 400,000
  std::string state = "active";
  for (int i = 0; i < 8 * 4096 && state != "rejected"; ++i) {
    f(x);
    if (i % 64 == 0)
      state = path(f, 4).state;
  }
  EXPECT_EQ(state, "rejected");
}

TEST_F(LifeCycle, ATrialOfAHopelessProgramEndsEachTime) {
  program_ns[5] = 50'000'000; // its ops take 500,000
  auto f = trace([](const Tensor &t) { return chain(t, 5); }, {"hopeless"});
  calls(100, [&](int) { f(x); });
  ASSERT_EQ(path(f, 5).state, "rejected");
  const std::uint64_t hits = path(f, 5).hits;
  for (int i = 0; i < 50'000 && path(f, 5).hits == hits; ++i)
    f(x);
  ASSERT_GT(path(f, 5).hits, hits) << "it was tried again";
  calls(500, [&](int) { f(x); });
  EXPECT_LE(path(f, 5).hits, hits + 24);
  EXPECT_EQ(path(f, 5).state, "rejected");
}

TEST_F(LifeCycle, AnEagerTurnThatWasPutAsideCostsWhatOthersDo) {
  program_ns[4] = 200'000; // of 400,000
  auto f = trace([](const Tensor &t) { return chain(t, 4); }, {"put aside"});
  calls(64, [&](int) { f(x); });
  ASSERT_EQ(path(f, 4).state, "active");
  Anchor &anchor = *Trace::all()->anchors.load();
  const std::shared_ptr<Path> known = anchor.known.paths().at(0);
  visits::paired(anchor, *known, 10'000'000'000, 200'000);
  for (std::uint64_t i = 0; i < AnchorState::window; ++i) {
    f(x);
    ASSERT_FALSE(anchor.state.resting());
  }
}

TEST_F(LifeCycle, ATieIsDroppedAfterFortyEightPairs) {
  program_ns[3] = 300'000 - 3 * matched_op_ns;
  auto f = trace([](const Tensor &t) { return chain(t, 3); }, {"tie"});
  calls(300, [&](int) { f(x); });
  const TraceReport report = path(f, 3);
  EXPECT_EQ(report.state, "rejected");
  EXPECT_NE(report.reject_reason.find("48 pairs"), std::string::npos) << report;
}

TEST_F(LifeCycle, SixteenOfManyPathsHaveProgramsAndKeepThem) {
  auto f = trace([](const Tensor &t, int ops) { return chain(t, ops); }, {"many paths"});
  calls(20 * 60, [&](int i) { f(x, 1 + i % 20); });
  std::map<std::string, int> states;
  for (const TraceReport &report : f.explain())
    ++states[report.state];
  EXPECT_EQ(states["active"] + states["trial"], 16);
  EXPECT_EQ(f.explain().size(), 20u);
  const auto hits = [&] {
    std::uint64_t sum = 0;
    for (const TraceReport &report : f.explain())
      sum += report.hits;
    return sum;
  };
  const int compiled = hooks().compiled;
  const std::uint64_t before = hits();
  calls(20 * 10, [&](int i) { f(x, 1 + i % 20); });
  EXPECT_GE(hits(), before + 140);           // 160 of 200 calls take one of the sixteen
  EXPECT_LE(hooks().compiled, compiled + 2); // no storm of evictions
}

TEST_F(LifeCycle, EquallyGoodPathsDoNotTakeTurns) {
  for (std::uint64_t ops = 20; ops < 44; ++ops)
    program_ns[ops] = 80'000 * ops; // of some 100,000 an op: what is not measured seems better
  auto f = trace([](const Tensor &t, int ops) { return chain(t, ops); }, {"a crowd"});
  std::uint32_t random = 7;
  const auto call = [&](int) {
    random = random * 1664525 + 1013904223;
    f(x, 20 + static_cast<int>((random >> 16) % 24));
  };
  const int before = hooks().compiled;
  calls(20'000, call);
  EXPECT_LE(hooks().compiled, before + 32);
}

TEST_F(LifeCycle, ARefusedVariantIsNotAskedForAgainAtOnce) {
  mutable_options().trial = false;
  std::vector<Tensor> held;
  bool hold = false;
  auto f = trace(
      [&](const Tensor &t) {
        const Tensor y = t + 1.0, z = y * 2.0;
        if (hold)
          held.push_back(y);
        return z * 3.0;
      },
      {"refused variant"});
  calls(4, [&](int) { f(x); });
  hooks().refuse = true;
  hold = true;
  const int asked = hooks().asked;
  calls(1000, [&](int) { f(x); });
  EXPECT_GE(hooks().asked, asked + 1);
  EXPECT_LE(hooks().asked, asked + 8);
  hooks().refuse = false;
}

} // namespace
} // namespace jit
