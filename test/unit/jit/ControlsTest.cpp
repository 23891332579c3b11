// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a program may ask of the runtime: judge anew, say what became of a call, compile nothing for
// a while, run ops untraced, wait for verdicts.
#include "test/unit/jit/LifeCycle.h"

#include "runtime/jit/Anchor.h"

#include <stdexcept>
#include <thread>

namespace jit {
namespace {

using test::hooks, test::program_ns, test::eager_op_ns, test::usual_op_ns;

struct Controls : test::LifeCycle {
  static std::uint64_t exits(const TraceReport &path, const std::string &reason) {
    for (const auto &[exit, count] : path.exits)
      if (exit == reason)
        return count;
    return 0;
  }
};

// reset() -------------------------------------------------------------------------------------

TEST_F(Controls, ResetLetsALoserBeJudgedAnew) {
  program_ns[7] = 1'000'000; // its ops take 700,000
  auto f = trace([](const Tensor &t) { return chain(t, 7); }, {"reset loser"});
  calls(100, [&](int) { f(x); });
  ASSERT_EQ(path(f, 7).state, "rejected");
  program_ns[7] = 1'000;
  calls(100, [&](int) { f(x); });
  ASSERT_EQ(path(f, 7).state, "rejected") << "it is left alone for a while";
  f.reset();
  EXPECT_TRUE(f.explain().empty());
  calls(20, [&](int) { f(x); });
  EXPECT_EQ(path(f, 7).state, "active") << path(f, 7);
  EXPECT_GT(path(f, 7).hits, 0u);
}

TEST_F(Controls, ResetEndsARestAndItsDoublings) {
  auto f = trace([](const Tensor &t) { return chain(t, 4); }, {"reset rest"});
  calls(20, [&](int) { f(x); });
  Anchor &anchor = *Trace::all()->anchors.load();
  for (int round = 0; round < 3; ++round)
    for (std::uint64_t i = 0; i < 2 * AnchorState::window; ++i) {
      anchor.state.debit(100'000'000);
      anchor.state.pass_ended(1000);
    }
  ASSERT_TRUE(anchor.state.resting());
  f.reset();
  EXPECT_FALSE(anchor.state.resting());
  EXPECT_EQ(anchor.state.serving, 0);
  EXPECT_EQ(anchor.state.waiting, 0);
  EXPECT_EQ(anchor.probes, 0);
  calls(20, [&](int) { f(x); });
  EXPECT_EQ(path(f, 4).state, "active");
}

TEST_F(Controls, ResetDuringACompilationDropsIt) {
  mutable_options().trial = false;
  auto f = trace([](const Tensor &t) { return chain(t, 8); }, {"reset while compiling"});
  f(x);
  hooks().delay_ms = 100;
  f(x);
  while (path(f, 8).state != "compiling")
    std::this_thread::yield();
  f.reset();
  hooks().delay_ms = 0;
  ASSERT_TRUE(wait_compiled());
  Anchor &anchor = *Trace::all()->anchors.load();
  EXPECT_EQ(anchor.state.serving, 0);
  EXPECT_EQ(anchor.state.waiting, 0);
  EXPECT_TRUE(f.explain().empty());
  calls(6, [&](int) { f(x); });
  EXPECT_EQ(path(f, 8).state, "active");
  EXPECT_EQ(anchor.state.serving, 1);
}

// last() --------------------------------------------------------------------------------------

TEST_F(Controls, LastSaysWhatBecameOfTheCall) {
  mutable_options().trial = false;
  auto f = trace(
      [](const Tensor &t) {
        const double s = sum(t * 2.0).item<float>();
        return t * s;
      },
      {"last"});
  EXPECT_EQ(f.last().compiled + f.last().eager, 0u);
  f(x);
  EXPECT_EQ(f.last().compiled, 0u);
  EXPECT_EQ(f.last().eager, 2u);
  EXPECT_TRUE(f.last().reason.starts_with("seen_once: ")) << f.last().reason;
  calls(6, [&](int) { f(x); });
  EXPECT_EQ(f.last().compiled, 2u);
  EXPECT_EQ(f.last().eager, 0u);
  EXPECT_EQ(f.last().reason, "");
  auto g = trace([](const Tensor &t) { return t + 1.0; }, {"another"});
  g(x);
  EXPECT_EQ(f.last().compiled, 0u) << "the last call was not of this trace";
  f(ones({9}));
  EXPECT_EQ(f.last().eager, 2u);
  EXPECT_TRUE(f.last().reason.starts_with("mismatch: ")) << f.last().reason;
  EXPECT_FALSE(f.last().advice.empty());
  set_mode(Mode::check);
  f(x);
  EXPECT_EQ(f.last().eager, 2u);
  EXPECT_TRUE(f.last().reason.starts_with("mode: ")) << f.last().reason;
  set_mode(Mode::on);
}

TEST_F(Controls, ModeLogRunsNoProgram) {
  auto f = trace([](const Tensor &t) { return chain(t, 6); }, {"log after on"});
  calls(20, [&](int) { f(x); });
  const TraceReport compiled = path(f, 6);
  ASSERT_EQ(compiled.state, "active");
  set_mode(Mode::log);
  calls(10, [&](int) { f(x); });
  EXPECT_EQ(path(f, 6).hits, compiled.hits);
  EXPECT_EQ(path(f, 6).recorded, compiled.recorded + 10);
  EXPECT_TRUE(f.last().reason.starts_with("mode: ")) << f.last().reason;
  set_mode(Mode::on);
  calls(10, [&](int) { f(x); });
  EXPECT_EQ(path(f, 6).hits, compiled.hits + 10) << "without being compiled again";
}

TEST_F(Controls, LastNamesTheVerdict) {
  program_ns[7] = 1'000'000;
  auto f = trace([](const Tensor &t) { return chain(t, 7); }, {"last of a loser"});
  calls(100, [&](int) { f(x); });
  ASSERT_EQ(path(f, 7).state, "rejected");
  f(x);
  EXPECT_EQ(f.last().eager, 1u);
  EXPECT_TRUE(f.last().reason.starts_with("no_gain: ")) << f.last().reason;
}

// Pauses --------------------------------------------------------------------------------------

TEST_F(Controls, NothingNewIsCompiledWhilePaused) {
  mutable_options().trial = false;
  auto f = trace([](const Tensor &t, int ops) { return chain(t, ops); }, {"paused"});
  const Tensor y = ones({9}); // or the shorter path would begin the longer one
  calls(6, [&](int) { f(x, 2); });
  ASSERT_EQ(path(f, 2).state, "active");
  pause_compiling();
  pause_compiling();
  const int asked = hooks().asked;
  const std::uint64_t before = path(f, 2).hits;
  for (int i = 0; i < 20; ++i) {
    f(x, 2);
    f(y, 3);
  }
  EXPECT_FALSE(wait_compiled()) << "at once";
  EXPECT_EQ(path(f, 3).state, "queued");
  EXPECT_EQ(path(f, 2).hits, before + 20) << "what is compiled goes on";
  resume_compiling();
  EXPECT_FALSE(wait_compiled()) << "two pauses";
  EXPECT_EQ(hooks().asked, asked);
  resume_compiling();
  resume_compiling(); // one too many changes nothing
  EXPECT_TRUE(wait_compiled());
  f(y, 3);
  EXPECT_EQ(path(f, 3).state, "active");
  EXPECT_EQ(path(f, 3).hits, 1u);
}

TEST_F(Controls, AVerdictTakesEffectWhilePaused) {
  program_ns[5] = 700'000; // its ops take 500,000
  auto f = trace([](const Tensor &t) { return chain(t, 5); }, {"verdict while paused"});
  calls(6, [&](int) { f(x); });
  ASSERT_EQ(path(f, 5).state, "trial");
  pause_compiling();
  calls(100, [&](int) { f(x); });
  ASSERT_EQ(path(f, 5).state, "rejected");
  const std::uint64_t before = path(f, 5).hits;
  calls(20, [&](int) { f(x); });
  EXPECT_EQ(path(f, 5).hits, before);
  resume_compiling();
}

// max_paths -----------------------------------------------------------------------------------

TEST_F(Controls, MaxPathsSaysHowManyProgramsThereMayBe) {
  mutable_options().trial = false;
  const auto active = [](auto &f) {
    int count = 0;
    for (const TraceReport &report : f.explain())
      count += report.state == "active";
    return count;
  };
  const auto body = [](const Tensor &t, int ops) { return chain(t, ops); };
  auto few = trace(body, {.name = "few paths", .max_paths = 2});
  auto many = trace(body, {.name = "many paths allowed", .max_paths = 40});
  auto none = trace(body, {.name = "no paths", .max_paths = -3});
  calls(40 * 4, [&](int i) {
    few(x, 1 + i % 40);
    many(x, 1 + i % 40);
    none(x, 1 + i % 40);
  });
  EXPECT_EQ(active(few), 2);
  EXPECT_EQ(active(many), 40);
  EXPECT_EQ(active(none), 1);
  EXPECT_EQ(many.explain().size(), 40u);
}

// NoTrace -------------------------------------------------------------------------------------

TEST_F(Controls, NoTraceRunsOpsEagerlyAndUnlogged) {
  mutable_options().trial = false;
  auto f = trace(
      [](const Tensor &t) {
        Tensor a = t * 2.0 + 1.0;
        {
          const NoTrace quiet;
          const NoTrace nested;
          EXPECT_EQ(thread_trace.activity, Activity::none);
          a = a - 1.0;
          EXPECT_EQ(a.to_vector<float>()[0], 2.0f) << "reading arms nothing";
          EXPECT_EQ(thread_trace.activity, Activity::none);
          synchronize();
          EXPECT_EQ(thread_trace.activity, Activity::none);
        }
        EXPECT_EQ(thread_trace.activity, Activity::armed);
        return a * 3.0 + 0.5;
      },
      {"no trace"});
  calls(8, [&](int) { EXPECT_EQ(f(x).to_vector<float>()[7], 6.5f); });
  const std::vector<TraceReport> paths = f.explain();
  ASSERT_EQ(paths.size(), 2u) << "before it and after it";
  for (const TraceReport &path : paths) {
    EXPECT_EQ(path.ops, 2u);
    EXPECT_EQ(path.state, "active");
    EXPECT_GE(path.hits, 4u);
  }
  EXPECT_EQ(exits(paths[0], "no_trace"), 8u) << paths[0];
  EXPECT_EQ(f.last().compiled, 2u);
}

TEST_F(Controls, APathThatEndsAtANoTraceGetsAProgram) {
  mutable_options().trial = false;
  auto f = trace(
      [](Tensor t, bool stop) {
        t = t * 2.0 + 1.0;
        if (stop)
          const NoTrace quiet;
        return t * 3.0 + 0.5;
      },
      {"stops at times"});
  calls(6, [&](int) { f(x, false); });
  ASSERT_EQ(path(f, 4).state, "active");
  calls(6, [&](int) { f(x, true); });
  EXPECT_EQ(f.last().compiled, 2u);
  EXPECT_EQ(f.last().eager, 0u);
}

TEST_F(Controls, NoTraceHoldsForCallsInsideAndEndsWithExceptions) {
  mutable_options().trial = false;
  auto inner = trace([](const Tensor &t) { return chain(t, 3); }, {"inner of no trace"});
  {
    const NoTrace quiet;
    calls(5, [&](int) { inner(x); });
  }
  EXPECT_TRUE(inner.explain().empty());
  auto f = trace(
      [&](const Tensor &t) {
        Tensor a = t + 1.0;
        try {
          const NoTrace quiet;
          throw std::runtime_error("out of it");
        } catch (const std::runtime_error &) {
        }
        return inner(a) * 2.0;
      },
      {"outer of no trace"});
  calls(8, [&](int) { f(x); });
  EXPECT_EQ(f.explain().size(), 2u);
  EXPECT_GE(path(f, 4).hits, 4u) << "tracing went on, nested calls are one trace";
  auto g = trace(
      [](const Tensor &t) -> Tensor {
        Tensor a = t + 1.0;
        const NoTrace quiet;
        throw std::runtime_error("through both");
        return a;
      },
      {"left in no trace"});
  calls(4, [&](int) { EXPECT_THROW(g(x), std::runtime_error); });
  EXPECT_EQ(thread_trace.activity, Activity::none);
  calls(5, [&](int) { inner(x); });
  EXPECT_GT(path(inner, 3).hits, 0u) << "and the thread traces again";
}

TEST_F(Controls, AnInvalidOpInNoTraceLeavesTheThreadQuiet) {
  auto f = trace(
      [](const Tensor &t) {
        const NoTrace quiet;
        EXPECT_THROW(t + ones({3}), Error);
        EXPECT_EQ(thread_trace.activity, Activity::none);
        return t * 2.0;
      },
      {"invalid in no trace"});
  calls(4, [&](int) { f(x); });
  EXPECT_TRUE(f.explain().empty());
}

// Waiting -------------------------------------------------------------------------------------

TEST_F(Controls, WaitingForVerdictsIsDoneByCalls) {
  program_ns[6] = 400'000; // of 600,000: no obvious winner
  auto f = trace([](const Tensor &t, int ops) { return chain(t, ops); }, {"waiting"});
  for (int i = 0; i < 4; ++i) {
    f(x, 6);
    ASSERT_TRUE(wait_compiled());
  }
  ASSERT_EQ(path(f, 6).state, "trial");
  EXPECT_FALSE(wait_compiled(std::chrono::hours(1), Until::judged)) << "at once";
  int calls = 0;
  while (!wait_compiled(std::chrono::seconds(60), Until::judged) && ++calls < 1000)
    f(x, 6);
  EXPECT_LT(calls, 200);
  EXPECT_EQ(path(f, 6).state, "active") << path(f, 6);
}

TEST_F(Controls, AWarmUpGoesOnUntilThePathsAreCompiled) {
  auto f = trace([](const Tensor &t, bool more) { return chain(t, more ? 7 : 5); }, {"warm-up"});
  int calls = 0;
  do {
    f(x, false);
    f(x, true);
    ++calls;
  } while (!wait_compiled(std::chrono::seconds(60), Until::judged) && calls < 1000);
  EXPECT_LT(calls, 1000);
  EXPECT_EQ(path(f, 5).state, "active");
  EXPECT_EQ(path(f, 7).state, "active");
  auto once = trace([](const Tensor &t) { return chain(t, 3); }, {"once"});
  once(x);
  int asked = 0;
  while (!wait_compiled(std::chrono::seconds(60), Until::judged) && asked < 100)
    ++asked; // nobody calls it again
  EXPECT_LE(asked, 2);
}

TEST_F(Controls, WhatNoLongerComesUpIsNotWaitedFor) {
  program_ns[6] = 400'000;
  auto f = trace([](const Tensor &t, int ops) { return chain(t, ops); }, {"rare"});
  calls(4, [&](int) { f(x, 6); });
  ASSERT_EQ(path(f, 6).state, "trial");
  int calls = 0;
  while (!wait_compiled(std::chrono::seconds(60), Until::judged) && ++calls < 100'000)
    f(x, 2);
  EXPECT_EQ(path(f, 6).state, "trial");
  EXPECT_LT(calls, 5'000);
}

// Printed speed-ups ---------------------------------------------------------------------------

TEST_F(Controls, ChecksCorrectWhatColdRunsHaveShown) {
  eager_op_ns = 40 * usual_op_ns; // cold caches
  program_ns[6] = 200'000;
  auto f = trace([](const Tensor &t) { return chain(t, 6); }, {"cold"});
  calls(6, [&](int) { f(x); });
  ASSERT_EQ(path(f, 6).state, "active");
  const auto ratio = [] {
    const std::lock_guard guard(Trace::all()->anchors.load()->known.lock);
    return Trace::all()->anchors.load()->known.paths().at(0)->ratio.load();
  };
  EXPECT_GT(ratio(), 40);
  const std::uint64_t recorded = path(f, 6).recorded;
  eager_op_ns = usual_op_ns; // 600,000 for the path: three times as fast
  calls(300, [&](int) { f(x); });
  EXPECT_NEAR(ratio(), 3, 0.1);
  EXPECT_EQ(path(f, 6).recorded, recorded + 4) << "two beside runs 128 and 256 each";
  EXPECT_EQ(path(f, 6).state, "active");
}

} // namespace
} // namespace jit
