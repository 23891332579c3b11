// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Named locals that are alive when a number is read, against the same arithmetic as one expression.
#include "bench/policy/Bars.h"
#include "bench/policy/Tasks.h"

#include <algorithm>
#include <cmath>

namespace bench {

using namespace jit;

static float with_names(const Tensor &x) {
  const Tensor a = x * 2.0;
  const Tensor b = square(a) + 1.0;
  const Tensor c = b + 0.5 * x;
  const Tensor d = c * 0.7 - 0.1;
  const Tensor e = square(d);
  const Tensor loss = mean(e);
  return loss.item<float>();
}

static float nested(const Tensor &x) {
  return mean(square(((square(x * 2.0) + 1.0) + 0.5 * x) * 0.7 - 0.1)).item<float>();
}

/// Words: elements, calls.
void locals_task(const Words &words) {
  Generator random(1);
  const Tensor x = normal(random, {std::stol(words.at(1))});
  const long calls = std::stol(words.at(2));
  auto first = jit::trace(with_names, {"named"}), second = jit::trace(nested, {"nested"});
  std::vector<double> first_times, second_times;
  bool equal = true;
  const float expected = nested(x);
  const auto timed = [&](auto &f, std::vector<double> &times) {
    const double begin = now(0);
    equal &= f(x) == expected;
    times.push_back(now(0) - begin);
  };
  for (long i = 0; i < calls; ++i) {
    timed(first, first_times);
    timed(second, second_times);
    if (i < calls / 2 && i % 8 == 0)
      wait_compiled();
  }
  const auto middle = [&](std::vector<double> &times) {
    times.erase(times.begin(), times.begin() + calls / 2);
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
  };
  say("named", middle(first_times));
  say("nested", middle(second_times));
  say("equal", equal);
}

void locals_bars(Bars &bars) {
  for (const char *size : {"1000000", "100000"}) {
    const ChildResult child = run_child({"locals", size, bars.settings.quick ? "20" : "600"});
    bars.add(std::string("named locals at item, ") + size + " elements: to nested",
             {Bar::at_most, 1.15, ""}, child["named"] / child["nested"], child.good(),
             short_text(1e6 * child["named"]) + " and " + short_text(1e6 * child["nested"]) +
                 " us");
  }
}

} // namespace bench
