// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a process holds, and what compiled training steps hold at most.
#include "bench/policy/Bars.h"
#include "bench/policy/Hits.h"
#include "bench/policy/Models.h"
#include "bench/policy/Tasks.h"

#include "runtime/base/SystemMemory.h"
#include "runtime/kernels/ThreadPool.h"

#include <tracejit/compiler.h>

#include <algorithm>
#include <fstream>
#include <unistd.h>

namespace bench {

using namespace jit;

namespace {

double resident_mb() {
  std::ifstream file("/proc/self/statm");
  double whole = 0, resident = 0;
  file >> whole >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

/// Most bytes alive at once during a call, those alive before included.
double peak_bytes(const std::function<Results()> &step) {
  reset_memory_peak();
  step();
  return static_cast<double>(memory_stats().peak_live_bytes);
}

double middle_seconds(const std::function<Results()> &step, int calls) {
  std::vector<double> times;
  for (int i = 0; i < calls; ++i) {
    const double begin = now(1);
    step();
    times.push_back(now(1) - begin);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

} // namespace

/// A short program: resident memory after its first compilation, if it is compiled.
void resident_task(const Words &) {
  const Workload chain = chain_of_twenty(1000);
  for (int i = 0; i < 20; ++i) {
    chain.traced();
    wait_compiled();
  }
  say("resident", resident_mb());
  say("compiled", is_active(chain.trace));
}

/// Words: batch, length, layers, width of a transformer.
void training_task(const Words &words) {
  set_thread_count(1);
  const TransformerSize size{std::stol(words.at(1)), std::stol(words.at(2)), std::stol(words.at(3)),
                             std::stol(words.at(4))};
  const Workload model = transformer_training(size);
  const Outcome outcome = settle(model);
  say("equal", outcome.equal);
  say("active", outcome.state == "active");
  const double eager_peak = peak_bytes(model.eager), compiled_peak = peak_bytes(model.traced);
  const auto left = static_cast<double>(system_memory_left());
  say("eager_mb", 1e-6 * eager_peak);
  say("compiled_mb", 1e-6 * compiled_peak);
  say("budget_mb", 1e-6 * (eager_peak + std::max({eager_peak / 8, 1024.0 * 1024, left / 64})));
  std::vector<double> ratios;
  for (int round = 0; round < 5; ++round)
    ratios.push_back(middle_seconds(model.eager, 5) / middle_seconds(model.traced, 5));
  std::sort(ratios.begin(), ratios.end());
  say("ratio", ratios[ratios.size() / 2]);
}

void memory_bars(Bars &bars) {
  const ChildResult off = run_child({"resident"}, "off");
  bars.add("resident memory in mode off", {Bar::at_most, 12, "MB"}, off["resident"], off.good());
  const ChildResult on = run_child({"resident"}, "trial=off");
  bars.add("resident memory after the first compilation", {Bar::at_most, 60, "MB"}, on["resident"],
           on.good() && on["compiled"] == 1, "the bar is for a compiler that holds its LLVM");
}

void training_bars(Bars &bars) {
  const std::vector<Words> sizes = {{"8", "24", "1", "64"},  {"2", "24", "2", "64"},
                                    {"8", "24", "2", "64"},  {"8", "24", "4", "64"},
                                    {"32", "24", "2", "64"}, {"8", "64", "2", "64"},
                                    {"16", "64", "2", "128"}};
  for (const Words &size : sizes) {
    if (bars.settings.quick && &size != &sizes.front())
      break;
    const std::string name =
        "transformer " + size[0] + "x" + size[1] + "," + size[2] + "," + size[3];
    const ChildResult child = run_child({"training", size[0], size[1], size[2], size[3]});
    const bool good = child.good() && child["active"] == 1;
    bars.add(name + ": eager / compiled", {Bar::at_least, 1, ""}, child["ratio"], good,
             child["active"] == 1 ? "" : "not compiled");
    bars.add(name + ": peak memory", {Bar::at_most, child["budget_mb"], "MB"}, child["compiled_mb"],
             good, "eager " + short_text(child["eager_mb"]) + " MB");
  }
}

} // namespace bench
