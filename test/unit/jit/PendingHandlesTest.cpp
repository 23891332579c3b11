// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Handles of values that wait in a session: who frees the value, whichever thread lets go last and
// whenever the flush comes.
#include "test/unit/jit/InterpretingCompiler.h"

#include "runtime/base/Options.h"
#include "runtime/tensor/Arena.h"
#include "runtime/tensor/Impl.h"

#include <tracejit/tracejit.h>

#include <gtest/gtest.h>
#include <thread>

namespace jit {
namespace {

class PendingHandlesTest : public testing::Test {
protected:
  void SetUp() override { test::plug_in_interpreter(); }
};

/// Calls `f` until its program is swapped in.
template <class F> void warm_up(F &f, const Tensor &x) {
  for (int i = 0; i < 4; ++i) {
    f(x);
    ASSERT_TRUE(wait_compiled());
  }
}

TEST_F(PendingHandlesTest, LastHandleOnAnotherThreadFreesTheValueOnce) {
  const Tensor x = ones({64});
  bool was_pending = false;
  auto f = trace(
      [&](const Tensor &x) {
        Tensor given = x + 1;
        Tensor kept = given * 2;
        was_pending = test::is_pending(given);
        std::thread([moved = std::move(given)]() mutable { moved = Tensor(); }).join();
        EXPECT_TRUE(!was_pending || test::is_pending(kept)); // letting go runs nothing
        return kept + 1;
      },
      {"let go elsewhere"});
  warm_up(f, x);
  const std::int64_t live = memory_stats().live_bytes;
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(f(x).to_vector<float>()[63], 5.0f);
  EXPECT_TRUE(was_pending);
  EXPECT_EQ(memory_stats().live_bytes, live);
}

TEST_F(PendingHandlesTest, HandlesDropWhileAnotherThreadFlushes) {
  const Tensor x = ones({64});
  bool was_pending = false;
  auto f = trace(
      [&](const Tensor &x) {
        std::vector<Tensor> values;
        values.push_back(x + 1);
        for (int i = 0; i < 20; ++i)
          values.push_back(values.back() * 1.0);
        was_pending = test::is_pending(values.back());
        // The copy is read, which flushes this session, while the values are let go here.
        std::thread reader([last = values.back()] { EXPECT_EQ(last.item<float>(), 2.0f); });
        Tensor first = values.front();
        values.clear();
        reader.join();
        return first;
      },
      {"drop during flush"});
  const Tensor one = ones({1});
  warm_up(f, one);
  const std::int64_t live = memory_stats().live_bytes;
  for (int i = 0; i < 500; ++i)
    ASSERT_EQ(f(one).item<float>(), 2.0f);
  EXPECT_TRUE(was_pending);
  EXPECT_EQ(memory_stats().live_bytes, live);
}

TEST_F(PendingHandlesTest, AVariableAssignedTwiceStoresItsLastValueOnly) {
  Variable v(ones({1000}));
  auto f = trace(
      [&] {
        v = v * 2.0;
        v = v + 1.0;
      },
      {"assigned twice"});
  float expected = 1;
  for (int i = 0; i < 8; ++i) {
    f();
    expected = expected * 2 + 1;
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_EQ(v.value().data<float>()[999], expected);
  ASSERT_EQ(f.explain().size(), 1u);
  EXPECT_EQ(f.explain()[0].state, "active");
  EXPECT_GT(f.explain()[0].hits, 0u);
  EXPECT_EQ(f.explain()[0].exits.size(), 1u) << "a set of live values that no program stores";
}

} // namespace
} // namespace jit
