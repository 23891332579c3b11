// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "bench/suite/Workload.h"

#include "bench/suite/Limits.h"
#include "runtime/jit/Anchor.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace bench {

template <class T> static bool same_elements(const Tensor &a, const Tensor &b) {
  const Tensor x = a.contiguous(), y = b.contiguous();
  const std::span<const T> p = x.data<T>(), q = y.data<T>();
  if (std::memcmp(p.data(), q.data(), p.size_bytes()) == 0)
    return true;
  for (std::size_t i = 0; i < p.size(); ++i)
    if (std::memcmp(&p[i], &q[i], sizeof(T)) != 0 && !(p[i] != p[i] && q[i] != q[i]))
      return false;
  return true;
}

bool same_bits(const Tensor &a, const Tensor &b) {
  if (a.dtype() != b.dtype() || !std::ranges::equal(a.shape(), b.shape()))
    return false;
  switch (a.dtype()) {
  case jit::DType::f32:
    return same_elements<float>(a, b);
  case jit::DType::f64:
    return same_elements<double>(a, b);
  case jit::DType::i64:
    return same_elements<std::int64_t>(a, b);
  case jit::DType::u8:
    return same_elements<std::uint8_t>(a, b);
  default:
    return a.to_vector<bool>() == b.to_vector<bool>();
  }
}

Outcome outcome_of(const std::string &name) {
  Outcome outcome;
  outcome.state = "not recorded";
  bool first = true;
  for (const jit::TraceReport &report : jit::explain()) {
    if (report.name != name)
      continue;
    outcome.compile_ms += report.compile_ms;
    outcome.arena_bytes = std::max(outcome.arena_bytes, static_cast<std::int64_t>(report.arena_bytes));
    if (std::exchange(first, false) || report.state != "active") {
      outcome.state = report.state;
      outcome.reason = report.reject_reason;
    }
  }
  return outcome;
}

static bool same_bits(const Results &a, const Results &b) {
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
    outcome = outcome_of(workload.name);
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
      const std::lock_guard guard(anchor->lock);
      for (const auto &path : anchor->paths)
        if (path->state.load() == jit::PathState::active && !path->variants.empty())
          return {path, &path->variants.front()};
    }
  return {};
}

class Blocks {
public:
  std::byte *add(std::size_t bytes, bool ones) {
    void *p = std::aligned_alloc(64, (bytes + 127) / 64 * 64);
    std::memset(p, 0, bytes);
    if (ones)
      std::fill_n(static_cast<float *>(p), bytes / sizeof(float), 1.0f);
    blocks.emplace_back(p);
    return static_cast<std::byte *>(p);
  }

private:
  struct Free {
    void operator()(void *p) const { std::free(p); }
  };
  std::vector<std::unique_ptr<void, Free>> blocks;
};

} // namespace

double program_seconds(const std::string &name, int rounds) {
  const ActivePath found = find_active(name);
  if (!found.variant)
    return 0;
  const jit::Graph &graph = found.path->graph;
  const jit::Program &program = *found.variant->program;
  Blocks blocks;
  std::vector<std::byte *> inputs, outputs;
  for (const jit::Meta *meta : graph.inputs)
    inputs.push_back(blocks.add(meta->bytes(), meta->dtype == jit::DType::f32));
  for (std::uint32_t value : found.variant->outputs)
    outputs.push_back(blocks.add(graph.values[value].meta->bytes(), false));
  std::vector<jit::Scalar> scalars;
  for (jit::ScalarKind kind : graph.scalars)
    scalars.push_back(kind == jit::ScalarKind::floating ? jit::Scalar(1.0) : jit::Scalar(1));
  const jit::ProgramCall call{inputs, scalars, outputs,
                              blocks.add(program.info().arena_bytes + 64, false)};
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
