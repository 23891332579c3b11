// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tapes: what they record, keep and let go; nesting, threads, errors.
#include "runtime/autograd/Tape.h"
#include "runtime/tensor/Arena.h"
#include "test/ErrorLine.h"
#include "test/unit/autograd/Differences.h"

#include <optional>
#include <thread>

namespace jit {
namespace {

using namespace jit::testing;

std::string message_of(const std::function<void()> &f,
                       std::source_location near = std::source_location::current()) {
  try {
    f();
  } catch (const Error &error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return without_line(error.what(), near);
  }
  return "no error";
}

TEST(Tape, ReadsOfTrainableVariablesAreRecorded) {
  Variable w(tensor({2, 3}, {2})), fixed(tensor({5, 7}, {2}), VariableOptions{"fixed", false});
  Tape tape;
  const Tensor y = w * fixed;
  const auto g = tape.gradient(y, {w});
  expect_bits(fixed, g[0]);
}

TEST(Tape, SourcesThatItNeverSawAreErrors) {
  Variable w(tensor({2, 3}, {2})), fixed(tensor({5, 7}, {2}), VariableOptions{"fixed", false});
  const Tensor x = ones({3}), y = sum(x * x);
  EXPECT_EQ(message_of([&] { Tape().gradient(y, {x}); }),
            "Tape::gradient: the tape has never seen source 0, f32[3]; watch it before it is used");
  EXPECT_EQ(message_of([&] {
              Tape tape;
              tape.gradient(w * fixed, {w, fixed});
            }),
            "Tape::gradient: the tape has never seen source 1, f64[2]; watch it before it is used");
  // Trainable Variables are seen when they are used: this one was not.
  Tape tape;
  tape.watch(x);
  expect_bits(zeros({2}, DType::f64), tape.gradient(sum(x * x), {w})[0]);
}

/// What `loss = f(w); w = ...; tape.gradient(loss, {w})` means.
TEST(Tape, AssignedVariablesHaveTheGradientOfTheValueThatWasUsed) {
  Variable w(tensor({2, 3}, {2})), unused(tensor({1}, {1}));
  {
    Tape tape;
    const Tensor y = square(w);
    w = tensor({0, 0}, {2});
    unused = tensor({2}, {1});
    const auto g = tape.gradient(y, {w, unused});
    expect_bits(tensor({4, 6}, {2}), g[0]);
    expect_bits(tensor({0}, {1}), g[1]);
  }
  w = tensor({2, 3}, {2});
  {
    Tape tape;
    const Tensor y = square(w);
    {
      const NoGrad update;
      w -= 1;
      w -= 1;
    }
    expect_bits(tensor({4, 6}, {2}), tape.gradient(y, {w})[0]);
  }
  w = tensor({2, 3}, {2});
  {
    Tape tape;
    const Tensor first = square(w);
    w = w * 10; // recorded: the value now depends on the one before
    const Tensor second = first + w;
    expect_bits(tensor({1, 1}, {2}), tape.gradient(second, {w})[0]);
  }
  {
    std::optional<Tape> tape(std::in_place);
    Tensor y;
    {
      Variable gone(tensor({5}, {1}));
      y = square(gone);
    }
    Variable other(tensor({7}, {1})); // perhaps at the same address
    other = tensor({8}, {1});
    expect_bits(tensor({0}, {1}), tape->gradient(y, {other})[0]);
  }
}

TEST(Tape, AssignedValuesAreRecorded) {
  Variable w(tensor({2, 3}, {2}));
  w = w + 1;
  Tape tape;
  const Tensor old = w.value();
  const Tensor y = square(w);
  w = w * 2; // inside the tape: a value computed from the old one
  const Tensor z = y + w;
  const auto g = tape.gradient(z, {old, w.value()});
  expect_bits(tensor({8, 10}, {2}), g[0]);
  expect_bits(tensor({1, 1}, {2}), g[1]);
}

TEST(Tape, SourcesMayBeIntermediateValues) {
  const Tensor x = tensor({2}, {1});
  Tape tape;
  tape.watch(x);
  const Tensor y = square(x);
  const Tensor z = y * y + x;
  const auto g = tape.gradient(z, {x, y, z, y});
  expect_bits(tensor({33}, {1}), g[0]);
  expect_bits(tensor({8}, {1}), g[1]);
  expect_bits(tensor({1}, {1}), g[2]);
  expect_bits(tensor({8}, {1}), g[3]);
}

TEST(Tape, SourcesAfterTheTargetGetZeros) {
  const Tensor x = tensor({2}, {1});
  Tape tape;
  tape.watch(x);
  const Tensor y = square(x);
  const Tensor later = y * 2;
  const auto g = tape.gradient(y, {later, x});
  expect_bits(zeros({1}, DType::f64), g[0]);
  expect_bits(tensor({4}, {1}), g[1]);
}

TEST(Tape, AnUnrecordedTargetGivesZeros) {
  const Tensor x = tensor({2}, {1});
  Tape tape;
  tape.watch(x);
  expect_bits(zeros({1}, DType::f64), tape.gradient(ones({2}, DType::f64), {x})[0]);
  Tape other;
  other.watch(x);
  expect_bits(ones({1}, DType::f64), other.gradient(x, {x})[0]);
}

TEST(Tape, ContributionsAddInReverseOrderOfRecording) {
  // The last op's contribution comes first: (2^-60 + 1) + -1 is 0, (-1 + 1) + 2^-60 is not.
  const double tiny = std::ldexp(1.0, -60);
  const Tensor x = tensor({3}, {1});
  Tape tape;
  tape.watch(x);
  const Tensor a = x * -1.0, b = x * 1.0, c = x * tiny;
  expect_bits(tensor({0}, {1}), tape.gradient(a + (b + c), {x})[0]);
}

TEST(Tape, OpsBeforeItAndAfterItAreConstant) {
  const Tensor x = tensor({3}, {1});
  const Tensor before = square(x);
  std::optional<Tape> tape(std::in_place);
  tape->watch(x);
  const Tensor y = before * x;
  expect_bits(tensor({9}, {1}), tape->gradient(y, {x})[0]);
  EXPECT_EQ(autograd::recording, nullptr);
  tape.reset();
  // Values that a tape made live on as plain tensors.
  Tape next;
  next.watch(x);
  expect_bits(tensor({27}, {1}), next.gradient(y * x, {x})[0]);
}

TEST(Tape, ClosedBeforeItsValuesAreUsed) {
  const Tensor x = tensor({3}, {1});
  Tensor y;
  {
    Tape tape;
    tape.watch(x);
    y = exp(x) * x;
  }
  expect_bits(exp(x) * x, y);
  EXPECT_EQ(autograd::recording, nullptr);
}

TEST(Tape, IsUsedUpByGradient) {
  const Tensor x = tensor({3}, {1});
  Tape tape;
  tape.watch(x);
  const Tensor y = square(x);
  tape.gradient(y, {x});
  const std::string message = message_of([&] { tape.gradient(y, {x}); });
  EXPECT_TRUE(message.starts_with("Tape::gradient: this tape was used up by the gradient at "))
      << message;
  EXPECT_NE(message.find("TapeTest.cpp:"), std::string::npos) << message;
  EXPECT_TRUE(message_of([&] { tape.watch(x); }).starts_with("Tape::watch: this tape was used up"));
}

TEST(Tape, IntegersAndEmptyTensorsAreErrors) {
  const Tensor x = tensor({3}, {1}), n = arange(3), none;
  const auto gradient_of = [](const Tensor &target, const Tensor &source) {
    return message_of([&] { Tape().gradient(target, {source}); });
  };
  EXPECT_EQ(gradient_of(n, x),
            "Tape::gradient: the target is i64[3], but only floating dtypes can be differentiated");
  EXPECT_EQ(gradient_of(x, n),
            "Tape::gradient: a source is i64[3], but only floating dtypes can be differentiated");
  EXPECT_EQ(
      gradient_of(x > 0, x),
      "Tape::gradient: the target is bool[1], but only floating dtypes can be differentiated");
  EXPECT_EQ(gradient_of(none, x), "Tape::gradient: the target is an empty tensor");
  EXPECT_EQ(gradient_of(x, none), "Tape::gradient: a source is an empty tensor");
  EXPECT_EQ(message_of([&] { Tape().watch(n); }),
            "Tape::watch: the tensor is i64[3], but only floating dtypes can be differentiated");
  EXPECT_EQ(message_of([&] { Tape().watch(none); }), "Tape::watch: the tensor is an empty tensor");
  // An error uses nothing up.
  Tape tape;
  tape.watch(x);
  const Tensor y = square(x);
  EXPECT_NE(message_of([&] { tape.gradient(y, {n}); }), "no error");
  expect_bits(tensor({6}, {1}), tape.gradient(y, {x})[0]);
}

TEST(Tape, AnErrorInsideLeavesTheThreadUsable) {
  const Tensor x = tensor({3, 4}, {2});
  EXPECT_THROW(grad([](Tensor v) { return v + ones({3}); })(x), Error);
  EXPECT_EQ(autograd::recording, nullptr);
  expect_bits(tensor({6, 8}, {2}), grad(square)(x));
}

TEST(Tape, NestsAtMost255Deep) {
  std::vector<std::unique_ptr<Tape>> tapes;
  for (int i = 0; i < 255; ++i)
    tapes.push_back(std::make_unique<Tape>());
  EXPECT_EQ(message_of([] { Tape one_more; }), "Tape: 255 tapes are open on this thread");
  tapes.clear();
  EXPECT_EQ(autograd::recording, nullptr);
}

TEST(Tape, ClosesInAnyOrder) {
  const Tensor x = tensor({3}, {1});
  std::optional<Tape> outer(std::in_place);
  outer->watch(x);
  const Tensor y = square(x);
  std::optional<Tape> inner(std::in_place);
  inner->watch(y);
  const Tensor z = y * x;
  outer.reset();
  // y was recorded by the outer tape; for the inner one it is where things begin.
  const auto g = inner->gradient(z, {y, x});
  expect_bits(tensor({3}, {1}), g[0]);
  expect_bits(tensor({9}, {1}), g[1]);
}

TEST(Tape, KeepsOnlyWhatGradientsNeed) {
  arena::release_cached();
  constexpr std::int64_t n = 1 << 20, bytes = n * 8;
  const Tensor x = full({n}, 0.5, DType::f64), c = full({n}, 2, DType::f64);
  const std::int64_t before = arena::stats().live_bytes;
  Tape tape;
  tape.watch(x);
  Tensor y = x * c; // keeps c, which lives anyway, and not x * c
  y = y + c;        // nothing
  y = relu(y);      // its result, which tanh would not
  y = tanh(y);      // its result
  y = sum(y) * 1;   // nothing
  EXPECT_LT(arena::stats().live_bytes - before, 2 * bytes + 65536);
  EXPECT_GE(arena::stats().live_bytes - before, 2 * bytes);
  const Tensor g = tape.gradient(y, {x})[0];
  EXPECT_LT(arena::stats().live_bytes - before, bytes + 65536); // g
}

TEST(Tape, AChainOfAMillionOps) {
  const Tensor x = tensor({1}, {1});
  Tensor y = x;
  Tape tape;
  tape.watch(x);
  for (int i = 0; i < 1'000'000; ++i)
    y = sin(y);
  const Tensor g = tape.gradient(y, {x})[0];
  // The chain rule, multiplied up in the same order.
  std::vector<double> inputs;
  Tensor z = x;
  double slope = 1;
  for (int i = 0; i < 1'000'000; ++i) {
    inputs.push_back(z.item<double>());
    z = sin(z);
  }
  for (auto at = inputs.rbegin(); at != inputs.rend(); ++at)
    slope *= cos(tensor({*at}, {1})).item<double>();
  expect_bits(tensor({slope}, {1}), g);
}

TEST(Tape, AnAbandonedChainOfAMillionOps) {
  const Tensor x = tensor({1}, {1});
  Tensor y = x;
  Tape tape;
  tape.watch(x);
  for (int i = 0; i < 1'000'000; ++i)
    y = y + 1;
  EXPECT_EQ(y.item<double>(), 1'000'001);
}

TEST(Tape, OnAnotherThreadRecordedValuesAreConstant) {
  Variable w(tensor({3}, {1}));
  const Tensor x = tensor({2}, {1});
  Tape tape;
  tape.watch(x);
  const Tensor y = x * w;
  Tensor elsewhere, slope_of_w;
  std::string message;
  std::thread([&] {
    elsewhere = square(y);
    Tape own;
    slope_of_w = own.gradient(w * y * x, {w})[0];
    Tape again;
    again.watch(x);
    EXPECT_THROW(again.gradient(x, {y}), Error);
    message = message_of([&] { tape.gradient(y, {x}); });
  }).join();
  EXPECT_EQ(message, "Tape::gradient: this tape belongs to another thread");
  expect_bits(tensor({12}, {1}), slope_of_w);
  const auto g = tape.gradient(elsewhere + y, {x, w});
  expect_bits(tensor({3}, {1}), g[0]);
  expect_bits(tensor({2}, {1}), g[1]);
}

TEST(Tape, DestroyedOnAnotherThread) {
  const Tensor x = tensor({3}, {1});
  const std::int64_t before = memory_stats().live_bytes;
  auto tape = std::make_unique<Tape>();
  tape->watch(x);
  square(zeros({1000}, DType::f64) + x); // the tape keeps the sum
  std::thread([&] { tape.reset(); }).join();
  EXPECT_GT(memory_stats().live_bytes, before);
  expect_bits(tensor({9}, {1}), x * x); // the next op lets it go
  EXPECT_EQ(autograd::recording, nullptr);
  EXPECT_LT(memory_stats().live_bytes, before + 1000);
  expect_bits(tensor({6}, {1}), grad(square)(x));
}

TEST(Tape, AnInnerTapeDestroyedOnAnotherThread) {
  const Tensor x = tensor({3}, {1});
  Tape outer;
  outer.watch(x);
  const Tensor y = x * x;
  auto inner = std::make_unique<Tape>();
  Tensor z = y * x;
  std::thread([&] { inner.reset(); }).join();
  z = z * x;
  EXPECT_NE(autograd::recording, nullptr);
  expect_bits(tensor({108}, {1}), outer.gradient(z, {x})[0]);
  EXPECT_EQ(autograd::recording, nullptr);
}

TEST(Tape, DestroyedAfterItsThreadHasEnded) {
  const std::int64_t before = memory_stats().live_bytes;
  std::unique_ptr<Tape> tape;
  std::thread([&] {
    tape = std::make_unique<Tape>();
    const Tensor x = zeros({1000}, DType::f64);
    tape->watch(x);
    square(x);
  }).join();
  tape.reset();
  EXPECT_EQ(memory_stats().live_bytes, before);
}

TEST(Tape, DestroyedWhileItsThreadRecords) {
  std::atomic<Tape *> passed{nullptr};
  std::atomic<bool> done{false};
  std::thread destroyer([&] {
    while (!done)
      delete passed.exchange(nullptr);
  });
  const Tensor x = tensor({3}, {1});
  for (int i = 0; i < 2000; ++i) {
    std::unique_ptr<Tape> outer;
    if (i % 2) {
      outer = std::make_unique<Tape>();
      outer->watch(x);
    }
    auto tape = std::make_unique<Tape>();
    tape->watch(x);
    Tensor y = x * x;
    delete passed.exchange(tape.release());
    y = y * x;
    if (outer)
      expect_bits(tensor({27}, {1}), outer->gradient(y, {x})[0]);
  }
  done = true;
  destroyer.join();
  delete passed.load();
  x + x;
  EXPECT_EQ(autograd::recording, nullptr);
}

TEST(Tape, ThreadsThatShareVariables) {
  Variable w(numbers({64}, 1));
  const Tensor expected = w.value() * 2;
  std::vector<std::thread> threads;
  std::vector<Tensor> results(4);
  for (std::size_t t = 0; t < results.size(); ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i) {
        Tape tape;
        results[t] = tape.gradient(sum(square(w)), {w})[0];
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  for (const Tensor &result : results)
    expect_bits(expected, result);
}

TEST(NoGrad, RecordsNothing) {
  const Tensor x = tensor({3}, {1});
  Tape tape;
  tape.watch(x);
  Tensor y;
  {
    const NoGrad constant;
    y = square(x);
  }
  expect_bits(tensor({9}, {1}), tape.gradient(y * x, {x})[0]);
}

TEST(NoGrad, ATapeInsideRecordsForItself) {
  const Tensor x = tensor({3}, {1});
  Tape tape;
  tape.watch(x);
  const Tensor y = x * x;
  Tensor inner;
  {
    const NoGrad constant;
    inner = grad([&](Tensor v) { return v * v * v * y; })(x); // y is a constant here
  }
  expect_bits(tensor({243}, {1}), inner);
  expect_bits(tensor({6 + 243}, {1}), tape.gradient(y + inner * x, {x})[0]);
}

TEST(NoGrad, OutlivesATape) {
  const Tensor x = tensor({3}, {1});
  std::optional<Tape> tape(std::in_place);
  {
    const NoGrad constant;
    tape.reset();
  }
  EXPECT_EQ(autograd::recording, nullptr);
  expect_bits(tensor({6}, {1}), grad(square)(x));
}

TEST(StopGradient, IsAConstantWithTheSameElements) {
  const Tensor x = tensor({3, 4}, {2});
  Tape tape;
  tape.watch(x);
  const Tensor held = stop_gradient(x);
  expect_bits(x, held);
  expect_bits(tensor({3, 4}, {2}), tape.gradient(held * x, {x})[0]);
  Variable w(x);
  Tape other;
  expect_bits(x, other.gradient(stop_gradient(w) * w, {w})[0]);
  EXPECT_EQ(stop_gradient(2).item<std::int64_t>(), 2);
}

} // namespace
} // namespace jit
