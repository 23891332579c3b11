// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs that must behave the same before, while and after a compiled program is swapped in.
// Every test asserts that the program did run.
#include "test/unit/jit/InterpretingCompiler.h"

#include "runtime/base/Options.h"
#include "runtime/jit/Anchor.h"
#include "runtime/tensor/Impl.h"

#include <tracejit/tracejit.h>

#include <cstring>
#include <future>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace jit {
namespace {

using test::hooks;
using test::is_pending;

class SessionTest : public testing::Test {
protected:
  void SetUp() override {
    test::plug_in_interpreter();
    ran_before = hooks().ran;
  }
  void TearDown() override { set_mode(Mode::on); }
  int runs() const { return hooks().ran - ran_before; }
  int ran_before = 0;
};

Tensor ramp(std::int64_t n, float scale = 0.25f) {
  std::vector<float> values(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = scale * static_cast<float>(i) - 1.0f;
  return Tensor::copy_of(values, {n});
}

/// Same dtype, extents and bits.
testing::AssertionResult same_bits(const Tensor &a, const Tensor &b) {
  const auto x = a.to_vector<float>(), y = b.to_vector<float>();
  if (x.size() != y.size())
    return testing::AssertionFailure() << x.size() << " and " << y.size() << " elements";
  for (std::size_t i = 0; i < x.size(); ++i)
    if (std::memcmp(&x[i], &y[i], sizeof(float)) != 0 && !(x[i] != x[i] && y[i] != y[i]))
      return testing::AssertionFailure() << "element " << i << ": " << x[i] << " and " << y[i];
  return testing::AssertionSuccess();
}

/// Calls `f(i)` `times` times, letting compilation finish after each.
template <class F> void repeat(int times, F f) {
  for (int i = 0; i < times; ++i) {
    f(i);
    ASSERT_TRUE(wait_compiled());
  }
}

/// Starting points of the trace of this name.
std::size_t count_anchors(const std::string &name) {
  std::size_t count = 0;
  for (const Trace *trace = Trace::all(); trace; trace = trace->next)
    if (trace->name == name)
      for (const Anchor *anchor = trace->anchors; anchor; anchor = anchor->next)
        ++count;
  return count;
}

TEST_F(SessionTest, TwoObservationsOnOneLineAreTwoStartingPoints) {
  auto f = trace(
      [](const Tensor &x) {
        // clang-format off
        const float a = sum(x).item<float>(), b = (x * 2.0 + a)(0).item<float>();
        // clang-format on
        return x * b;
      },
      {"one line"});
  repeat(4, [&](int) { f(ramp(5)); });
  EXPECT_EQ(count_anchors("one line"), 3u);
  EXPECT_GE(runs(), 6);
}

TEST_F(SessionTest, SwapsInAndKeepsBits) {
  auto f = trace([](const Tensor &x) { return exp(x) * 2.0 + x; }, {"swaps"});
  repeat(6, [&](int i) {
    const Tensor x = ramp(5 + 0 * i);
    EXPECT_TRUE(same_bits(f(x), exp(x) * 2.0 + x));
  });
  EXPECT_EQ(runs(), 4);
  ASSERT_EQ(f.explain().size(), 1u);
  EXPECT_EQ(f.explain()[0].state, "active");
  EXPECT_EQ(f.explain()[0].hits, 4u);
  EXPECT_EQ(f.explain()[0].unused_bytes, 0u);
}

TEST_F(SessionTest, ValuesArePendingUntilTheScopeEnds) {
  bool was_pending = false;
  auto f = trace(
      [&](const Tensor &x) {
        Tensor y = exp(x);
        was_pending = is_pending(y);
        EXPECT_EQ(y.size(), 7); // metadata runs nothing
        EXPECT_EQ(y.dtype(), DType::f32);
        EXPECT_EQ(is_pending(y), was_pending);
        return y + 1;
      },
      {"pending"});
  repeat(3, [&](int) { EXPECT_FALSE(is_pending(f(ramp(7)))); });
  EXPECT_TRUE(was_pending);
  EXPECT_EQ(runs(), 1);
}

TEST_F(SessionTest, NumbersAreNotBakedIn) {
  auto f = trace([](const Tensor &x, double a) { return x * a; }, {"numbers"});
  repeat(5, [&](int i) {
    const Tensor x = ramp(9);
    EXPECT_TRUE(same_bits(f(x, 0.5 * i), x * (0.5 * i)));
  });
  EXPECT_EQ(runs(), 3);
  // Another weak kind is another path.
  auto g = trace([](const Tensor &x, auto a) { return x + a; }, {"kinds"});
  repeat(3, [&](int) { g(ramp(3), 1); });
  EXPECT_TRUE(same_bits(g(ramp(3), 1.5), ramp(3) + 1.5));
}

TEST_F(SessionTest, BranchOnAValueMakesTwoPaths) {
  auto f = trace(
      [](const Tensor &x) {
        if (sum(x).item<float>() > 0)
          return x * 2.0;
        return x - 1.0;
      },
      {"branch"});
  repeat(12, [&](int i) {
    const Tensor x = ramp(4, i % 2 ? 10.0f : -10.0f);
    EXPECT_TRUE(same_bits(f(x), i % 2 ? x * 2.0 : x - 1.0));
  });
  EXPECT_EQ(f.explain().size(), 3u); // the sum, and two ways on
  for (const TraceReport &report : f.explain())
    EXPECT_EQ(report.state, "active") << report;
}

TEST_F(SessionTest, HostBranchWithoutObservationIsAMissThenASecondPath) {
  auto f = trace(
      [](const Tensor &x, bool flag) {
        Tensor y = exp(x);
        return flag ? y + 1 : log(y);
      },
      {"flag"});
  repeat(16, [&](int i) {
    const bool flag = i % 2;
    const Tensor x = ramp(6);
    EXPECT_TRUE(same_bits(f(x, flag), flag ? exp(x) + 1 : log(exp(x))));
  });
  EXPECT_EQ(f.explain().size(), 2u);
  EXPECT_GE(runs(), 10);
}

TEST_F(SessionTest, ExceptionsKeepWhatWasDone) {
  Tensor kept;
  auto f = trace(
      [&](const Tensor &x, bool fail) {
        kept = x + 1;
        Tensor lost = exp(kept);
        if (fail)
          throw std::runtime_error("host");
        return lost;
      },
      {"throws"});
  repeat(4, [&](int) { f(ramp(3), false); });
  EXPECT_THROW(f(ramp(3), true), std::runtime_error);
  EXPECT_TRUE(same_bits(kept, ramp(3) + 1));
  EXPECT_TRUE(same_bits(f(ramp(3), false), exp(ramp(3) + 1)));
}

TEST_F(SessionTest, InvalidOpLeavesTheSessionAlone) {
  auto f = trace(
      [](const Tensor &x, bool wrong) {
        Tensor y = exp(x);
        if (wrong)
          EXPECT_THROW(y + ramp(4), Error);
        return y * 2.0;
      },
      {"invalid"});
  repeat(3, [&](int) { f(ramp(3), false); });
  const int before = runs();
  EXPECT_TRUE(same_bits(f(ramp(3), true), exp(ramp(3)) * 2.0));
  EXPECT_EQ(runs(), before + 1); // the invalid op ended nothing
}

TEST_F(SessionTest, HandOverWhilePendingIsFlushedByTheReader) {
  auto f = trace(
      [](const Tensor &x) {
        Tensor t = exp(x);
        auto reader = std::async(std::launch::async, [&t] { return t.to_vector<float>(); });
        auto read = reader.get();
        return std::pair(read, t + 1);
      },
      {"hand over"});
  const std::vector<float> expected = exp(ramp(5)).to_vector<float>();
  repeat(6, [&](int) {
    auto [read, y] = f(ramp(5));
    EXPECT_EQ(0, std::memcmp(read.data(), expected.data(), 5 * sizeof(float)));
    EXPECT_TRUE(same_bits(y, exp(ramp(5)) + 1));
  });
}

TEST_F(SessionTest, ValuesHandedOverInEveryRunBecomeABoundary) {
  std::vector<float> read;
  auto f = trace(
      [&](const Tensor &x) {
        Tensor a = x * 3.0;
        a = a - 1.0;
        // Another thread reads in the middle of the run while this one waits for it.
        std::thread([&read, a] { read = a.to_vector<float>(); }).join();
        Tensor b = exp(a);
        return b + a;
      },
      {"handed over"});
  const Tensor a = ramp(9) * 3.0 - 1.0;
  const Tensor expected = exp(a) + a;
  for (int i = 0; i < 20; ++i) {
    EXPECT_TRUE(same_bits(f(ramp(9)), expected));
    EXPECT_TRUE(same_bits(Tensor::copy_of(read, {9}), a));
    ASSERT_TRUE(wait_compiled());
  }
  // What comes before the hand-over, and what comes after it, each have a program that runs.
  std::uint64_t before = 0, after = 0;
  for (const TraceReport &path : f.explain()) {
    if (path.state != "active")
      continue;
    before += path.begin == f.explain()[0].begin && path.ops == 2 ? path.hits : 0;
    after += path.begin != f.explain()[0].begin && path.ops == 2 ? path.hits : 0;
  }
  EXPECT_GE(before, 8u);
  EXPECT_GE(after, 8u);
}

TEST_F(SessionTest, HeldViewsAreRebuilt) {
  Tensor view;
  auto f = trace(
      [&](const Tensor &x, std::int64_t start) {
        Tensor y = exp(x);
        view = y(slice(start, start + 2));
        return x(slice(start, start + 3));
      },
      {"views"});
  repeat(5, [&](int i) {
    const Tensor x = ramp(9);
    const Tensor slid = f(x, i);
    EXPECT_TRUE(same_bits(view, exp(x)(slice(i, i + 2))));
    EXPECT_TRUE(same_bits(slid, x(slice(i, i + 3))));
  });
  EXPECT_EQ(runs(), 3); // sliding starts hit
}

TEST_F(SessionTest, NewLiveSetsBecomeVariants) {
  std::vector<Tensor> held;
  auto f = trace(
      [&](const Tensor &x, bool hold) {
        Tensor y = exp(x), z = y + 1;
        if (hold)
          held.push_back(y);
        return z * 3.0;
      },
      {"variants"});
  repeat(4, [&](int) { f(ramp(3), false); });
  repeat(4, [&](int) { EXPECT_TRUE(same_bits(f(ramp(3), true), (exp(ramp(3)) + 1) * 3.0)); });
  for (const Tensor &y : held)
    EXPECT_TRUE(same_bits(y, exp(ramp(3))));
  EXPECT_EQ(f.explain()[0].replays, 2u); // then the variant serves
  EXPECT_EQ(hooks().compiled > 1, true);
}

TEST_F(SessionTest, SameTensorTwiceAndInputAsOutput) {
  auto f =
      trace([](const Tensor &a, const Tensor &b) { return std::pair(a * b + a, b); }, {"twice"});
  const Tensor x = ramp(4), y = ramp(4, 2);
  repeat(3, [&](int) { f(x, y); });
  EXPECT_TRUE(same_bits(f(x, x).first, x * x + x));
  EXPECT_TRUE(same_bits(f(y, x).first, y * x + y));
  // Recorded the same and now distinct is a miss, not a wrong value.
  auto g = trace([](const Tensor &a, const Tensor &b) { return a - b; }, {"distinct"});
  repeat(3, [&](int) { g(x, x); });
  EXPECT_TRUE(same_bits(g(x, y), x - y));
}

TEST_F(SessionTest, ShapeDecidingNumbersAreAttributes) {
  auto f = trace([](std::int64_t n) { return arange(0, n).astype(DType::f32) * 2.0; }, {"arange"});
  for (std::int64_t n : {4, 4, 4, 4, 9, 9, 9, 4, 0}) {
    const Tensor y = f(n);
    ASSERT_EQ(y.size(), n);
    EXPECT_TRUE(same_bits(y, arange(0, n).astype(DType::f32) * 2.0));
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_GE(runs(), 3);
}

TEST_F(SessionTest, IndicesAreCheckedAtTheCall) {
  const Tensor table = ramp(6);
  auto f = trace([&](const Tensor &index) { return take(table, index) + 1; }, {"take"});
  const Tensor good = Tensor::copy_of({std::int64_t{5}, std::int64_t{0}}, {2});
  const Tensor bad = Tensor::copy_of({std::int64_t{1}, std::int64_t{6}}, {2});
  repeat(4, [&](int) { EXPECT_TRUE(same_bits(f(good), take(table, good) + 1)); });
  EXPECT_THROW(f(bad), Error);
  EXPECT_TRUE(same_bits(f(good), take(table, good) + 1));
  EXPECT_GE(runs(), 2);
}

TEST_F(SessionTest, PendingIndexInRangeThroughViewsStaysOneSegment) {
  const Tensor labels = Tensor::copy_of({std::int64_t{2}, std::int64_t{0}, std::int64_t{1}}, {3});
  auto f = trace(
      [&](const Tensor &x, std::int64_t i) { return cross_entropy(x, labels(slice(i, i + 2))); },
      {"labels"});
  const Tensor x = reshape(ramp(6), {2, 3});
  repeat(5, [&](int i) {
    EXPECT_TRUE(same_bits(f(x, i % 2), cross_entropy(x, labels(slice(i % 2, i % 2 + 2)))));
  });
  ASSERT_EQ(f.explain().size(), 1u);
  EXPECT_EQ(runs(), 3);
}

TEST_F(SessionTest, PendingIndexOfUnknownRangeIsABoundary) {
  auto f = trace(
      [&](const Tensor &x) {
        Tensor index = (x * 1.0).astype(DType::i64);
        return take(x, index);
      },
      {"computed index"});
  const Tensor x = Tensor::copy_of({2.0f, 0.0f, 1.0f}, {3});
  repeat(6, [&](int) { EXPECT_TRUE(same_bits(f(x), take(x, x.astype(DType::i64)))); });
  EXPECT_EQ(f.explain().size(), 2u);
  EXPECT_GE(runs(), 6);
  EXPECT_THROW(f(x + 5.0), Error);
  EXPECT_TRUE(same_bits(f(x), take(x, x.astype(DType::i64))));
}

TEST_F(SessionTest, VariablesRebindWithoutRunning) {
  Variable w(ramp(4), {"w"});
  hooks().donate = true;
  auto step = trace(
      [&](const Tensor &g, double rate) {
        w -= g * rate;
        return sum(w);
      },
      {"step"});
  Tensor expected = ramp(4);
  const Tensor g = ramp(4, 3);
  repeat(6, [&](int i) {
    const double rate = 0.1 * i;
    expected = expected - g * rate;
    EXPECT_TRUE(same_bits(step(g, rate), sum(expected)));
    EXPECT_TRUE(same_bits(w.value(), expected));
  });
  EXPECT_EQ(runs(), 4);
}

TEST_F(SessionTest, DonationNeverShows) {
  hooks().donate = true;
  Tensor state = ramp(16), history;
  auto step = trace([&] { return state = state * 1.5; }, {"donation"});
  Tensor expected = ramp(16);
  repeat(6, [&](int i) {
    if (i == 4)
      history = state; // somebody holds the input: its block must survive
    step();
    expected = expected * 1.5;
    EXPECT_TRUE(same_bits(state, expected));
    if (i == 3)
      history = Tensor();
  });
  Tensor before = ramp(16);
  for (int i = 0; i < 4; ++i)
    before = before * 1.5;
  EXPECT_TRUE(same_bits(history, before));
  EXPECT_EQ(runs(), 4);
}

TEST_F(SessionTest, CheckModeSeesAWrongProgramAndKeepsEager) {
  hooks().wrong = true;
  mutable_options().save = testing::TempDir();
  auto f = trace([](const Tensor &x) { return x * 2.0 + 1; }, {"check"});
  set_mode(Mode::check);
  testing::internal::CaptureStderr();
  repeat(4, [&](int) { EXPECT_TRUE(same_bits(f(ramp(5)), ramp(5) * 2.0 + 1)); });
  const std::string log = testing::internal::GetCapturedStderr();
  mutable_options().save.clear();
  EXPECT_NE(log.find("element 0: eager"), std::string::npos) << log;
  EXPECT_NE(log.find("saved as"), std::string::npos) << log;
  EXPECT_EQ(runs(), 2);
}

TEST_F(SessionTest, ForcedFlushAfterEveryOpKeepsBits) {
  auto f = trace(
      [](const Tensor &x) {
        Tensor a = exp(x), b = a * x, c = b + a;
        return log(c * c + 1);
      },
      {"forced"});
  auto plain = [](const Tensor &x) {
    Tensor a = exp(x), b = a * x, c = b + a;
    return log(c * c + 1);
  };
  repeat(3, [&](int) { f(ramp(5)); });
  for (int every = 1; every <= 6; ++every) {
    mutable_options().flush_every = every;
    EXPECT_TRUE(same_bits(f(ramp(5)), plain(ramp(5)))) << every;
  }
  EXPECT_GE(runs(), 1);
}

TEST_F(SessionTest, ModeLogCountsEveryRunAndStillSeesNewPaths) {
  set_mode(Mode::log);
  auto f = trace([](const Tensor &x, bool twice) { return twice ? exp(exp(x)) : exp(x) + 1; },
                 {"logged"});
  for (int i = 0; i < 200; ++i)
    f(ramp(6), false);
  ASSERT_EQ(f.explain().size(), 1u);
  EXPECT_EQ(f.explain()[0].recorded, 200u);
  EXPECT_EQ(f.explain()[0].state, "watching");
  for (int i = 0; i < 128; ++i)
    f(ramp(6), true);
  EXPECT_EQ(f.explain().size(), 2u);
  EXPECT_EQ(runs(), 0);
}

TEST_F(SessionTest, RefusedCompilationIsAReason) {
  hooks().refuse = true;
  auto f = trace([](const Tensor &x) { return x * 3.0; }, {"refused"});
  repeat(5, [&](int) { EXPECT_TRUE(same_bits(f(ramp(2)), ramp(2) * 3.0)); });
  EXPECT_EQ(f.explain()[0].state, "rejected");
  EXPECT_NE(f.explain()[0].reject_reason.find("refused by the test"), std::string::npos);
  EXPECT_EQ(runs(), 0);
}

TEST_F(SessionTest, RandomTripCountKeepsBits) {
  auto f = trace(
      [](Tensor x, int n) {
        for (int i = 0; i < n; ++i)
          x = x * 1.01 + 0.5;
        return x;
      },
      {"trips"});
  for (int i = 0; i < 400; ++i) {
    const int n = 1 + i * 7919 % 199;
    Tensor expected = ramp(3);
    for (int k = 0; k < n; ++k)
      expected = expected * 1.01 + 0.5;
    ASSERT_TRUE(same_bits(f(ramp(3), n), expected));
  }
}

TEST_F(SessionTest, NestedTracesAreOneScope) {
  auto inner = trace([](const Tensor &x) { return exp(x); }, {"inner"});
  auto outer = trace([&](const Tensor &x) { return inner(x) + inner(x * 2.0); }, {"outer"});
  repeat(4,
         [&](int) { EXPECT_TRUE(same_bits(outer(ramp(4)), exp(ramp(4)) + exp(ramp(4) * 2.0))); });
  EXPECT_EQ(outer.explain().size(), 1u);
  EXPECT_TRUE(inner.explain().empty());
  EXPECT_EQ(runs(), 2);
}

TEST_F(SessionTest, OneTraceForALambdaMadeInALoop) {
  for (int i = 0; i < 5; ++i) {
    auto f = trace([](const Tensor &x) { return x + 2; }, {"loop"});
    EXPECT_TRUE(same_bits(f(ramp(3)), ramp(3) + 2));
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_EQ(runs(), 3);
}

TEST_F(SessionTest, TwoThreadsShareATrace) {
  auto f = trace([](const Tensor &x) { return exp(x) - x; }, {"shared"});
  repeat(3, [&](int) { f(ramp(8)); });
  const std::vector<float> expected = (exp(ramp(8)) - ramp(8)).to_vector<float>();
  auto work = [&] {
    for (int i = 0; i < 200; ++i)
      EXPECT_EQ(f(ramp(8)).to_vector<float>(), expected);
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

TEST_F(SessionTest, ForkInTheMiddleOfASession) {
  auto f = trace(
      [](const Tensor &x, bool fork_now) {
        Tensor y = exp(x) * 3.0;
        if (fork_now) {
          EXPECT_TRUE(is_pending(y));
          const pid_t child = fork();
          if (child == 0) {
            const bool right = same_bits(y, exp(x) * 3.0) && same_bits(x + 1, x - -1.0);
            _exit(right ? 0 : 1);
          }
          int status = -1;
          waitpid(child, &status, 0);
          EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
        }
        return y;
      },
      {"fork"});
  repeat(4, [&](int) { f(ramp(5), false); });
  EXPECT_TRUE(same_bits(f(ramp(5), true), exp(ramp(5)) * 3.0));
  EXPECT_TRUE(same_bits(f(ramp(5), false), exp(ramp(5)) * 3.0));
}

TEST_F(SessionTest, PendingValuesSurviveTheirThread) {
  Tensor out;
  auto f = trace([&](const Tensor &x) { out = exp(x); }, {"thread exit"});
  repeat(3, [&](int) { f(ramp(4)); });
  std::thread([&] { f(ramp(4)); }).join();
  EXPECT_TRUE(same_bits(out, exp(ramp(4))));
}

} // namespace
} // namespace jit
