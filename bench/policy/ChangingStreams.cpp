// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Calls whose ops or shapes do not repeat, for a time or ever: they should cost what eager costs.
#include "bench/policy/Bars.h"
#include "bench/policy/Hits.h"
#include "bench/policy/Tasks.h"

#include <algorithm>
#include <random>

namespace bench {

using namespace jit;

namespace {

/// Twenty ops, always the same ones or drawn.
struct Walk {
  std::mt19937 drawn{3};
  Tensor x, y;
  Tensor operator()(bool regular) {
    Tensor a = x;
    for (unsigned i = 0; i < 20; ++i)
      switch (regular ? i % 4 : drawn() % 4) {
      case 0:
        a = a * y;
        break;
      case 1:
        a = a + x;
        break;
      case 2:
        a = maximum(a, y);
        break;
      default:
        a = a - y;
      }
    return a;
  }
};

Walk make_walk(std::int64_t n) {
  Walk walk;
  walk.x = full({n}, 0.5);
  walk.y = full({n}, 0.25);
  return walk;
}

/// A shape of six axes that no other call has.
DimList shape_of(long call) {
  DimList shape;
  long rest = call * 7919 % 117649;
  for (int axis = 0; axis < 6; ++axis, rest /= 7)
    shape.push_back(1 + rest % 7);
  return shape;
}

double middle(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

} // namespace

/// Words: calls in each of the phases regular, random, regular.
void phases_task(const Words &words) {
  const long calls = std::stol(words.at(1));
  Walk walk = make_walk(3000);
  const Tensor expected = walk(true);
  auto traced = jit::trace([&](bool regular) { return walk(regular); }, {"phases"});
  bool equal = true;
  for (long i = 0; i < calls; ++i)
    equal &= i % 997 || same_bits(traced(true), expected);
  for (long i = 0; i < calls; ++i)
    traced(true);
  for (long i = 0; i < calls; ++i)
    traced(false);
  // The pass from which all of a window were compiled.
  constexpr long window = 20;
  long compiled_at = calls;
  std::uint64_t before = hits_of("phases"), begin = before;
  for (long i = 1; i <= calls; ++i) {
    const Tensor result = traced(true);
    if (i % window)
      continue;
    equal &= same_bits(result, expected);
    const std::uint64_t hits = hits_of("phases");
    if (hits - before >= window)
      compiled_at = std::min(compiled_at, i - window);
    before = hits;
  }
  say("compiled_at", static_cast<double>(compiled_at));
  say("share", static_cast<double>(before - begin) / static_cast<double>(calls));
  say("equal", equal);
}

/// Words: ops (that are drawn) or shapes (that are new), calls. Says the time of a call.
void fresh_task(const Words &words) {
  const long calls = std::stol(words.at(2));
  double sum = 0;
  const auto look = [&](long i, const Tensor &result) {
    if (i % 997 == 0)
      sum += jit::sum(result).item<float>();
  };
  const double begin = now(1);
  if (words.at(1) == "ops") {
    auto traced = jit::trace(make_walk(64), {"fresh ops"});
    for (long i = 0; i < calls; ++i)
      look(i, traced(false));
  } else {
    auto traced = jit::trace([](const Tensor &x) { return relu(x * 2 + 1) * 0.5 + x; }, {"fresh"});
    for (long i = 0; i < calls; ++i)
      look(i, traced(ones(shape_of(i))));
  }
  say("seconds", now(1) - begin);
  say("sum", sum);
}

static void fresh_stream(Bars &bars, const std::string &kind, const std::string &calls) {
  std::vector<double> ratios;
  bool good = true;
  for (int round = 0; round < (bars.settings.quick ? 1 : 5); ++round) {
    const ChildResult off = run_child({"fresh", kind, calls}, "off");
    const ChildResult on = run_child({"fresh", kind, calls});
    good &= off.good() && on.good() && off["sum"] == on["sum"];
    ratios.push_back(off["seconds"] / on["seconds"]);
  }
  bars.add(kind + " that never repeat: speed against mode off", {Bar::at_least, 0.98, ""},
           middle(ratios), good,
           "worst " + short_text(*std::min_element(ratios.begin(), ratios.end())) + ", best " +
               short_text(*std::max_element(ratios.begin(), ratios.end())));
}

void changing_stream_bars(Bars &bars) {
  const ChildResult child = run_child({"phases", bars.settings.quick ? "400" : "20000"});
  bars.add("regular, random, regular: passes until compiled", {Bar::at_most, 300, ""},
           child["compiled_at"], child.good(),
           "of the last phase compiled " + short_text(child["share"]));
  fresh_stream(bars, "ops", bars.settings.quick ? "1000" : "1000000");
  fresh_stream(bars, "shapes", bars.settings.quick ? "1000" : "300000");
}

} // namespace bench
