// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Path.h"

#include "runtime/base/OutOfMemory.h"
#include "runtime/policy/BackOff.h"

#include <algorithm>
#include <new>

namespace jit {

namespace {
class Hasher {
public:
  template <class T> void add(T word) noexcept {
    state = (state ^ static_cast<std::uint64_t>(word)) * 0x9e3779b97f4a7c15u;
    state ^= state >> 29;
  }
  void add(const void *pointer) noexcept { add(reinterpret_cast<std::uintptr_t>(pointer)); }
  std::uint64_t value() const noexcept { return state; }

private:
  std::uint64_t state = 0x243f6a8885a308d3u;
};
} // namespace

std::uint64_t hash_graph(const Graph &graph) noexcept {
  Hasher hash;
  hash.add(static_cast<std::uint64_t>(graph.device()));
  for (const GraphOp &op : graph.ops) {
    hash.add(static_cast<std::uint64_t>(op.op));
    hash.add(static_cast<const void *>(op.attrs));
    for (OperandCode code : op.operands) {
      hash.add(code.kind());
      hash.add(code.index());
      if (code.kind() == OperandCode::scalar)
        hash.add(static_cast<std::uint64_t>(graph.scalars[code.index()]));
      else
        hash.add(static_cast<const void *>(graph.meta_of(code)));
    }
  }
  return hash.value();
}

Variant make_variant(const Graph &graph, const std::vector<std::uint32_t> &outputs,
                     std::shared_ptr<const Program> program) {
  Variant variant{outputs, std::vector<bool>(graph.values.size()), std::move(program), 0, {}};
  for (const std::uint32_t v : outputs) {
    variant.stored[v] = true;
    const std::size_t bytes = graph.values[v].meta->bytes();
    variant.bytes += bytes;
    variant.reserved_bytes.push_back(bytes >= Variant::least_reserved ? bytes : 0);
  }
  return variant;
}

bool same_structure(const Graph &a, const Graph &b) noexcept {
  if (a.device() != b.device() || a.inputs != b.inputs || a.scalars != b.scalars ||
      a.ops.size() != b.ops.size())
    return false;
  return std::equal(a.ops.begin(), a.ops.end(), b.ops.begin(),
                    [](const GraphOp &x, const GraphOp &y) {
                      return x.op == y.op && x.attrs == y.attrs && x.operands == y.operands;
                    });
}

std::uint64_t Path::eager_estimate_ns() const noexcept {
  constexpr std::uint64_t small_op_ns = 200;
  const std::uint64_t measured = eager_ns.load(std::memory_order_relaxed);
  return measured ? measured : small_op_ns * graph.ops.size();
}

double Path::gain_ns() const noexcept {
  const double eager = static_cast<double>(eager_estimate_ns());
  const double faster = ratio.load(std::memory_order_relaxed);
  return faster > 0 ? eager * (1 - 1 / faster) : eager / 2;
}

double Path::saved_ns() const noexcept {
  if (ratio.load(std::memory_order_relaxed) <= 0)
    return 0;
  return gain_ns() * static_cast<double>(hits.load(std::memory_order_relaxed));
}

Spread Path::spread() const noexcept {
  const Spread judged = trial.spread(), checked = recheck.spread();
  return judged.pairs == 0 || checked.pairs >= Recheck::enough ? checked : judged;
}

bool Path::flushed_from_outside(std::uint32_t ops) noexcept {
  constexpr std::uint32_t enough = 3;
  if (foreign_place.exchange(ops, std::memory_order_relaxed) != ops)
    foreign_count.store(0, std::memory_order_relaxed);
  return foreign_count.fetch_add(1, std::memory_order_relaxed) + 1 >= enough;
}

bool Path::miss_outputs(std::span<const std::uint8_t> needed, bool exactly) noexcept {
  const std::unique_lock guard(missed_lock, std::try_to_lock);
  if (!guard)
    return false;
  const std::uint64_t runs = missed_runs.fetch_add(1, std::memory_order_relaxed) + 1;
  if (runs < variant_retry_at.load(std::memory_order_relaxed))
    return false;
  std::vector<std::uint32_t> outputs;
  const auto list = [&] {
    for (std::uint32_t v = 0; v < needed.size(); ++v)
      if (needed[v])
        outputs.push_back(v);
  };
  if (!if_memory(list))
    return false;
  MissedSet &set = missed[exactly];
  if (outputs == set.outputs)
    return ++set.count >= 2;
  set = {std::move(outputs), 1};
  return false;
}

void Path::unlock_in_child() noexcept {
  new (&measuring) std::mutex;
  if (!missed_lock.try_lock()) // half written, perhaps
    new (&missed) std::array<MissedSet, 2>;
  new (&missed_lock) std::mutex;
}

void Path::refuse_variant() noexcept {
  const std::uint32_t times = variants_refused.fetch_add(1, std::memory_order_relaxed);
  variant_retry_at.store(missed_runs.load(std::memory_order_relaxed) + back_off(64, times),
                         std::memory_order_relaxed);
}

} // namespace jit
