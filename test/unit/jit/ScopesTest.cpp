// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a traced scope may hold: many inputs, big outputs, tapes that open and close in it.
#include "runtime/tensor/Arena.h"
#include "test/unit/jit/CompiledTest.h"

#include <cmath>
#include <functional>

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

TEST_F(Scopes, TemporariesAreGivenBack) {
  for (const std::int64_t size : {std::int64_t{1} << 20, std::int64_t{1000}}) {
    release_cached_memory();
    const std::int64_t before = memory_stats().live_bytes;
    {
      // Rows keep what they compute, so there are temporaries.
      auto f = trace([](const Tensor &x) { return matmul(exp(x), x) * 2.0 + softmax(x, 1); },
                     {"temporaries of " + std::to_string(size)});
      const auto side = static_cast<std::int64_t>(std::sqrt(static_cast<double>(size)));
      const Tensor x = ones({side, side}) * 0.001;
      repeat(4, [&](int) { f(x); });
      ASSERT_EQ(f.explain()[0].hits, 2u);
      ASSERT_GT(f.explain()[0].arena_bytes, 0u);
    }
    if (size < 1 << 20)
      release_cached_memory(); // what is small is kept until then
    EXPECT_EQ(memory_stats().live_bytes, before) << size;
  }
}

TEST_F(Scopes, IndicesThatBoundThemselvesStayInOneSegment) {
  const Tensor x = ramp(60), table = ramp(60, 0.5f);
  const std::function<Tensor()> bodies[] = {
      [&] { return take(x, argmax(x)) * 2.0; },
      [&] { return take(x, argmax(reshape(x, {6, 10}), {.axis = 1})) + 1.0; },
      [&] { return take(x, arange(59, -1, -2)) * 3.0; },
      [&] { return one_hot((x > 3.0).astype(DType::i64), 2) * 0.5; },
      [&] { return take(table, arange(0, 0)) + 1.0; },
  };
  int number = 0;
  for (const auto &body : bodies) {
    auto f = trace(body, {"own range " + std::to_string(++number)});
    const Tensor expected = plainly(body);
    repeat(6, [&](int) { EXPECT_TRUE(same_bits(expected, f())); });
    EXPECT_EQ(f.explain().size(), 1u) << number; // no boundary
    EXPECT_EQ(hits(f), 4u) << number;
  }
  Generator random(3);
  auto shuffled = trace([&] { return sum(take(x, permutation(random, 60))); }, {"shuffled"});
  repeat(6, [&](int) { shuffled(); });
  EXPECT_EQ(shuffled.explain().size(), 1u);
  EXPECT_EQ(hits(shuffled), 4u);
}

TEST_F(Scopes, ABoundaryIsTheEndOfAPath) {
  const Tensor x = ramp(1000);
  // Computed indices have no bound before they are known, so the segment ends before `take`.
  const auto body = [&] {
    const Tensor index = (x * 0.0).astype(DType::i64) + 7;
    return take(x, index) * 2.0 + 1.0;
  };
  auto f = trace(body, {"boundary"});
  const Tensor expected = plainly(body);
  repeat(3, [&](int) { EXPECT_TRUE(same_bits(expected, f())); });
  const std::uint64_t before = hits(f);
  for (int i = 0; i < 300; ++i)
    f();
  EXPECT_EQ(hits(f), before + 600); // both halves, every time
  EXPECT_TRUE(same_bits(expected, f()));
}

/// A step that rebinds a Variable and returns nothing, refused memory at its flush.
class LostSteps : public Scopes {
protected:
  static constexpr std::int64_t size = 200 << 10; // under 1 MiB: not reserved with the session
  Variable w{zeros({size})}, count{zeros({10})};
  const Tensor g = ones({size});
  std::vector<Tensor> kept; // else the new value takes over the old one's block

  /// The last step finds no memory when it ends.
  void refuse(const std::function<void()> &step) {
    repeat(6, [&](int) {
      kept.assign(1, w.value());
      step();
    });
    kept.push_back(w.value());
    before_w = w.value();
    before_count = count.value();
    arena::release_cached();
    const MemoryStats now = memory_stats();
    arena::set_limit(static_cast<std::size_t>(now.live_bytes + now.cached_bytes));
  }
  void expect_undone() {
    arena::set_limit(0);
    EXPECT_TRUE(same_bits(before_w, w.value()));
    EXPECT_TRUE(same_bits(before_count, count.value()));
  }
  static void expect_told(const std::function<void()> &tells) {
    try {
      tells();
      ADD_FAILURE() << "the lost step was not told";
    } catch (const Error &error) {
      EXPECT_EQ(error.code(), ErrorCode::out_of_memory);
      EXPECT_NE(std::string(error.what()).find("undone"), std::string::npos) << error.what();
    }
  }
  Tensor before_w, before_count;
};

TEST_F(LostSteps, AreToldByTheCall) {
  auto step = trace(
      [&] {
        count = count.value() + 1.0;
        w = w.value() + g * 1.0;
      },
      {"lost step"});
  refuse(step);
  expect_told(step);
  expect_undone();
  EXPECT_NO_THROW(g + 1.0); // once
  const std::uint64_t so_far = hits(step);
  EXPECT_GE(so_far, 3u);
  step();
  EXPECT_TRUE(same_bits(plainly([&] { return before_count + 1.0; }), count.value()));
  EXPECT_EQ(hits(step), so_far + 1); // goes on compiled
}

TEST_F(LostSteps, AreToldByTheNextOpAfterAnotherException) {
  bool leave = false;
  auto step = trace(
      [&] {
        count = count.value() + 2.0;
        w = w.value() + g * 2.0;
        if (leave)
          throw std::runtime_error("host");
      },
      {"lost step, left"});
  refuse(step);
  leave = true;
  EXPECT_THROW(step(), std::runtime_error);
  expect_told([&] { g + 1.0; });
  expect_undone();
  EXPECT_NO_THROW(g + 1.0);
}

TEST_F(LostSteps, AreToldBySynchronizeToo) {
  auto step = trace(
      [&] {
        count = count.value() + 3.0;
        w = w.value() + g * 3.0;
        synchronize();
      },
      {"lost step, synchronize"});
  refuse(step);
  expect_told(step);
  EXPECT_NO_THROW(synchronize());
  expect_undone();
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
