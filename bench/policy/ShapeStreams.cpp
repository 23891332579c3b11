// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Calls with few shapes, in turn and at random: all of them should run compiled.
#include "bench/policy/Bars.h"
#include "bench/policy/Hits.h"
#include "bench/policy/Tasks.h"

#include <random>

namespace bench {

using namespace jit;

static Tensor some_ops(const Tensor &x) { return relu(x * 2 + 1) * 0.5 + tanh(x); }

/// Words: number of shapes, order (turn or random), calls.
void shapes_task(const Words &words) {
  const auto count = static_cast<std::size_t>(std::stoi(words.at(1)));
  const bool in_turn = words.at(2) == "turn";
  const long calls = std::stol(words.at(3));
  Generator random(3);
  std::vector<Tensor> inputs;
  for (std::size_t i = 0; i < count; ++i)
    inputs.push_back(normal(random, {2000 + 200 * static_cast<std::int64_t>(i)}));
  auto traced = jit::trace(some_ops, {"shapes"});
  std::mt19937 order(5);
  bool equal = true;
  std::uint64_t before = 0;
  for (long i = 0; i < calls; ++i) {
    if (i == calls / 2)
      before = hits_of("shapes");
    const Tensor &x = inputs[in_turn ? static_cast<std::size_t>(i) % count : order() % count];
    const Tensor y = traced(x);
    if (i % 997 == 0 || i + 40 > calls)
      equal &= same_bits(y, some_ops(x));
  }
  const auto hits = static_cast<double>(hits_of("shapes"));
  say("share", (hits - static_cast<double>(before)) / static_cast<double>(calls - calls / 2));
  say("whole", hits / static_cast<double>(calls));
  say("equal", equal);
}

static Tensor chain(Tensor x, double offset) {
  for (int i = 0; i < 4; ++i)
    x = x * 1.5 + offset - x * x;
  return x;
}
constexpr std::size_t chain_ops = 16;

/// Words: loser (a path that gains nothing, taken twice after each chain) or behind (a chain behind
/// a segment that gains nothing), calls.
void mixed_task(const Words &words) {
  const bool behind = words.at(1) == "behind";
  const long calls = std::stol(words.at(2));
  Generator random(3);
  const Tensor m = normal(random, {48, 48}) * 0.01, x = normal(random, {4000}) * 0.1;
  const auto body = [&](bool wins) {
    if (!behind)
      return wins ? chain(x, 0.25) : matmul(m, m);
    return chain(x, matmul(m, m)(0, 0).item<float>());
  };
  auto traced = jit::trace(body, {"mixed"});
  bool equal = true;
  double chains = 0;
  std::uint64_t before = 0;
  for (long i = 0; i < calls; ++i) {
    if (i == calls / 2) {
      before = hits_of("mixed", chain_ops);
      chains = 0;
    }
    const bool wins = behind || i % 3 == 0;
    chains += wins;
    const Tensor y = traced(wins);
    if (i % 997 == 0 || i + 40 > calls)
      equal &= same_bits(y, body(wins));
  }
  say("share", static_cast<double>(hits_of("mixed", chain_ops) - before) / chains);
  say("equal", equal);
}

static void few_shapes(Bars &bars, const std::string &calls) {
  for (const char *count : {"2", "4", "8", "16"})
    for (const char *order : {"turn", "random"}) {
      const ChildResult child = run_child({"shapes", count, order, calls});
      bars.add(std::string(count) + " shapes, " + (*order == 't' ? "in turn" : "at random") +
                   ": calls compiled",
               {Bar::at_least, 0.98, ""}, child["share"], child.good(),
               "in the second half; of all " + short_text(child["whole"]));
    }
}

static void mixed_streams(Bars &bars, const std::string &calls) {
  for (const auto &[kind, name] :
       {std::pair("loser", "a winner beside a loser: winner compiled"),
        std::pair("behind", "a heavy segment behind one without gain")}) {
    const ChildResult child = run_child({"mixed", kind, calls});
    bars.add(name, {Bar::at_least, 0.98, ""}, child["share"], child.good(), "in the second half");
  }
}

void stream_bars(Bars &bars) {
  const std::string calls = bars.settings.quick ? "3000" : "1000000";
  few_shapes(bars, calls);
  mixed_streams(bars, calls);
}

} // namespace bench
