// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a traced scope may hold: many inputs, big outputs, tapes that open and close in it.
#include "runtime/tensor/Arena.h"
#include "test/unit/jit/CompiledTest.h"

namespace jit {
namespace {

using namespace jit::test;

using Scopes = CompiledTest;

TEST_F(Scopes, AThousandInputsToOneTrace) {
  std::vector<Tensor> inputs;
  for (int i = 0; i < 1000; ++i)
    inputs.push_back(ramp(20, 0.001f * static_cast<float>(i)));
  const auto total = [&] {
    Tensor sum = inputs[0] * 2.0;
    for (std::size_t i = 1; i < inputs.size(); ++i)
      sum = sum * 0.5 + inputs[i];
    return sum;
  };
  auto f = trace(total, {"a thousand inputs"});
  const Tensor expected = plainly(total);
  repeat(5, [&](int) { EXPECT_TRUE(same_bits(expected, f())); });
  const std::vector<TraceReport> reports = f.explain();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].state, "active");
  EXPECT_EQ(reports[0].hits, 3u);
}

TEST_F(Scopes, BigOutputsAreReservedBeforeTheFirstOp) {
  constexpr std::int64_t size = 4 << 20; // 16 MiB
  bool reached = false;
  auto f = trace(
      [&](const Tensor &x) {
        Tensor y = exp(x) * 2.0;
        reached = true;
        return y;
      },
      {"big output"});
  const Tensor x = ramp(size, 1e-6f);
  const Tensor expected = plainly([&] { return exp(x) * 2.0; });
  repeat(4, [&](int) { EXPECT_TRUE(same_bits(expected, f(x))); });
  EXPECT_EQ(hits(f), 2u);

  // It cannot be had at first: nothing becomes pending, and the ops run when they are called.
  arena::set_allocation_failure(1);
  EXPECT_TRUE(same_bits(expected, f(x)));
  arena::set_allocation_failure(0);
  EXPECT_EQ(hits(f), 2u);
  EXPECT_EQ(f.explain()[0].replays, 0u);

  // It cannot be had at all: the op says so, not who uses its value.
  arena::release_cached();
  const MemoryStats now = memory_stats();
  arena::set_limit(static_cast<std::size_t>(now.live_bytes + now.cached_bytes) + (8 << 20));
  reached = false;
  try {
    f(x);
    ADD_FAILURE() << "there was memory";
  } catch (const Error &error) {
    EXPECT_EQ(error.code(), ErrorCode::out_of_memory) << error.what();
  }
  arena::set_limit(0);
  EXPECT_FALSE(reached);

  repeat(2, [&](int) { EXPECT_TRUE(same_bits(expected, f(x))); });
  EXPECT_EQ(hits(f), 4u);
}

TEST_F(Scopes, ATapeClosedBeforeItsValuesAreUsed) {
  const auto step = [](const Tensor &x) {
    Tensor y;
    {
      Tape closed;
      closed.watch(x);
      y = exp(x) * x;
    } // y is still pending and stays what it is
    Tape later;
    later.watch(x);
    const Tensor z = square(x) + y; // to this tape y is a constant
    return std::vector<Tensor>{y, later.gradient(z, {x})[0]};
  };
  auto f = trace(step, {"closed tape"});
  const Tensor x = ramp(40);
  const std::vector<Tensor> expected = plainly([&] { return step(x); });
  EXPECT_TRUE(same_bits(plainly([&] { return x * 2.0; }), expected[1]));
  repeat(6, [&](int) {
    const std::vector<Tensor> got = f(x);
    EXPECT_TRUE(same_bits(expected[0], got[0]));
    EXPECT_TRUE(same_bits(expected[1], got[1]));
  });
  EXPECT_EQ(hits(f), 4u);
}

TEST_F(Scopes, AUsedUpTapeSaysSo) {
  const Tensor x = ramp(40);
  std::string message;
  auto f = trace(
      [&] {
        Tape tape;
        tape.watch(x);
        const Tensor y = tanh(x);
        Tensor slope = tape.gradient(y, {x})[0];
        try {
          tape.gradient(y, {x});
        } catch (const Error &error) {
          EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
          message = error.what();
        }
        return slope;
      },
      {"used up tape"});
  const Tensor expected = plainly([&] { return grad([](Tensor v) { return tanh(v); })(x); });
  repeat(6, [&](int) {
    message.clear();
    EXPECT_TRUE(same_bits(expected, f()));
    EXPECT_TRUE(message.starts_with("Tape::gradient: this tape was used up by the gradient at "))
        << message;
    EXPECT_NE(message.find("ScopesTest.cpp:"), message.npos) << message;
  });
  EXPECT_EQ(hits(f), 4u);
}

// Every index is used twice at each of 64 levels: who asks where it comes from must not go both
// ways.
TEST_F(Scopes, PendingIndicesJoinedWithThemselvesOverAndOver) {
  const Tensor first = Tensor::copy_of<std::int64_t>({3, 0, 2, 1}, {4});
  const auto look_up = [&](const Tensor &x) {
    Tensor index = first;
    for (int level = 0; level < 64; ++level)
      index = concat({index, index})(slice(0, 4));
    return take(x, index) * 2.0;
  };
  auto f = trace(look_up, {"joined indices"});
  const Tensor x = ramp(20);
  const Tensor expected = plainly([&] { return look_up(x); });
  repeat(5, [&](int) { EXPECT_TRUE(same_bits(expected, f(x))); });
  EXPECT_EQ(hits(f), 3u);
}

} // namespace
} // namespace jit
