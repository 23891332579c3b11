// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Workload: the same computation eagerly and inside jit::trace.
#pragma once

#include <tracejit/tracejit.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace bench {

using jit::Tensor;
using Results = std::vector<Tensor>;

struct Workload {
  std::string name, trace;
  std::function<Results()> eager, traced;
  std::function<Results()> eager_state, traced_state; ///< what calls change, or nothing
};

/// `make()` returns the computation as a callable with a state of its own, made from the same seed
/// each time; its state(), if it has one, is compared too. Both sides are called equally often
/// until then, so a workload is compared once. Programs with contractions are made for a number of
/// threads: each number gets a trace of its own.
template <class Make> Workload make_workload(const std::string &name, Make make, int threads = 1) {
  auto eager = make(), traced = make();
  const std::string trace = threads == 1 ? name : name + ", threads " + std::to_string(threads);
  Workload workload{name, trace, eager, jit::trace(traced, {trace}), {}, {}};
  if constexpr (requires { eager.state(); }) {
    workload.eager_state = [eager] { return eager.state(); };
    workload.traced_state = [traced] { return traced.state(); };
  }
  return workload;
}

/// What became of the workload's trace.
struct Outcome {
  bool equal = true;  ///< outputs had the same bits whenever they were compared
  std::string state;  ///< "active", or the first of its paths that is not
  std::string reason; ///< if rejected
  double compile_ms = 0;
  std::int64_t arena_bytes = 0;
};

/// Calls both sides until every path is active or rejected, comparing outputs on the way.
Outcome settle(const Workload &workload);
Outcome outcome_of(const std::string &name);

/// Same dtype, shape and bits; NaN of f32 equals NaN.
bool same_bits(const Tensor &a, const Tensor &b);
bool same_bits(const Results &a, const Results &b);

/// Seconds of one run of the active program of the trace, without the runtime around it; nothing
/// if it has none. Inputs are filled with numbers near 1.
double program_seconds(const std::string &name, int rounds);

} // namespace bench
