// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "bench/suite/Suite.h"

#include "runtime/kernels/ThreadPool.h"

namespace bench {

namespace {

struct Times {
  double eager = 1e9, again = 1e9, compiled = 1e9;
};

double seconds_of(const std::function<Results()> &body, int repeats, int threads) {
  const double begin = now(threads);
  for (int i = 0; i < repeats; ++i)
    body();
  return (now(threads) - begin) / repeats;
}

} // namespace

Row Suite::compare(const Workload &workload, const Work &work, int threads,
                   const std::string &unit) {
  jit::force_thread_count(threads);
  const Outcome outcome = settle(workload);
  Rates &limits = rates(threads);
  refresh(limits, work, threads, settings.quick);

  Times times;
  const double once = seconds_of(workload.eager, 1, threads);
  const int repeats = std::clamp(static_cast<int>(2e-4 / std::max(once, 1e-9)), 1, 1000);
  const double begin = now(0);
  const double patience = settings.quick ? 0 : 1.5;
  for (int round = 0;
       round < 2 || (round < 200 && now(0) - begin < patience) || (round < 9 && !settings.quick);
       ++round) {
    const auto keep = [&](double &best, const std::function<Results()> &body) {
      best = std::min(best, seconds_of(body, repeats, threads));
    };
    keep(times.eager, workload.eager);
    keep(times.compiled, workload.traced);
    keep(times.again, workload.eager);
    refresh(limits, work, threads, settings.quick);
  }
  jit::force_thread_count(1);

  const double factor = unit == "cycles" ? limits.clock : unit == "us" ? 1e6 : 1e3;
  Row row;
  row.name = workload.name;
  row.threads = threads;
  row.unit = unit;
  row.outputs_equal = outcome.equal;
  row.eager = std::min(times.eager, times.again) * factor;
  row.compiled = times.compiled * factor;
  if (outcome.equal) // different results have no speed-up
    row.ratio = *row.eager / *row.compiled;
  const double limit = work.seconds(limits, threads);
  if (limit > 0)
    row.limit_fraction = limit / times.compiled;
  if (outcome.state != "active")
    row.note = outcome.state + " " + outcome.reason.substr(0, outcome.reason.find(':'));

  const double ratio = times.eager / times.compiled;
  if (ratio < worst_ratio) {
    worst_ratio = ratio;
    worst_name = row.name + ", threads " + std::to_string(threads);
  }
  worst_again = std::min(worst_again, times.eager / times.again);
  if (outcome.state == "rejected" && rejected.find(row.name) == rejected.npos)
    rejected += (rejected.empty() ? "" : ", ") + row.name;
  return row;
}

void Suite::add(Row row, const std::string &target, bool met) {
  row.target = target;
  row.met = met && row.outputs_equal;
  print(row);
  rows.push_back(std::move(row));
}

void Suite::add_worst() {
  if (worst_name.empty())
    return;
  Row row;
  row.name = "worst eager/compiled of the suite";
  row.unit = "ratio";
  row.ratio = worst_ratio;
  row.note = worst_name + "; worst eager/eager " + std::to_string(worst_again) +
             "; rejected: " + (rejected.empty() ? "none" : rejected);
  for (const Row &other : rows)
    row.outputs_equal &= other.outputs_equal;
  const bool met = worst_ratio >= 0.98 * std::min(worst_again, 1.0);
  add(std::move(row), ">= 0.98 of eager/eager", met);
}

} // namespace bench
