// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "bench/policy/Hits.h"

#include "runtime/jit/Anchor.h"

#include <mutex>

namespace bench {

template <class F>
static void for_each_path(const std::string &name, std::size_t least_ops, F visit) {
  for (jit::Trace *trace = jit::Trace::all(); trace; trace = trace->next)
    for (jit::Anchor *anchor = trace->anchors.load(); trace->name == name && anchor;
         anchor = anchor->next) {
      const std::lock_guard guard(anchor->known.lock);
      for (const auto &path : anchor->known.paths())
        if (path->graph.ops.size() >= least_ops)
          visit(*path);
    }
}

std::uint64_t hits_of(const std::string &trace, std::size_t least_ops) {
  std::uint64_t hits = 0;
  for_each_path(trace, least_ops, [&](const jit::Path &path) { hits += path.hits.load(); });
  return hits;
}

bool is_active(const std::string &trace, std::size_t least_ops) {
  bool active = false;
  for_each_path(trace, least_ops, [&](const jit::Path &path) {
    active |= path.life.state() == jit::PathState::active;
  });
  return active;
}

} // namespace bench
