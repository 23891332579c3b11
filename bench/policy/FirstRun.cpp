// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How soon a program that repeats runs compiled, and what its compilation takes of a processor.
#include "bench/policy/Bars.h"
#include "bench/policy/Hits.h"
#include "bench/policy/Models.h"
#include "bench/policy/Tasks.h"

#include "runtime/kernels/ThreadPool.h"

#include <algorithm>
#include <ctime>

namespace bench {

namespace {

/// Processor time of the other threads of this process, in ms: with one thread in the pool, of the
/// compile thread.
double compile_thread_ms() {
  timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  const double process =
      static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  return 1e3 * (process - now(1));
}

/// The compiler is open and has been used.
void wait_for_compiler() {
  jit::set_thread_count(1);
  jit::wait_compiled();
}

void run_both(const Workload &model) {
  model.eager();
  model.traced();
}

} // namespace

/// Words: model.
void first_run_task(const Words &words) {
  wait_for_compiler();
  const Workload model = make_model(words.at(1));
  model.traced();
  model.traced();
  const double begin = now(0), cpu = compile_thread_ms();
  while (hits_of(model.trace) == 0 && now(0) - begin < 60)
    model.traced();
  say("wall_ms", 1e3 * (now(0) - begin));
  say("cpu_ms", compile_thread_ms() - cpu);
}

/// Words: model. Says what it takes, and what a chain of twenty ops does, by the same clock.
void compile_time_task(const Words &words) {
  wait_for_compiler();
  const auto compile_ms = [](const Workload &model) {
    run_both(model);
    run_both(model);
    const double begin = compile_thread_ms();
    jit::wait_compiled();
    return compile_thread_ms() - begin;
  };
  std::vector<double> chains;
  for (std::int64_t i = 0; i < 9; ++i)
    chains.push_back(compile_ms(chain_of_twenty(1000 + i)));
  std::sort(chains.begin(), chains.end());
  const Workload model = make_model(words.at(1));
  say("model_ms", compile_ms(model));
  say("chain_ms", chains[chains.size() / 2]);
  const Outcome outcome = settle(model);
  say("equal", outcome.equal);
  Rates rates;
  refresh(rates, {}, 1, true);
  say("clock", rates.clock);
}

void first_run_bars(Bars &bars) {
  const double budget = bars.settings.busy ? 150 : bars.settings.pin ? 100 : 50;
  const int rounds = bars.settings.quick ? 1 : 5;
  for (const char *model : {"chain", "gru", "transformer", "barrier"}) {
    std::vector<std::pair<double, double>> found; // beyond the processor time, that time
    bool good = true;
    for (int i = 0; i < rounds; ++i) {
      const ChildResult child = run_child({"first-run", model});
      good &= child.good();
      found.emplace_back(child["wall_ms"], child["cpu_ms"]);
    }
    std::sort(found.begin(), found.end());
    const auto [wall, cpu] = found[found.size() / 2];
    const bool chain = std::string(model) == "chain";
    bars.add(std::string(model) + ": second repeat to first compiled run",
             {Bar::at_most, chain ? budget : cpu + 30, "ms"}, wall, good,
             short_text(cpu) + " ms of the compile thread; best " +
                 short_text(found.front().first) + ", worst " + short_text(found.back().first));
  }
}

void compile_time_bars(Bars &bars) {
  bool first = true;
  for (const auto &[model, limit] :
       {std::pair("gru", 43.0), std::pair("transformer", 29.0), std::pair("barrier", 39.0)}) {
    const ChildResult child = run_child({"compile-time", model});
    if (std::exchange(first, false))
      bars.add("compiling a chain of 20 ops", {Bar::at_most, 30, "M cycles"},
               1e-9 * child["chain_ms"] * child["clock"], child.good(),
               short_text(child["chain_ms"]) + " ms");
    bars.add(std::string("compiling ") + model + ", in chains of 20 ops", {Bar::at_most, limit, ""},
             child["model_ms"] / child["chain_ms"], child.good(),
             short_text(child["model_ms"]) + " ms");
  }
}

} // namespace bench
