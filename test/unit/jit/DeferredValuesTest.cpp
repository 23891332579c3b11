// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Values that are held when another one is read, and that nobody needs: they are not stored, and
// are there all the same when somebody does need them.
#include "test/unit/jit/InterpretingCompiler.h"

#include "runtime/base/Options.h"
#include "runtime/tensor/Arena.h"
#include "runtime/tensor/Impl.h"

#include <tracejit/tracejit.h>

#include <cstring>
#include <gtest/gtest.h>
#include <optional>
#include <thread>

namespace jit {
namespace {

using test::hooks;
using test::is_pending;

constexpr std::int64_t size = 2048; ///< 8 KiB: worth deferring

class DeferredValues : public testing::Test {
protected:
  void SetUp() override { test::plug_in_interpreter(); }

  static Tensor ramp(float begin) {
    std::vector<float> values(size);
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = begin + 0.25f * static_cast<float>(i % 77);
    values[3] = -0.0f;
    return Tensor::copy_of(values, {size});
  }
  template <class F> static void calls(int count, F f) {
    for (int i = 0; i < count; ++i) {
      f(i);
      ASSERT_TRUE(wait_compiled());
    }
  }
  /// The first path of the trace, the one up to the observation.
  template <class F> static TraceReport first(const Traced<F> &traced) {
    return traced.explain().at(0);
  }
  static bool same_bits(const Tensor &a, const Tensor &b) {
    const auto x = a.to_vector<float>(), y = b.to_vector<float>();
    return x.size() == y.size() && std::memcmp(x.data(), y.data(), x.size() * sizeof(float)) == 0;
  }
};

constexpr int learned = 30; ///< calls after which it is known that nobody needs a value

TEST_F(DeferredValues, LocalsThatNobodyNeedsAreNotStored) {
  auto f = trace(
      [](const Tensor &x) {
        const Tensor a = x * 2.0, b = a + 1.0, c = a * b;
        return sum(c).item<float>();
      },
      {"locals"});
  const Tensor x = ramp(0);
  const float expected = sum((x * 2.0) * (x * 2.0 + 1.0)).item<float>();
  calls(learned, [&](int) { EXPECT_EQ(f(x), expected); });
  const TraceReport report = first(f);
  EXPECT_EQ(report.state, "active");
  EXPECT_EQ(report.deferred_values, 3u);
  EXPECT_EQ(report.deferred_bytes, 3u * size * sizeof(float));
  EXPECT_EQ(report.computed_later, 0u);
  EXPECT_GE(report.hits, 20u);
  EXPECT_EQ(report.replays, 0u);
  EXPECT_EQ(memory_stats().deferred_bytes, 0);
}

TEST_F(DeferredValues, OneThatIsNeededAfterAllHasItsBits) {
  std::optional<Tensor> kept;
  int number = 0;
  bool was_pending = false;
  auto f = trace(
      [&](const Tensor &x) {
        const Tensor a = x * 2.0, b = a + 1.0;
        const float s = sum(b).item<float>();
        was_pending = is_pending(a);
        return number == learned ? a - s : x - s;
      },
      {"needed after all"});
  for (number = 0; number < learned + 30; ++number) {
    const Tensor x = ramp(static_cast<float>(number));
    const Tensor got = f(x);
    ASSERT_TRUE(wait_compiled());
    const Tensor a = x * 2.0;
    const float s = sum(a + 1.0).item<float>();
    EXPECT_TRUE(same_bits(got, number == learned ? a - s : x - s)) << number;
    EXPECT_EQ(was_pending, number >= 18 && number <= learned) << number;
  }
  EXPECT_EQ(first(f).computed_later, 1u);
  EXPECT_GE(first(f).hits, 50u);
}

TEST_F(DeferredValues, WhatIsNeededInEveryRunIsStored) {
  auto f = trace(
      [](const Tensor &x) {
        const Tensor y = tanh(x), error = y - x;
        const float loss = sum(error).item<float>();
        return error * loss;
      },
      {"needed"});
  const Tensor x = ramp(-3);
  calls(2 * learned, [&](int) { f(x); });
  EXPECT_EQ(first(f).deferred_values, 1u); // y
  EXPECT_EQ(first(f).computed_later, 0u);
}

TEST_F(DeferredValues, WhatOutlivesTheCallIsComputedAtItsEnd) {
  std::vector<Tensor> list;
  bool keep = false;
  auto f = trace(
      [&](const Tensor &x) {
        const Tensor a = x * 3.0;
        const float s = sum(a).item<float>();
        if (keep)
          list.push_back(a);
        return s;
      },
      {"list"});
  calls(learned, [&](int i) { f(ramp(static_cast<float>(i))); });
  ASSERT_EQ(first(f).deferred_values, 1u);
  keep = true;
  calls(4, [&](int i) {
    f(ramp(static_cast<float>(i)));
    EXPECT_FALSE(is_pending(list.back()));
  });
  for (std::size_t i = 0; i < list.size(); ++i)
    EXPECT_TRUE(same_bits(list[i], ramp(static_cast<float>(i)) * 3.0));
  EXPECT_EQ(first(f).computed_later, 1u); // from then on it was stored
}

TEST_F(DeferredValues, ViewsWaitWithTheirBlock) {
  int number = 0;
  auto f = trace(
      [&](const Tensor &x) {
        const Tensor a = reshape(x * 2.0, {2, size / 2});
        const Tensor row = a(1), turned = permute_dims(a, {1, 0});
        const float s = sum(row).item<float>();
        if (number == 10) // stored, and looked at
          return turned.contiguous() + s;
        if (number == learned) // not stored
          return row * s;
        return x * s;
      },
      {"views"});
  for (number = 0; number <= learned + 1; ++number) {
    const Tensor x = ramp(static_cast<float>(number));
    const Tensor got = f(x);
    ASSERT_TRUE(wait_compiled());
    const Tensor a = reshape(x * 2.0, {2, size / 2});
    const float s = sum(a(1)).item<float>();
    EXPECT_TRUE(same_bits(got, number == 10        ? permute_dims(a, {1, 0}).contiguous() + s
                               : number == learned ? a(1) * s
                                                   : x * s))
        << number;
  }
  EXPECT_GE(first(f).hits, 20u);
}

TEST_F(DeferredValues, AViewOnTheWayToAHeldOneKeepsNothing) {
  std::vector<Tensor> list;
  int number = 0, both = 0;
  auto f = trace(
      [&](const Tensor &x) {
        const Tensor a = x * 2.0;
        Tensor turned = permute_dims(reshape(a, {2, size / 2}), {1, 0});
        const Tensor part = turned(slice(0, 7)), b = turned * 3.0;
        turned = Tensor();
        const float s = sum(b).item<float>();
        // From then on `a` is stored for a while, and `b` still waits.
        if (number == learned)
          return sum(a).item<float>() + s;
        // `a` is stored and not handed out, and `b` is computed from the view between.
        if (number > learned && is_pending(part) && is_pending(b)) {
          ++both;
          list.push_back(part);
          list.push_back(b);
        }
        return s;
      },
      {"dead views"});
  const Tensor x = ramp(1);
  std::int64_t before = 0;
  for (number = 0; number < 1'200; ++number) {
    if (number == learned + 10)
      before = memory_stats().live_bytes;
    f(x);
    ASSERT_TRUE(wait_compiled());
  }
  ASSERT_EQ(both, 1);
  const Tensor turned = permute_dims(reshape(x * 2.0, {2, size / 2}), {1, 0});
  EXPECT_TRUE(same_bits(list[0], turned(slice(0, 7))));
  EXPECT_TRUE(same_bits(list[1], turned * 3.0));
  list.clear();
  EXPECT_EQ(memory_stats().live_bytes, before + turned.size() * std::int64_t{4});
}

TEST_F(DeferredValues, AValueThatNoVariantStoresIsNotForgottenForOneStoredInVain) {
  std::vector<Tensor> list;
  bool keep = false;
  auto f = trace(
      [&](const Tensor &x) {
        Tensor a = x * 3.0, b = a + 1.0;
        Tensor c = b * 2.0;
        if (!keep)
          b = Tensor();
        const float s = sum(c).item<float>();
        if (keep)
          list.push_back(b);
        return s;
      },
      {"in vain and missed"});
  mutable_options().defer = DeferChoice::now; // a is stored in vain from the first run on
  for (int i = 0; i < 40; ++i) {
    keep = i >= 2 && i % 2;
    mutable_options().defer = keep ? DeferChoice::off : DeferChoice::now;
    f(ramp(static_cast<float>(i)));
    ASSERT_TRUE(wait_compiled());
  }
  const std::uint64_t replays = first(f).replays;
  EXPECT_LE(replays, 3u);
  for (std::size_t i = 0; i < list.size(); ++i)
    EXPECT_TRUE(same_bits(list[i], ramp(static_cast<float>(3 + 2 * i)) * 3.0 + 1.0)) << i;
}

TEST_F(DeferredValues, InputsStayAsTheyWere) {
  for (const bool donate : {false, true}) {
    hooks().donate = donate;
    Variable w(ramp(1), {.name = "w"});
    Tensor w_eager = ramp(1);
    int number = 0;
    auto f = trace(
        [&] {
          const Tensor a = w * 0.5, g = a - 1.0;
          const float s = sum(g).item<float>();
          w = w - 0.125 * w;
          return number == learned ? a + s : w.value() + s;
        },
        {donate ? "inputs, donated" : "inputs"});
    for (number = 0; number <= learned + 2; ++number) {
      const Tensor got = f();
      ASSERT_TRUE(wait_compiled());
      const Tensor a = w_eager * 0.5;
      const float s = sum(a - 1.0).item<float>();
      w_eager = w_eager - 0.125 * w_eager;
      EXPECT_TRUE(same_bits(got, number == learned ? a + s : w_eager + s)) << number;
      EXPECT_TRUE(same_bits(w.value(), w_eager)) << number;
    }
    EXPECT_EQ(first(f).computed_later, 1u);
  }
}

TEST_F(DeferredValues, AnotherThreadMayNeedThem) {
  int number = 0;
  std::optional<Tensor> got;
  auto f = trace(
      [&](const Tensor &x) {
        const Tensor a = x * 5.0, b = a - 2.0;
        const float s = sum(b).item<float>();
        if (number >= learned)
          std::thread([&] { got = a + s; }).join();
        return s;
      },
      {"another thread"});
  for (number = 0; number <= learned + 1; ++number) {
    const Tensor x = ramp(static_cast<float>(number));
    f(x);
    ASSERT_TRUE(wait_compiled());
    if (number < learned)
      continue;
    const Tensor a = x * 5.0;
    EXPECT_TRUE(same_bits(*got, a + sum(a - 2.0).item<float>()));
  }
  EXPECT_EQ(first(f).computed_later, 1u);
}

TEST_F(DeferredValues, AVariableTakesThemComputed) {
  Variable box(ramp(0), {.name = "box"});
  int number = 0;
  auto f = trace(
      [&](const Tensor &x) {
        const Tensor a = x * 5.0;
        const float s = sum(a).item<float>();
        if (number == learned) {
          box = a;
          EXPECT_FALSE(is_pending(box.value()));
        }
        return s;
      },
      {"variable"});
  for (number = 0; number <= learned; ++number)
    calls(1, [&](int) { f(ramp(2)); });
  EXPECT_TRUE(same_bits(box.value(), ramp(2) * 5.0));
}

TEST_F(DeferredValues, AnExceptionEndsTheWaiting) {
  int number = 0;
  std::optional<Tensor> out;
  auto f = trace(
      [&](const Tensor &x) {
        const Tensor a = x * 5.0;
        const float s = sum(a).item<float>();
        if (number == learned) {
          out = a;
          throw 7;
        }
        return s;
      },
      {"exception"});
  for (number = 0; number < learned; ++number)
    calls(1, [&](int) { f(ramp(2)); });
  EXPECT_THROW(f(ramp(2)), int);
  EXPECT_FALSE(is_pending(*out));
  EXPECT_TRUE(same_bits(*out, ramp(2) * 5.0));
  EXPECT_EQ(memory_stats().deferred_bytes, 0);
}

TEST_F(DeferredValues, ALoopOfObservationsHoldsNoMoreThanOneTurn) {
  std::int64_t most = 0;
  auto f = trace(
      [&](Tensor x) {
        float total = 0;
        for (int i = 0; i < 100; ++i) {
          const Tensor a = x * 0.5, b = a + 1.0;
          total += sum(b).item<float>();
          x = x + 0.25;
          most = std::max(most, memory_stats().live_bytes);
        }
        return total;
      },
      {"loop"});
  const Tensor x = ramp(0);
  const float expected = [&] {
    Tensor y = x;
    float total = 0;
    for (int i = 0; i < 100; ++i) {
      total += sum(y * 0.5 + 1.0).item<float>();
      y = y + 0.25;
    }
    return total;
  }();
  calls(4, [&](int) { EXPECT_EQ(f(x), expected); });
  const std::int64_t before = memory_stats().live_bytes;
  most = 0;
  calls(4, [&](int) { EXPECT_EQ(f(x), expected); });
  EXPECT_LT(most - before, 16 * size * 4);
  EXPECT_LE(memory_stats().live_bytes, before);
  std::uint32_t deferred = 0;
  for (const TraceReport &report : f.explain())
    deferred += report.deferred_values;
  EXPECT_GT(deferred, 0u);
}

TEST_F(DeferredValues, WithoutMemoryAtTheUseTheErrorNamesOpAndLine) {
  int number = 0;
  std::string told;
  auto f = trace(
      [&](const Tensor &x) {
        const Tensor a = x * 5.0;
        const float s = sum(a).item<float>();
        if (number == learned) {
          arena::set_allocation_failure(1);
          try {
            static_cast<void>(a.to_vector<float>());
          } catch (const Error &error) {
            told = error.what();
          }
          arena::set_allocation_failure(0);
          EXPECT_EQ(sum(x * 5.0).item<float>(), s); // and the segment goes on
        }
        return s;
      },
      {"no memory"});
  for (number = 0; number <= learned; ++number)
    calls(1, [&](int) { f(ramp(2)); });
  EXPECT_NE(told.find("multiply: out of memory for f32[2048] (DeferredValuesTest.cpp:"),
            std::string::npos)
      << told;
}

TEST_F(DeferredValues, OptionsDecide) {
  const auto step = [](const Tensor &x) {
    const Tensor a = x * 5.0;
    return sum(a).item<float>();
  };
  mutable_options().defer = DeferChoice::off;
  auto never = trace(step, {"never"});
  calls(learned, [&](int) { never(ramp(2)); });
  EXPECT_EQ(first(never).deferred_values, 0u);

  mutable_options().defer = DeferChoice::now;
  auto now = trace(step, {"now"});
  calls(7, [&](int) { now(ones({3})); }); // of any size, and at once
  EXPECT_EQ(first(now).deferred_values, 1u);
}

} // namespace
} // namespace jit
