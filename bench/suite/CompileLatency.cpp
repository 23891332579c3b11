// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How long a hot path waits for its program, and what a step pays that meets a compilation.
#include "bench/suite/Suite.h"

#include <cmath>

namespace bench {

namespace {

using namespace jit;

/// Twenty ops; every `id` is a trace of its own.
auto chain(const std::string &kind, int id) {
  return jit::trace(
      [](Tensor x) {
        for (int i = 0; i < 10; ++i)
          x = tanh(x) * 1.5;
        return x;
      },
      {kind + " " + std::to_string(id)});
}

double middle(std::vector<double> values, double share) {
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

void hot_to_callable(Suite &suite) {
  const int count = suite.settings.quick ? 3 : 30;
  std::vector<double> waits;
  for (int i = 0; i < count; ++i) {
    const Tensor x = full({512 + i}, 0.25);
    auto f = chain("hot to callable", i);
    f(x);
    f(x);
    const double begin = now(0);
    wait_compiled();
    if (i > 0) // the first one loads and builds what all others share
      waits.push_back(now(0) - begin);
  }
  const double median = middle(waits, 0.5);
  Row row;
  row.name = "20-op chain, hot to callable (median)";
  row.unit = "M cycles";
  row.compiled = suite.cycles(median) / 1e6;
  row.note = std::to_string(median * 1e3) + " ms, least " +
             std::to_string(*std::min_element(waits.begin(), waits.end()) * 1e3) + " ms";
  const bool met = *row.compiled <= 45;
  suite.add(std::move(row), "<= 45 M cycles", met);
}

/// An input whose tanh takes about 50 us on this thread.
Tensor make_step_input() {
  constexpr std::int64_t n = 1 << 16;
  const Tensor x = full({n}, 0.25);
  double best = 1;
  for (int i = 0; i < 20; ++i) {
    const double begin = now(0);
    tanh(x);
    best = std::min(best, now(0) - begin);
  }
  return full({static_cast<std::int64_t>(n * 50e-6 / best)}, 0.25);
}

void steps_beside_compilation(Suite &suite) {
  const int count = suite.settings.quick ? 3 : 100;
  const Tensor work = make_step_input();
  std::vector<double> beside, alone;
  const auto step = [&](std::vector<double> &times) {
    const double begin = now(0);
    tanh(work);
    times.push_back(now(0) - begin);
  };
  for (int i = 0; i < count; ++i) {
    const Tensor x = full({256 + i}, 0.25);
    auto f = chain("beside a compilation", i);
    f(x);
    f(x);
    const std::size_t first = beside.size();
    do {
      step(beside);
      const std::string state = f.explain().empty() ? "queued" : f.explain()[0].state;
      if (state != "queued" && state != "compiling" && state != "watching")
        break;
    } while (beside.size() - first < 2000);
    wait_compiled();
    for (std::size_t k = first; k < beside.size(); ++k)
      step(alone);
  }
  Row row;
  row.name = "50 us steps, p99 beside a compilation";
  row.unit = "us";
  row.eager = middle(alone, 0.99) * 1e6;
  row.compiled = middle(beside, 0.99) * 1e6;
  row.ratio = *row.compiled / *row.eager;
  row.note = std::to_string(beside.size()) + " steps, ratio beside/alone, medians " +
             std::to_string(middle(beside, 0.5) * 1e6) + " and " +
             std::to_string(middle(alone, 0.5) * 1e6);
  const bool met = *row.ratio <= 1.5;
  suite.add(std::move(row), "p99 <= 1.5x", met);
}

} // namespace

void compile_latency(Suite &suite) {
  refresh(suite.rates(1), {}, 1, suite.settings.quick);
  hot_to_callable(suite);
  steps_beside_compilation(suite);
}

} // namespace bench
