// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "bench/suite/Workload.h"

#include "bench/suite/Limits.h"
#include "runtime/base/WithDType.h"
#include "runtime/jit/Anchor.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace bench {

bool same_bits(const Tensor &a, const Tensor &b) {
  if (!std::ranges::equal(a.shape(), b.shape()) || a.dtype() != b.dtype())
    return false;
  const Tensor x = a.contiguous(), y = b.contiguous();
  if (a.dtype() != jit::DType::f32)
    return jit::with_dtype(a.dtype(), [&]<class T>(std::type_identity<T>) {
      const std::span<const T> p = x.data<T>(), q = y.data<T>();
      return std::memcmp(p.data(), q.data(), p.size_bytes()) == 0;
    });
  const std::span<const float> p = x.data<float>(), q = y.data<float>();
  return std::memcmp(p.data(), q.data(), p.size_bytes()) == 0 ||
         std::ranges::equal(p, q, [](const float &u, const float &v) {
           return std::memcmp(&u, &v, sizeof(u)) == 0 || (std::isnan(u) && std::isnan(v));
         });
}

Outcome outcome_of(const std::string &name) {
  Outcome outcome;
  outcome.state = "not recorded";
  bool first = true;
  for (const jit::TraceReport &report : jit::explain()) {
    if (report.name != name)
      continue;
    outcome.compile_ms += report.compile_ms;
    outcome.arena_bytes =
        std::max(outcome.arena_bytes, static_cast<std::int64_t>(report.arena_bytes));
    if (std::exchange(first, false) || report.state != "active") {
      outcome.state = report.state;
      outcome.reason = report.reject_reason;
    }
  }
  return outcome;
}

bool same_bits(const Results &a, const Results &b) {
  return std::ranges::equal(a, b, [](const Tensor &x, const Tensor &y) { return same_bits(x, y); });
}

Outcome settle(const Workload &workload) {
  Outcome outcome;
  bool equal = true;
  for (int i = 0, active = 0; i < 200 && active < 2; ++i) {
    const Results expected = workload.eager(), results = workload.traced();
    // Large outputs: the recorded runs, some of the trial, the active ones.
    if (i < 8 || active)
      equal &= same_bits(expected, results);
    jit::wait_compiled();
    outcome = outcome_of(workload.trace);
    active += outcome.state == "active" || outcome.state == "rejected";
  }
  if (workload.eager_state)
    equal &= same_bits(workload.eager_state(), workload.traced_state());
  outcome.equal = equal;
  return outcome;
}

namespace {

/// The graph and program of the first active path of the trace.
struct ActivePath {
  std::shared_ptr<const jit::Path> path;
  const jit::Variant *variant = nullptr;
};

ActivePath find_active(const std::string &name) {
  for (jit::Trace *trace = jit::Trace::all(); trace; trace = trace->next)
    for (jit::Anchor *anchor = trace->anchors.load(); trace->name == name && anchor;
         anchor = anchor->next) {
      const std::lock_guard guard(anchor->known.lock);
      for (const auto &path : anchor->known.paths())
        if (path->life.state() == jit::PathState::active && !path->variants.empty())
          return {path, &path->variants.front()};
    }
  return {};
}

} // namespace

double program_seconds(const std::string &name, int rounds) {
  const ActivePath found = find_active(name);
  if (!found.variant)
    return 0;
  const jit::Graph &graph = found.path->graph;
  const jit::Program &program = *found.variant->program;
  Results memory; // tensors, for they are aligned and kept in cache like those of users
  const auto block = [&](const jit::Meta &meta) {
    memory.push_back(jit::ones({static_cast<std::int64_t>(meta.bytes() / sizeof(float)) + 16}));
    return reinterpret_cast<std::byte *>(const_cast<float *>(memory.back().data<float>().data()));
  };
  std::vector<std::byte *> inputs, outputs;
  for (const jit::Meta *meta : graph.inputs)
    inputs.push_back(block(*meta));
  for (std::uint32_t value : found.variant->outputs)
    outputs.push_back(block(*graph.values[value].meta));
  std::vector<jit::Scalar> scalars;
  for (jit::ScalarKind kind : graph.scalars)
    scalars.push_back(kind == jit::ScalarKind::floating ? jit::Scalar(1.0) : jit::Scalar(1));
  const auto arena_size = static_cast<std::int64_t>(program.info().arena_bytes);
  const Tensor arena = jit::zeros({arena_size + 64}, jit::DType::u8);
  const jit::ProgramCall call{
      inputs, scalars, outputs,
      reinterpret_cast<std::byte *>(const_cast<std::uint8_t *>(arena.data<std::uint8_t>().data()))};
  double best = 1e9;
  constexpr int repeats = 1000;
  for (int round = 0; round < rounds; ++round) {
    const double begin = now(1);
    for (int i = 0; i < repeats; ++i)
      program.run(call);
    best = std::min(best, (now(1) - begin) / repeats);
  }
  return best;
}

} // namespace bench
