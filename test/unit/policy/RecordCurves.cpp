// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// record-curves KIND BUSY SECONDS FILE: records how fast one thread gets on, for CurvesTest. KIND
// is `arithmetic` (in registers and the first cache) or `memory` (streams through 64 MiB); BUSY
// processes spin beside it at nice 5. Put `taskset -c 0` before it to have all on one processor.
// Built with the tests, run by hand; curves/README.md says how the files were made.
#include "test/unit/policy/Curve.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

double seconds(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// A process that spins until this one ends or kills it.
pid_t spin() {
  const pid_t child = fork();
  if (child != 0)
    return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (nice(5) == -1)
    _exit(1);
  for (volatile unsigned turns = 0;;)
    turns = turns + 1;
}

/// Passes over a ring of numbers, a part at a time.
class Work {
public:
  Work(std::size_t bytes, std::size_t bytes_at_once)
      : ring(bytes / sizeof(float), 1), part(bytes_at_once / sizeof(float)) {}
  void run(int parts) {
    for (; parts > 0; --parts) {
      float *const values = &ring[at];
      for (std::size_t i = 0; i < part; ++i)
        values[i] = values[i] * 0.999f + 0.001f;
      at = (at + part) % ring.size();
    }
  }

private:
  std::vector<float> ring;
  std::size_t part, at = 0;
};

/// Parts that take about `quantum_us`, by the fastest of many tries.
int calibrate(Work &work, double quantum_us) {
  constexpr int parts = 64;
  double best = 1;
  for (int i = 0; i < 500; ++i) {
    const double begin = seconds(CLOCK_THREAD_CPUTIME_ID);
    work.run(parts);
    best = std::min(best, seconds(CLOCK_THREAD_CPUTIME_ID) - begin);
  }
  return std::max(1, static_cast<int>(quantum_us * 1e-6 / best * parts));
}

void record(Work &work, double wanted_seconds, const std::string &file) {
  constexpr double quantum_us = 16;
  const int parts = calibrate(work, quantum_us);
  std::vector<double> ns;
  const double wall_begin = seconds(CLOCK_MONOTONIC);
  double wall = wall_begin, cpu = seconds(CLOCK_THREAD_CPUTIME_ID), away = 0;
  const double cpu_begin = cpu;
  int gaps = 0;
  ns.reserve(static_cast<std::size_t>(wanted_seconds * 1e6 / quantum_us));
  while (ns.size() < ns.capacity()) {
    work.run(parts);
    const double wall_now = seconds(CLOCK_MONOTONIC), cpu_now = seconds(CLOCK_THREAD_CPUTIME_ID);
    ns.push_back((cpu_now - cpu) * 1e9);
    if (const double gap = (wall_now - wall) - (cpu_now - cpu); gap > 50e-6) {
      ++gaps;
      away += gap;
    }
    wall = wall_now;
    cpu = cpu_now;
  }
  const std::string text = jit::curve_text(ns);
  std::ofstream(file, std::ios::binary) << text;
  std::printf("%s: %zu quanta, %zu bytes, %.2f s of processor in %.2f s, %d gaps of %.2f s\n",
              file.c_str(), ns.size(), text.size(), cpu - cpu_begin, wall - wall_begin, gaps, away);
}

} // namespace

int main(int count, char **words) {
  const std::string kind = count == 5 ? words[1] : "";
  if (kind != "arithmetic" && kind != "memory") {
    std::fprintf(stderr, "usage: record-curves arithmetic|memory BUSY SECONDS FILE\n");
    return 2;
  }
  std::vector<pid_t> busy;
  for (int i = std::atoi(words[2]); i > 0; --i)
    busy.push_back(spin());
  Work work(kind == "memory" ? 64u << 20 : 16u << 10, 4096);
  record(work, std::atof(words[3]), words[4]);
  for (const pid_t process : busy) {
    kill(process, SIGKILL);
    waitpid(process, nullptr, 0);
  }
}
