// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Long elementwise work bound by memory: a polynomial and the update of Adam.
#include "bench/suite/Suite.h"

namespace bench {

namespace {

using namespace jit;

constexpr double MB = 1 << 20;

Workload polynomial(std::int64_t n) {
  return make_workload("8-op polynomial 64 MB", [n] {
    Generator random(5);
    const Tensor x = uniform(random, {n});
    return [x] {
      Tensor y = x * 0.3 + 0.7;
      y = y * x - 0.2;
      y = y * x + 0.9;
      y = y * x + 1.1;
      return Results{y};
    };
  });
}

/// Returns nothing: what somebody holds cannot be updated in place.
struct AdamUpdate {
  struct State {
    Variable weight;
    Tensor gradient;
    Adam adam;
  };
  std::shared_ptr<State> held;

  explicit AdamUpdate(std::int64_t n) {
    Generator random(6);
    held = std::make_shared<State>(State{Variable(uniform(random, {n})), normal(random, {n}), {}});
    held->adam.prepare({held->weight});
  }
  Results operator()() const {
    held->adam.step({held->weight}, {held->gradient});
    return {};
  }
  Results state() const {
    return {held->weight, held->adam.first.front(), held->adam.second.front()};
  }
};

} // namespace

void streams(Suite &suite) {
  const double bytes = suite.settings.quick ? MB : 64 * MB;
  const auto n = static_cast<std::int64_t>(bytes / sizeof(float));
  for (int threads : thread_counts) {
    Work copy, update;
    copy.nt_bytes = 2 * bytes;
    update.in_place_bytes = 6 * bytes; // weight and two moments, read and written
    update.read_bytes = bytes;
    for (const auto &[workload, work] :
         {std::pair(polynomial(n), copy),
          std::pair(make_workload("Adam update 64 MB", [n] { return AdamUpdate(n); }), update)}) {
      Row row = suite.compare(workload, work, threads, "ms");
      const bool met = row.limit_fraction >= 0.85 && row.ratio >= 3.0;
      suite.add(std::move(row), ">= 0.85 of limit, >= 3x eager", met);
    }
  }
}

} // namespace bench
