// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/PathTable.h"

#include "runtime/jit/Sequence.h"

#include <algorithm>

namespace jit {

std::shared_ptr<Path> PathTable::find_or_add(Graph graph, std::uint64_t now) {
  const std::uint64_t hash = hash_graph(graph);
  for (const std::shared_ptr<Path> &path : known) {
    if (path->hash != hash || !same_structure(path->graph, graph))
      continue;
    if (path->life.state() == PathState::watching)
      path->graph.outputs = std::move(graph.outputs);
    return path;
  }
  std::uint64_t taken = sequence::begin;
  for (const GraphOp &op : graph.ops)
    taken = sequence::op(taken, graph, op);
  std::shared_ptr<Path> path = add(std::move(graph), hash, taken);
  if (path)
    path->first_seen_ns = now;
  return path;
}

std::shared_ptr<Path> PathTable::find_or_add_untraceable(Graph begin) {
  for (const std::shared_ptr<Path> &path : known)
    if (path->life.now().reason == RejectReason::untraceable)
      return path;
  // No graph and no run has these hashes but by chance.
  return add(std::move(begin), ~std::uint64_t{0}, ~std::uint64_t{0});
}

std::shared_ptr<Path> PathTable::add(Graph graph, std::uint64_t hash, std::uint64_t sequence) {
  static std::atomic<std::uint32_t> last_id{0};
  if (known.size() >= most_known && !forget_one())
    return nullptr;
  auto path = std::make_shared<Path>();
  path->id = last_id.fetch_add(1, std::memory_order_relaxed) + 1;
  path->hash = hash;
  path->sequence = sequence;
  path->graph = std::move(graph);
  known.push_back(path);
  return path;
}

Path *PathTable::find(std::uint64_t sequence, std::size_t ops,
                      std::uint32_t preferred) const noexcept {
  Path *found = nullptr;
  for (const std::shared_ptr<Path> &path : known)
    if (path->sequence == sequence && path->graph.ops.size() == ops &&
        (!found || path->id == preferred))
      found = path.get();
  return found;
}

void PathTable::cool() noexcept {
  for (const std::shared_ptr<Path> &path : known) {
    const std::uint64_t visits = path->visits();
    path->heat = 0.875 * path->heat + static_cast<double>(visits - path->visits_heated);
    path->visits_heated = visits;
  }
}

/// Drops the path without a program that is worth least.
bool PathTable::forget_one() noexcept {
  auto least = known.end();
  for (auto path = known.begin(); path != known.end(); ++path) {
    const PathLife::Now life = (*path)->life.now();
    if (life.has_program() || life.in_work() || (*path)->posted.load(std::memory_order_relaxed))
      continue;
    if (least == known.end() || (*path)->score() < (*least)->score())
      least = path;
  }
  if (least == known.end() || !let_go(**least))
    return false;
  known.erase(least);
  return true;
}

/// False: somebody has just made more of it.
bool PathTable::let_go(Path &path) noexcept {
  const PathState state = path.life.state();
  if (state != PathState::forgotten && !path.life.change(state, PathState::forgotten))
    return false;
  ++gone.paths;
  gone.hits += path.hits.load(std::memory_order_relaxed);
  gone.saved_ns += path.saved_ns();
  return true;
}

void PathTable::forget_all() noexcept {
  for (const std::shared_ptr<Path> &path : known)
    let_go(*path);
  known.clear();
}

} // namespace jit
