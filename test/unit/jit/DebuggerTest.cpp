// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// jit_print and jit_set, as a debugger calls them: looking at a value changes nothing, and setting
// one is an assignment.
#include "test/unit/jit/InterpretingCompiler.h"

#include "runtime/base/Options.h"
#include "runtime/tensor/Arena.h"
#include "runtime/tensor/Impl.h"

#include <tracejit/tracejit.h>

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <thread>

namespace jit {
namespace {

using detail::Access;

class DebuggerTest : public testing::Test {
protected:
  void SetUp() override { test::plug_in_interpreter(); }
};

/// What is written to stderr meanwhile.
template <class F> std::string said(F &&call) {
  testing::internal::CaptureStderr();
  call();
  return testing::internal::GetCapturedStderr();
}
std::string printed(const Tensor &tensor) {
  return said([&] { jit_print(tensor); });
}
template <class T> std::string set(T &handle, const char *text) {
  return said([&] { jit_set(handle, text); });
}

const std::string aside = "pending; computed aside:\n";

/// Every kind of op, with values that die on the way: what is shown of those that live.
std::vector<std::string> show_all(const Tensor &x, Generator &random) {
  const Tensor a = exp(x * 0.5) + uniform(random, {4, 3});
  const auto [variance, mean] = var_mean(a, {.axis = 1});
  const Tensor view = permute_dims(a, {1, 0})(slice(0, 3, 2));
  const Tensor picked = take(a, argmax(a, {.axis = 0}));
  const Tensor rows = softmax(view) + sum(view * 2.0);
  const Tensor none = a(slice(0, 0)), flags = a > 1.0;
  std::vector<std::string> shown;
  for (const Tensor &value : {a, variance, mean, view, picked, rows, none, flags})
    shown.push_back(printed(value));
  return shown;
}

TEST_F(DebuggerTest, PendingValuesAreShownAndStayPending) {
  const Tensor x = arange(12).astype(DType::f32);
  const Tensor matrix = reshape(x, {4, 3});
  set_mode(Mode::off);
  Generator random(7);
  const std::vector<std::string> eager = show_all(matrix, random);
  set_mode(Mode::on);

  std::vector<std::string> shown;
  std::int64_t growth = -1;
  auto f = trace(
      [&] {
        Generator same(7);
        const std::int64_t before = memory_stats().live_bytes;
        shown = show_all(matrix, same);
        growth = memory_stats().live_bytes - before;
        return matrix * 3.0;
      },
      {"shown"});
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(f().to_vector<float>()[11], 33.0f);
    ASSERT_TRUE(wait_compiled());
  }
  ASSERT_EQ(shown.size(), eager.size());
  for (std::size_t i = 0; i < eager.size(); ++i)
    EXPECT_EQ(shown[i], aside + eager[i]) << i;
  EXPECT_EQ(growth, 0); // what was computed aside is gone
  ASSERT_EQ(f.explain().size(), 1u);
  EXPECT_EQ(f.explain()[0].hits, 4u);
  EXPECT_EQ(f.explain()[0].replays, 0u);
}

TEST_F(DebuggerTest, AnotherThreadMayLookToo) {
  const Tensor x = ones({2});
  std::string shown;
  bool waits = false;
  auto f = trace(
      [&] {
        const Tensor y = x + 1;
        std::thread([&] { shown = printed(y); }).join();
        waits = test::is_pending(y);
        return y * 2;
      },
      {"shown elsewhere"});
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(f().to_vector<float>()[1], 4.0f);
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_TRUE(waits);
  EXPECT_EQ(shown, aside + "f32[2] [2, 2]\n");
}

TEST_F(DebuggerTest, WithoutMemoryTheValueStaysPending) {
  const Tensor x = ones({3});
  int refused = 0, shown = 0;
  auto f = trace(
      [&] {
        const Tensor y = exp(x - 1) + x;
        for (std::uint64_t n = 1; test::is_pending(y) && n <= 6; ++n) {
          const std::int64_t before = memory_stats().live_bytes;
          arena::set_allocation_failure(n);
          const std::string text = printed(y);
          const bool failed = arena::allocations_to_failure() == 0;
          arena::set_allocation_failure(0);
          EXPECT_EQ(text, failed ? "f32[3] is pending, and there is no memory to compute it\n"
                                 : aside + "f32[3] [2, 2, 2]\n");
          ++(failed ? refused : shown);
          EXPECT_TRUE(test::is_pending(y));
          EXPECT_EQ(memory_stats().live_bytes, before);
        }
        return y;
      },
      {"no memory to show"});
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(f().to_vector<float>(), std::vector<float>(3, 2.0f));
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_GE(refused, 3); // one an op
  EXPECT_GE(shown, 1);
  EXPECT_EQ(f.explain()[0].replays, 0u);
}

TEST_F(DebuggerTest, ASetHandleIsUsedAndOthersKeepTheirValue) {
  const Tensor x = ones({2, 2});
  int calls = 0;
  auto f = trace(
      [&] {
        Tensor y = x + 1;
        const Tensor other = y;
        if (++calls == 6) {
          EXPECT_TRUE(test::is_pending(y));
          EXPECT_EQ(set(y, "[[1, -0], [inf, 1e-45]]"),
                    "f32[2,2] [[    1,    -0],\n          [  inf, 1e-45]]\n");
          EXPECT_TRUE(test::is_pending(other));
        }
        return stack({y * 2, other});
      },
      {"set"});
  const std::vector<float> usual{4, 4, 4, 4, 2, 2, 2, 2};
  for (int i = 1; i <= 8; ++i) {
    const std::vector<float> got = f().to_vector<float>();
    if (i != 6)
      EXPECT_EQ(got, usual) << i;
    else
      EXPECT_EQ(std::vector<float>(got.begin() + 4, got.end()), std::vector<float>(4, 2.0f));
    if (i == 6) {
      EXPECT_EQ(got[0], 2.0f);
      EXPECT_TRUE(std::signbit(got[1]));
      EXPECT_EQ(got[2], std::numeric_limits<float>::infinity());
      EXPECT_EQ(got[3], 2 * std::numeric_limits<float>::denorm_min());
    }
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_GE(f.explain()[0].hits, 4u);
}

TEST_F(DebuggerTest, TapesGoOnSeeingAVariable) {
  Variable w(Tensor(3.0), {.name = "w"});
  EXPECT_EQ(set(w, "5"), "f32[] 5\n");
  Tape tape;
  const Tensor loss = square(w);
  EXPECT_EQ(tape.gradient(loss, {w})[0].item<float>(), 10.0f);
}

TEST_F(DebuggerTest, EveryDTypeIsReadAndWhatDoesNotFitIsRefused) {
  const struct {
    DType dtype;
    const char *text, *answer;
  } cases[] = {
      {DType::boolean, "true 0", "bool[2] [ true, false]\n"},
      {DType::boolean, "2", "jit_set: \"2\" is no element of bool\n"},
      {DType::u8, "0,255", "u8[2] [  0, 255]\n"},
      {DType::u8, "-1", "jit_set: \"-1\" is no element of u8\n"},
      {DType::i64, "+7", "i64[2] [7, 7]\n"},
      {DType::i64, "1.0", "jit_set: \"1.0\" is no element of i64\n"},
      {DType::i64, "9223372036854775808",
       "jit_set: \"9223372036854775808\" is no element of i64\n"},
      {DType::f32, "0.1 nan", "f32[2] [0.1, nan]\n"},
      {DType::f32, "1e39", "jit_set: \"1e39\" is no element of f32\n"},
      {DType::f64, "1e39 -inf", "f64[2] [1e+39,  -inf]\n"},
      {DType::f64, "1 2 3",
       "jit_set: 3 elements given for f64[2] of 2; give all, or one for all\n"},
      {DType::f64, "", "jit_set: 0 elements given for f64[2] of 2; give all, or one for all\n"},
      {DType::f64, "+-1", "jit_set: \"+-1\" is no element of f64\n"},
      {DType::f64, "1x", "jit_set: \"1x\" is no element of f64\n"},
  };
  for (const auto &one : cases) {
    Tensor tensor = zeros({2}, one.dtype);
    const std::string before = printed(tensor);
    EXPECT_EQ(set(tensor, one.text), one.answer);
    const bool refused = std::string_view(one.answer).starts_with("jit_set");
    EXPECT_EQ(printed(tensor), refused ? before : one.answer);
  }
  Tensor empty, nothing = zeros({0, 3});
  EXPECT_EQ(set(empty, "1"), "jit_set: an empty tensor has neither dtype nor shape\n");
  EXPECT_EQ(set(nothing, "[]"), "f32[0,3] []\n");
  EXPECT_EQ(set(nothing, nullptr), "f32[0,3] []\n");
  EXPECT_EQ(printed(empty), "empty tensor\n");
}

TEST_F(DebuggerTest, AFailedValueSaysWhy) {
  const Tensor tensor = ones({2});
  auto *failure = new ValueFailure;
  failure->op = "add";
  failure->meta = Access::impl(tensor)->meta;
  Access::impl(tensor)->where.store(Where::broken(failure));
  EXPECT_EQ(printed(tensor), "f32[2] failed: add: out of memory for f32[2]\n");
}

} // namespace
} // namespace jit
