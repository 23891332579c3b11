// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The quick way of matching: one expected step, operands compared as words, values in places that
// segment after segment uses again. What does not fit goes the way that looks at everything.
#include "test/unit/jit/InterpretingCompiler.h"

#include "runtime/jit/Segment.h"
#include "runtime/tensor/Impl.h"

#include <tracejit/autograd.h>
#include <tracejit/tracejit.h>

#include <functional>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace jit {
namespace {

using detail::Access;

class QuickMatchTest : public testing::Test {
protected:
  void SetUp() override { test::plug_in_interpreter(); }
  /// Options are set by the next test, while nothing reads them.
  void TearDown() override { EXPECT_TRUE(wait_compiled()); }

  /// Calls `f` until its program is swapped in; the test fails if it is not.
  template <class F> static void swap_in(F &&f) {
    for (int i = 0; i < 4; ++i) {
      f();
      ASSERT_TRUE(wait_compiled());
    }
    for (int i = 0; i < 16; ++i) // the first passes are timed
      f();
    const int ran = test::hooks().ran;
    f();
    ASSERT_EQ(test::hooks().ran, ran + 1);
  }
  static bool expects_a_step() { return thread_trace.next != &no_step; }
};

TEST_F(QuickMatchTest, PlacesAreUsedAgainUnlessHandlesKeepTheirValues) {
  std::vector<const Impl *> between;
  bool quick = false;
  auto f = trace(
      [&](const Tensor &x) {
        const Tensor a = x + 1;
        const Tensor b = a * 2;
        quick = expects_a_step();
        between.push_back(Access::impl(b));
        return b - 3;
      },
      {.name = "places"});
  const Tensor one = ones({64});
  swap_in([&] { f(one); });
  if (fence::is_one_sided())
    EXPECT_TRUE(quick);
  between.clear();
  std::vector<Tensor> kept;
  const int ran = test::hooks().ran;
  for (int i = 0; i < 10; ++i)
    kept.push_back(f(full({64}, static_cast<float>(i))));
  EXPECT_EQ(test::hooks().ran, ran + 10);
  for (const Impl *value : between)
    EXPECT_EQ(value, between[0]);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(kept[static_cast<std::size_t>(i)].to_vector<float>()[63], 2.0f * i - 1);
    for (int j = 0; j < i; ++j)
      EXPECT_NE(Access::impl(kept[static_cast<std::size_t>(i)]),
                Access::impl(kept[static_cast<std::size_t>(j)]));
  }
}

TEST_F(QuickMatchTest, APlaceForgetsWhatItsLastValueWas) {
  Variable v(ones({64}));
  bool assign = true;
  unsigned flags = 0;
  auto f = trace(
      [&](const Tensor &x) {
        const Tensor a = x + 1;
        Tensor b = a * 2;
        flags = Access::impl(b)->flags.load();
        Tensor c = b - 3;
        if (assign) {
          v = b; // while it waits
          v = c;
        }
        return c;
      },
      {.name = "flags"});
  const Tensor one = ones({64});
  swap_in([&] { f(one); });
  assign = false;
  const int ran = test::hooks().ran;
  EXPECT_EQ(f(one).to_vector<float>()[63], 1.0f);
  EXPECT_EQ(test::hooks().ran, ran + 1);
  EXPECT_EQ(flags, 0u);
}

TEST_F(QuickMatchTest, NumbersFitByTheirKindAndTensorsDoNotFitNumbers) {
  int what = 0;
  const Tensor y = full({64}, 5.0f);
  auto f = trace(
      [&](const Tensor &x) {
        const Tensor a = x + 1;
        const Tensor b = what == 0 ? a * 2.5 : what == 1 ? a * 2 : what == 2 ? a * y : a * a;
        return b - 3;
      },
      {.name = "numbers"});
  const Tensor one = ones({64});
  swap_in([&] { f(one); });
  for (int i = 0; i < 8; ++i) {
    what = i % 4;
    const float expected[] = {2.0f, 1.0f, 7.0f, 1.0f};
    EXPECT_EQ(f(one).to_vector<float>()[63], expected[what]);
  }
  what = 0;
  swap_in([&] { EXPECT_EQ(f(one).to_vector<float>()[63], 2.0f); });
}

TEST_F(QuickMatchTest, OtherValuesOfTheSameKindDoNotFit) {
  int what = 0;
  const Tensor y = full({64}, 5.0f), z = full({64}, 7.0f);
  auto f = trace(
      [&](const Tensor &x) {
        const Tensor a = x + y; // binds both
        const Tensor b = a * x;
        const Tensor c = b - a;
        return what == 0 ? c / y : what == 1 ? c / z : what == 2 ? b / y : c / a;
      },
      {.name = "others"});
  const Tensor one = ones({64});
  swap_in([&] { f(one); });
  const Tensor two = full({64}, 2.0f);
  for (int i = 0; i < 8; ++i) {
    what = i % 4;
    const float a = 7, b = 14, c = 7;
    const float expected[] = {c / 5, c / 7, b / 5, c / a};
    EXPECT_EQ(f(two).to_vector<float>()[63], expected[what]);
  }
}

TEST_F(QuickMatchTest, AnEmptyTensorThrowsAndTheSegmentGoesOn) {
  bool fail = false;
  auto f = trace(
      [&](const Tensor &x) {
        const Tensor a = x + 1;
        const Tensor b = a * a;
        if (fail) {
          EXPECT_THROW(b - Tensor(), Error);
          EXPECT_THROW(Tensor() - b, Error);
          EXPECT_TRUE(test::is_pending(b));
        }
        return b - a;
      },
      {.name = "empty"});
  const Tensor one = ones({64});
  swap_in([&] { f(one); });
  fail = true;
  const int ran = test::hooks().ran;
  EXPECT_EQ(f(one).to_vector<float>()[63], 2.0f);
  EXPECT_EQ(test::hooks().ran, ran + 1);
}

