// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Steps with one thread, with all and with as many as the pool chooses, on the machine as it is and
// beside a process that keeps a CPU busy.
#include "bench/suite/Suite.h"

#include "runtime/kernels/ThreadPool.h"

#include <cmath>
#include <csignal>
#include <optional>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace bench {

namespace {

using namespace jit;

/// A process that spins at a lower priority than ours, for the scope.
class BusyProcess {
public:
  BusyProcess() : child(fork()) {
    if (child != 0)
      return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    [[maybe_unused]] const int priority = nice(5);
    for (;;)
      asm volatile("");
  }
  ~BusyProcess() {
    if (child > 0) {
      kill(child, SIGKILL);
      waitpid(child, nullptr, 0);
    }
  }
  BusyProcess(const BusyProcess &) = delete;

private:
  pid_t child;
};

/// Some kernels one after the other, with an observation as programs have it.
Workload step(std::int64_t n) {
  return make_workload("step of " + std::to_string(n), [n] {
    Generator random(21);
    const Tensor x = uniform(random, {n / 100, 100}), y = uniform(random, {n / 100, 100});
    return [x, y] {
      const Tensor a = tanh(x * 0.5 + y) * 0.9;
      const float most = max(sum(a, {.axis = 1})).item<float>();
      const Tensor b = sqrt(square(a - most) + y);
      return Results{b, sum(b * a, {.axis = 1})};
    };
  });
}

/// Wall time of a step, in seconds: forced to one thread, forced to all, left to the pool. Means,
/// since a machine that others use is in two minds: a median takes one side, of each way another.
struct Ways {
  static constexpr int count = 3;
  int threads[count] = {1, 2, 0};
  double times[count] = {};
  bool equal = true;
};

Ways time_ways(const std::function<Results()> &body, bool quick) {
  Ways ways;
  force_thread_count(0);
  ways.threads[1] = thread_count();
  const Results expected = body();
  for (const double begin = now(0); now(0) - begin < (quick ? 0 : 1);)
    body(); // the pool sees what the machine is like now
  const double least = quick ? 0 : 0.02;
  const int rounds = quick ? 2 : 50;
  for (int round = 0; round < rounds; ++round)
    for (int way = 0; way < Ways::count; ++way) {
      force_thread_count(ways.threads[way]);
      ways.equal &= same_bits(expected, body()); // starts the workers, too
      const double begin = now(0);
      int steps = 0;
      do
        body();
      while (++steps < 2 || now(0) - begin < least);
      ways.times[way] += (now(0) - begin) / steps / rounds;
    }
  force_thread_count(1);
  return ways;
}

void add_row(Suite &suite, const std::string &name, const std::function<Results()> &body,
             bool equal) {
  const Ways ways = time_ways(body, suite.settings.quick);
  const double one = ways.times[0] * 1e6, all = ways.times[1] * 1e6;
  Row row;
  row.name = name;
  row.threads = ways.threads[1];
  row.unit = "us";
  row.eager = std::min(one, all);
  row.compiled = ways.times[2] * 1e6;
  row.ratio = *row.eager / *row.compiled;
  row.outputs_equal = equal && ways.equal;
  row.note = "better of one " + std::to_string(std::lround(one)) + " and all " +
             std::to_string(std::lround(all)) + ", against chosen";
  suite.add(std::move(row), ">= 0.91 of the better", *row.ratio >= 1 / 1.1);
}

} // namespace

void pool(Suite &suite) {
  const std::vector<std::int64_t> sizes = suite.settings.quick
                                              ? std::vector<std::int64_t>{70'000}
                                              : std::vector<std::int64_t>{100'000, 1'000'000};
  for (const std::int64_t n : sizes) {
    const Workload workload = step(n);
    const Outcome outcome = settle(workload);
    for (const bool busy : {false, true}) {
      std::optional<BusyProcess> process;
      if (busy)
        process.emplace();
      const std::string where = workload.name + (busy ? ", one busy" : ", alone");
      add_row(suite, "eager " + where, workload.eager, outcome.equal);
      add_row(suite, "compiled " + where, workload.traced, outcome.equal);
    }
  }
}

} // namespace bench
