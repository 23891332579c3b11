// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/faults/Scenario.h"

#include "runtime/base/Options.h"
#include "runtime/jit/Anchor.h"
#include "test/faults/Compilers.h"
#include "test/faults/FailingMemory.h"
#include "test/unit/jit/CompiledTest.h"

#include <tracejit/io.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <unistd.h>

namespace jit::faults {

using test::ramp;
using test::same_bits;

// The other thread
// ----------------------------------------------------------------------------------------------

Reader::Reader() : thread([this] { run(); }) {}
Reader::~Reader() {
  turn = 3;
  turn.notify_all();
  thread.join();
}

std::optional<float> Reader::read(const Tensor &what) {
  value = what;
  turn = 1;
  turn.notify_all();
  turn.wait(1);
  turn = 0;
  return answer;
}

void Reader::run() {
  const Counted scope;
  for (;;) {
    turn.wait(0);
    turn.wait(2);
    const int now = turn;
    if (now == 3)
      return;
    if (now != 1)
      continue;
    try {
      answer = value.item<float>();
    } catch (const Error &error) {
      EXPECT_EQ(error.code(), ErrorCode::out_of_memory) << error.what();
      answer.reset();
    }
    value = Tensor();
    static_cast<void>(memory_stats()); // adds this thread's counts to those of the process
    turn = 2;
    turn.notify_all();
  }
}

// The program
// ----------------------------------------------------------------------------------------------

Scenario::Scenario(int number, Reader &reader)
    : number(number), reader(reader), train_name("training step " + std::to_string(number)),
      look_name("looking things up " + std::to_string(number)),
      refused_name("refused by the compiler " + std::to_string(number)),
      x(reshape(ramp(30, 0.01f), {5, 6})), target(reshape(ramp(20, 0.02f), {5, 4})),
      index(Tensor::copy_of({std::int64_t{3}, std::int64_t{0}}, {2})),
      w(reshape(ramp(24, 0.05f), {6, 4})), m(full({6, 4}, 0.125f)) {
  set_mode(Mode::on);
}

/// Takes back what a trace keeps. Nothing else may use it.
static void forget(const std::string &name) {
  for (Trace *trace = Trace::all(); trace; trace = trace->next)
    for (Anchor *anchor = trace->anchors; trace->name == name && anchor; anchor = anchor->next) {
      const std::lock_guard guard(anchor->known.lock);
      delete anchor->trie.exchange(nullptr);
      anchor->known.forget_all();
      anchor->state.serving = anchor->state.waiting = 0;
      anchor->probes = 0;
    }
}

Scenario::~Scenario() {
  EXPECT_TRUE(wait_compiled());
  for (const std::string &name : {train_name, look_name, refused_name})
    forget(name);
}

Tensor Scenario::body(double rate, Middle middle) {
  std::optional<Sources> sources;
  {
    const Uncounted users_own;
    sources.emplace(Sources{w});
  }
  Tape tape;
  const Tensor y = tanh(matmul(x, w));
  const Tensor total = sum(y);
  switch (middle) {
  case Middle::nothing:
    break;
  case Middle::read:
    total.item<float>();
    break;
  case Middle::foreign:
    if (!reader.read(total))
      throw Error(ErrorCode::out_of_memory, "the reader", std::source_location::current());
    break;
  case Middle::hold:
    held = y;
    break;
  case Middle::other_op:
    held = y * 2.0 + number;
    break;
  case Middle::bad_op: {
    const Uncounted expected; // what the message is made of is not of interest
    EXPECT_THROW(y + index, Error);
    break;
  }
  }
  const Tensor loss = mean(square(y - target));
  const std::vector<Tensor> gradients = tape.gradient(loss, *sources);
  m = m.value() * 0.9 + gradients[0];
  w -= m.value() * rate;
  return loss;
}

Scenario::State Scenario::plain_step(double rate, Middle) const {
  const Uncounted scope;
  return test::plainly([&]() -> State {
    const Variable w_now(before.w);
    Tape tape;
    const Tensor loss = mean(square(tanh(matmul(x, w_now)) - target));
    const Tensor gradient = tape.gradient(loss, {w_now})[0];
    const Tensor m_next = before.m * 0.9 + gradient;
    return {before.w - m_next * rate, m_next, loss};
  });
}

static Tensor copy(const Tensor &tensor) {
  return Tensor::copy_of(tensor.contiguous().to_vector<float>(), DimList(tensor.shape()));
}

void Scenario::train(double rate, Middle middle) {
  {
    const Uncounted checking;
    before = {copy(w), copy(m), {}};
    after = plain_step(rate, middle);
  }
  const Counted scope;
  const auto step = [this](double r, Middle what) { return body(r, what); };
  TraceOptions options;
  {
    const Uncounted users_own;
    options.name = train_name;
  }
  auto traced = trace(step, std::move(options));
  const Tensor loss = traced(rate, middle);
  const float value = loss.item<float>();
  const Uncounted checking;
  const float expected = after.loss.item<float>();
  EXPECT_EQ(std::memcmp(&value, &expected, sizeof value), 0) << value << " and " << expected;
  EXPECT_TRUE(same_bits(after.w, w));
  EXPECT_TRUE(same_bits(after.m, m));
  if (middle == Middle::hold) {
    EXPECT_TRUE(same_bits(test::plainly([&] { return tanh(matmul(x, before.w)); }), held));
  } else if (middle == Middle::other_op) {
    EXPECT_TRUE(
        same_bits(test::plainly([&] { return tanh(matmul(x, before.w)) * 2.0 + number; }), held));
  }
  held = Tensor();
}

void Scenario::check_variables() {
  if (before.w.empty())
    return;
  const auto is_one_of = [](const Tensor &a, const Tensor &b, const Tensor &now) {
    return same_bits(a, now) || same_bits(b, now);
  };
  EXPECT_TRUE(is_one_of(before.w, after.w, w));
  EXPECT_TRUE(is_one_of(before.m, after.m, m));
}

/// New shapes, dtypes and attributes, views, an op with many operands.
void Scenario::eager() {
  const Counted scope;
  const Tensor zero = zeros({number + 40, 2});
  const Tensor some = zero(slice(1, number + 30)) + 1;
  const Variable variable(some);
  const float total = sum(variable).item<float>();
  std::vector<Tensor> parts;
  {
    const Uncounted users_own;
    parts.assign(20, target);
  }
  const Tensor wide = concat(std::move(parts), 1);
  const float last = wide(4, 79).item<float>();
  const Uncounted checking;
  EXPECT_EQ(total, 2.0f * static_cast<float>(number + 29));
  EXPECT_EQ(last, 0.02f * 19 - 1.0f);
}

/// Indices that are checked at the call and on the way, slices that slide.
void Scenario::look() {
  const auto f = [this](std::int64_t start) {
    const Tensor rows = take(target, index);
    const Tensor again = take(rows, argmax(x(slice(0, 2), slice(start, start + 2)), {.axis = 1}));
    return exp(again) + rows;
  };
  Tensor expected;
  TraceOptions options;
  {
    const Uncounted checking;
    expected = test::plainly([&] { return f(number % 3); });
    options.name = look_name;
  }
  const Counted scope;
  auto traced = trace(f, std::move(options));
  const Tensor result = traced(number % 3);
  static_cast<void>(traced.explain());
  const Uncounted checking;
  EXPECT_TRUE(same_bits(expected, result));
}

void Scenario::refused() {
  const auto f = [this] { return exp(x) * 3.0 - number; };
  Tensor expected;
  TraceOptions options;
  {
    const Uncounted checking;
    expected = test::plainly(f);
    options.name = refused_name;
  }
  struct Refusal {
    Refusal() { refuse_compilations(true); }
    ~Refusal() {
      EXPECT_TRUE(wait_compiled());
      refuse_compilations(false);
    }
  } const refusal;
  const Counted scope;
  auto traced = trace(f, std::move(options));
  const Tensor result = traced();
  const Uncounted checking;
  EXPECT_TRUE(same_bits(expected, result));
}

/// A tensor in a file, and the recorded traces in another.
void Scenario::files() {
  std::optional<std::filesystem::path> path;
  std::ofstream traces;
  {
    const Uncounted users_own;
    path.emplace(testing::TempDir() + "faults-" + std::to_string(getpid()) + ".npy");
    traces.open("/dev/null");
  }
  const Counted scope;
  save(*path, permute_dims(x, {1, 0}));
  const Tensor loaded = load(*path);
  save_trace(traces, train_name);
  const Uncounted checking;
  std::filesystem::remove(*path);
  EXPECT_TRUE(same_bits(test::plainly([&] { return permute_dims(x, {1, 0}); }), loaded));
}

void Scenario::run(int step) {
  mutable_options().flush_every = step == 21 ? 2 : 0;
  const double rate = 0.01 * step;
  if (step == 0)
    eager();
  else if (step <= 5)
    train(rate, Middle::nothing);
  else if (step <= 9)
    train(rate, Middle::hold);
  else if (step <= 13)
    train(rate, Middle::read);
  else if (step <= 18)
    train(rate, Middle::foreign);
  else if (step == 19)
    train(rate, Middle::other_op);
  else if (step == 20)
    train(rate, Middle::bad_op);
  else if (step <= 22)
    train(rate, Middle::nothing);
  else if (step <= 26)
    look();
  else if (step <= 30)
    refused();
  else if (step == 31)
    files();
  else
    train(rate, Middle::read);
  mutable_options().flush_every = 0;
  const Uncounted checking;
  EXPECT_TRUE(wait_compiled());
}

void Scenario::expect_compiled() {
  const auto hits = [&](const std::string &name) {
    std::uint64_t sum = 0;
    for (const TraceReport &report : explain())
      if (report.name == name)
        sum += report.hits;
    return sum;
  };
  const auto rejected = [&] {
    for (const TraceReport &report : explain())
      if (report.name == refused_name &&
          report.reject_reason.find("refused by the test") != std::string::npos)
        return report.state == "rejected";
    return false;
  };
  const std::uint64_t trained = hits(train_name), looked = hits(look_name);
  const auto done = [&] {
    return hits(train_name) > trained && hits(look_name) > looked && rejected();
  };
  for (int i = 0; i < 20 && !done(); ++i) {
    run(1);
    run(23);
    run(27);
  }
  EXPECT_TRUE(done()) << hits(train_name) - trained << " and " << hits(look_name) - looked
                      << " runs, " << (rejected() ? "rejected" : "not rejected");
}

} // namespace jit::faults
