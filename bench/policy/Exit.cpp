// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the end of a process waits for while programs are queued and compiled.
#include "bench/policy/Bars.h"
#include "bench/policy/Tasks.h"

#include <tracejit/compiler.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace bench {

using namespace jit;

/// Words: traces, milliseconds between the last call and the end of main.
void exit_task(const Words &words) {
  const int traces = std::stoi(words.at(1));
  if (traces > 0) // LLVM being opened is a case of its own
    while (compiler_status().state == CompilerState::opening)
      std::this_thread::yield();
  Generator random(1);
  const Tensor x = normal(random, {32, 32}), w = normal(random, {32, 32}) * 0.1;
  for (int id = 0; id < traces; ++id) {
    auto unrolled = jit::trace(
        [&] {
          Tensor h = x;
          for (int i = 0; i < 400 - id; ++i)
            h = tanh(matmul(h, w) + x) * 0.5 + 0.5 * h;
          return h;
        },
        {"unrolled " + std::to_string(id)});
    for (int i = 0; i < 3; ++i)
      unrolled();
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(std::stoi(words.at(2))));
}

namespace {

struct Ends {
  std::vector<double> wall_ms, cpu_ms;
  bool good = true;
  double middle() const { return wall_ms[wall_ms.size() / 2]; }
  double middle_cpu() const { return cpu_ms[cpu_ms.size() / 2]; }
};

/// Ends after ever longer waits, up to `longest` milliseconds.
Ends end_processes(int count, int traces, int longest, const std::string &options) {
  Ends ends;
  for (int i = 0; i < count; ++i) {
    const ChildResult child =
        run_child({"exit", std::to_string(traces), std::to_string(longest * i / count)}, options);
    ends.good &= child.good();
    ends.wall_ms.push_back(child.exit_ms);
    ends.cpu_ms.push_back(child.exit_cpu_ms);
  }
  std::sort(ends.wall_ms.begin(), ends.wall_ms.end());
  std::sort(ends.cpu_ms.begin(), ends.cpu_ms.end());
  return ends;
}

void add_worst(Bars &bars, const std::string &what, const Ends &on, const Ends &off, double limit) {
  bars.add(what + ": processor time, worst", {Bar::at_most, limit, "ms"},
           on.cpu_ms.back() - off.middle_cpu(), on.good && off.good,
           "beyond mode off (" + short_text(off.middle_cpu()) + " ms); wall " +
               short_text(on.wall_ms.back()) + " ms, in mode off at most " +
               short_text(off.wall_ms.back()) + " ms");
}

} // namespace

void exit_bars(Bars &bars) {
  const int count = bars.settings.quick ? 2 : 200;
  const int longest = bars.settings.quick ? 50 : 600;
  const Ends off = end_processes(std::max(2, count / 4), 2, 0, "off");
  const Ends on = end_processes(count, 2, longest, "");
  const std::string runs = std::to_string(count) + " ends while compiling";
  bars.add(
      runs + ": median", {Bar::at_most, 5, "ms"}, on.middle() - off.middle(), on.good && off.good,
      "beyond mode off (" + short_text(off.middle()) + " ms); processor time " +
          short_text(on.middle_cpu()) + " ms, in mode off " + short_text(off.middle_cpu()) + " ms");
  add_worst(bars, runs, on, off, 15);
  add_worst(bars, "ends while LLVM is opened", end_processes(std::max(2, count / 4), 0, 0, ""), off,
            50);
}

} // namespace bench
