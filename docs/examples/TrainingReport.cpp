// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "TrainingReport.h"

#include <tracejit/memory.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <numeric>
#include <unistd.h>

TrainingReport::TrainingReport(const DemoSettings &settings)
    : epochs(settings.epochs), terminal(isatty(STDOUT_FILENO) != 0) {}

void TrainingReport::begin_step() {
  jit::reset_memory_peak();
  live_before = jit::memory_stats().live_bytes;
  began = Clock::now();
}

void TrainingReport::finish_step(int epoch, float loss) {
  const std::chrono::duration<double, std::milli> passed = Clock::now() - began;
  steps.push_back({passed.count(), jit::memory_stats().peak_live_bytes - live_before});
  loss_curve.push_back(loss);
  if (terminal)
    draw(epoch, loss);
}

void TrainingReport::look(const std::vector<jit::TraceReport> &traces) {
  std::uint64_t now = 0;
  double compiling = 0;
  std::uint64_t arenas = 0;
  settled = !traces.empty();
  rejected = settled;
  for (const jit::TraceReport &trace : traces) {
    now += trace.hits;
    compiling += trace.compile_ms;
    arenas += trace.arena_bytes;
    rejected &= trace.state == "rejected";
    settled &= trace.state == "active" || trace.state == "rejected";
  }
  if (now == hits)
    last_eager = steps.size();
  else if (!first_compiled)
    first_compiled = steps.size();
  hits = now;
  arena_bytes = std::max(arena_bytes, static_cast<std::int64_t>(arenas));
  compile_ms = std::max(compile_ms, compiling); // a program that lost its trial is gone
}

void TrainingReport::draw(int epoch, float loss) {
  const Clock::time_point now = Clock::now();
  if (now - drawn < std::chrono::milliseconds(100))
    return;
  drawn = now;
  std::printf("\r\033[Kepoch %d of %d, step %zu: loss %.4f, %.2f ms, %s\r", epoch, epochs,
              steps.size(), static_cast<double>(loss), steps.back().ms,
              rejected || last_eager + 1 == steps.size() ? "eager" : "compiled");
  std::fflush(stdout);
}

double TrainingReport::mean_loss() const {
  const std::size_t count = std::min<std::size_t>(100, loss_curve.size());
  return std::accumulate(loss_curve.end() - static_cast<std::ptrdiff_t>(count), loss_curve.end(),
                         0.0) /
         static_cast<double>(std::max<std::size_t>(count, 1));
}

template <class T> static T median(std::vector<T> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double TrainingReport::ms_per_step() const {
  std::vector<double> times;
  for (const Step &step : steps)
    times.push_back(step.ms);
  return times.empty() ? 0 : median(std::move(times));
}

/// Steps begin + 1 to end. `kept`: bytes for temporaries that stay from step to step.
void TrainingReport::print_phase(const char *name, std::size_t begin, std::size_t end,
                                 std::int64_t kept) const {
  if (begin >= end)
    return;
  std::vector<double> times;
  std::vector<std::int64_t> peaks;
  for (std::size_t i = begin; i < end; ++i) {
    times.push_back(steps[i].ms);
    peaks.push_back(steps[i].peak + kept);
  }
  std::printf("  step %5zu to %5zu  %-9s %8.3f ms a step, %8.2f MB at the peak (medians)\n",
              begin + 1, end, name, median(std::move(times)),
              static_cast<double>(median(std::move(peaks))) / 1e6);
}

void TrainingReport::print_timeline() const {
  std::printf("\ntimeline of %zu training steps:\n", steps.size());
  const std::size_t eager_end = first_compiled ? first_compiled - 1 : steps.size();
  // The first step also warms up caches and memory.
  print_phase("eager", eager_end > 1 ? 1 : 0, eager_end, 0);
  if (!first_compiled) {
    std::printf("  no compiled code was swapped in (mode off, no compiler, or too short a run)\n");
    return;
  }
  std::printf(
      "  step %5zu           swap: compiled in the background in %.1f ms, first used here\n",
      first_compiled, compile_ms);
  const std::size_t trial_end = std::max(last_eager, first_compiled);
  print_phase("on trial", first_compiled - 1, trial_end, arena_bytes);
  if (rejected)
    std::printf("  the trial saw no gain; the reason is below\n");
  print_phase(rejected ? "eager" : "compiled", trial_end, steps.size(), rejected ? 0 : arena_bytes);
}

void TrainingReport::write(const std::filesystem::path &path) const {
  std::ofstream file(path);
  file << ms_per_step() << "\n";
  for (float loss : loss_curve) {
    std::uint32_t bits;
    std::memcpy(&bits, &loss, sizeof(bits));
    file << bits << "\n";
  }
  if (!file.flush())
    throw std::runtime_error("cannot write " + path.string());
}