TEST_F(QuickMatchTest, ATapeOpenedInTheMiddleSeesWhatFollows) {
  Variable w(full({64}, 3.0f));
  float gradient = 0;
  bool quick_outside = false, quick_inside = true;
  auto f = trace(
      [&](const Tensor &x) {
        const Tensor a = x + 1;
        const Tensor b = a * a;
        quick_outside = expects_a_step();
        Tape tape;
        quick_inside = expects_a_step();
        const Tensor c = b * w;
        const Tensor d = c - b;
        gradient = tape.gradient(sum(d), {w})[0].to_vector<float>()[63];
        return d;
      },
      {.name = "tape"});
  const Tensor one = ones({64});
  swap_in([&] { f(one); });
  if (fence::is_one_sided())
    EXPECT_TRUE(quick_outside);
  EXPECT_FALSE(quick_inside);
  gradient = 0;
  EXPECT_EQ(f(one).to_vector<float>()[63], 8.0f);
  EXPECT_EQ(gradient, 4.0f);
}

TEST_F(QuickMatchTest, ASegmentThatAnotherThreadClosedIsNotGoneOnWith) {
  bool read = false;
  float seen = 0;
  auto f = trace(
      [&](const Tensor &x) {
        const Tensor a = x + 1;
        const Tensor b = a * 2;
        if (read)
          std::thread([&] { seen = b.to_vector<float>()[63]; }).join();
        const Tensor c = b - 3;
        return c * a;
      },
      {.name = "closed"});
  const Tensor one = ones({64});
  swap_in([&] { f(one); });
  read = true;
  for (int i = 0; i < 8; ++i) {
    seen = 0;
    EXPECT_EQ(f(one).to_vector<float>()[63], 2.0f);
    EXPECT_EQ(seen, 4.0f);
  }
  read = false;
  swap_in([&] { EXPECT_EQ(f(one).to_vector<float>()[63], 2.0f); });
}

TEST_F(QuickMatchTest, WhatEndsTheSegmentTakesTheStepAway) {
  std::function<void(const Tensor &)> between = [](const Tensor &) {};
  bool before = false, after = false;
  auto f = trace(
      [&](const Tensor &x) {
        const Tensor a = x + 1;
        const Tensor b = a * 2;
        before = expects_a_step();
        between(b);
        after = expects_a_step();
        const Tensor c = b - 3;
        return c * a;
      },
      {.name = "ended"});
  const Tensor one = ones({64});
  swap_in([&] { f(one); });
  const std::function<void(const Tensor &)> ends[] = {
      [](const Tensor &) { synchronize(); },
      [](const Tensor &) { set_mode(Mode::on); },
      [](const Tensor &) { const NoTrace plain; },
      [](const Tensor &b) { EXPECT_EQ(b.to_vector<float>()[63], 4.0f); },
      [](const Tensor &b) { b.data<float>(); },
  };
  for (const auto &end : ends) {
    between = end;
    EXPECT_EQ(f(one).to_vector<float>()[63], 2.0f);
    if (fence::is_one_sided())
      EXPECT_TRUE(before);
    EXPECT_FALSE(after);
    between = [](const Tensor &) {};
    swap_in([&] { EXPECT_EQ(f(one).to_vector<float>()[63], 2.0f); });
  }
}

/// What equals an earlier op must not take that op's place again, where the thread has lost the
/// step it expects: at an op that is not the expected one, or behind a change of gradients.
TEST_F(QuickMatchTest, AStepIsTakenOnce) {
  const Tensor x = full({64}, 3.0), y = full({64}, 5.0);
  bool deviates = false, pauses = false;
  Tensor b, again;
  auto f = trace(
      [&](const Tensor &in) {
        const Tensor a = in * 2;
        b = a + a;
        const Tensor c = deviates ? a + a : b * y;
        if (pauses) {
          const NoGrad none;
          again = a + a;
        } else {
          again = c;
        }
        return again - 1;
      },
      {.name = "once"});
  const auto check = [&](float expected) {
    const Tensor last = f(x);
    EXPECT_EQ(last.to_vector<float>()[9], expected - 1);
    EXPECT_EQ(b.to_vector<float>()[9], 12);
    b = Tensor();
    const Tensor other = x * 100;
    EXPECT_EQ(again.to_vector<float>()[9], expected);
    EXPECT_EQ(other.to_vector<float>()[9], 300);
  };
  swap_in([&] { check(60); });
  deviates = true;
  for (int i = 0; i < 40; ++i)
    check(12);
  deviates = false;
  pauses = true;
  swap_in([&] { check(12); });
  for (int i = 0; i < 40; ++i)
    check(12);
}

TEST_F(QuickMatchTest, TemporariesAreLetGoWithTheirOp) {
  const Tensor one = ones({64});
  auto f = trace(
      [](const Tensor &x) {
        Tensor a = (x + 1) * 2; // a temporary is taken over
        Tensor b = std::move(a) - 3;
        return std::move(b) * 4;
      },
      {.name = "moved"});
  swap_in([&] { f(one); });
  const std::int64_t live = memory_stats().live_bytes;
  const int ran = test::hooks().ran;
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(f(one).to_vector<float>()[63], 4.0f);
  EXPECT_EQ(test::hooks().ran, ran + 100);
  EXPECT_EQ(memory_stats().live_bytes, live);
}

} // namespace
} // namespace jit
