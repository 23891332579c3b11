// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/GraphTier.h"

#include "runtime/base/Log.h"
#include "runtime/base/Options.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/cuda/Gpu.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace jit::gpu {
namespace {

/// What the driver is told of a launch. The pointers are to this object.
struct NodeText {
  std::size_t bytes;
  void *extra[5];
  KernelNodeParams params;

  NodeText(const Gpu &gpu, const LaunchList &list, const LaunchList::Launch &launch)
      : bytes(list.arguments(launch).size()),
        extra{launch_buffer_pointer, const_cast<std::byte *>(list.arguments(launch).data()),
              launch_buffer_size, &bytes, launch_end},
        params{.function = launch.kernel->handle,
               .grid_x = gpu.blocks_for(launch.units),
               .grid_y = 1,
               .grid_z = 1,
               .block_x = launch.kernel->threads,
               .block_y = 1,
               .block_z = 1,
               .shared_bytes = launch.kernel->shared_bytes,
               .arguments = nullptr,
               .extra = extra} {}
  NodeText(const NodeText &) = delete;
};

bool is_same(const LaunchList &a, std::size_t k, const LaunchList &b) noexcept {
  const LaunchList::Launch &x = a.all()[k], &y = b.all()[k];
  const auto bytes = a.arguments(x), others = b.arguments(y);
  return x.kernel == y.kernel && x.units == y.units && bytes.size() == others.size() &&
         std::memcmp(bytes.data(), others.data(), bytes.size()) == 0;
}

bool is_same(const LaunchList &a, const LaunchList &b) noexcept {
  if (a.all().size() != b.all().size())
    return false;
  for (std::size_t k = 0; k < a.all().size(); ++k)
    if (!is_same(a, k, b))
      return false;
  return true;
}

double median(std::array<double, GraphTier::pairs> values) noexcept {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

} // namespace

GraphTier::~GraphTier() {
  for (Known &known : graphs)
    drop(known);
}

bool GraphTier::is_wanted() const noexcept {
  const GraphChoice choice = options().cuda_graphs;
  if (choice == GraphChoice::off || options().cuda_sync || verdict == Verdict::refused)
    return false;
  return choice == GraphChoice::on || verdict != Verdict::launches;
}

bool GraphTier::run_list() noexcept {
  ++runs;
  if (list.all().size() < least_launches)
    return launch_plainly();
  if (options().cuda_graphs == GraphChoice::on || verdict == Verdict::graphs)
    return launch_graph();
  return runs <= runs_before_trial ? launch_plainly() : run_timed();
}

bool GraphTier::run_timed() noexcept {
  using Clock = std::chrono::steady_clock;
  const unsigned way = timed % 2;
  if (!gpu.finish())
    return false;
  const auto begin = Clock::now();
  const bool done = (way ? launch_graph() : launch_plainly()) && gpu.finish();
  seconds[way][timed / 2] = std::chrono::duration<double>(Clock::now() - begin).count();
  if (++timed == 2 * pairs)
    judge();
  return done;
}

void GraphTier::judge() noexcept {
  if (verdict != Verdict::open)
    return;
  const double plainly = median(seconds[0]), as_graph = median(seconds[1]);
  verdict = as_graph < plainly ? Verdict::graphs : Verdict::launches;
  if (verdict == Verdict::launches)
    for (Known &known : graphs)
      drop(known);
  if_memory([&] {
    log_line(LogComponent::runtime, LogLevel::info,
             std::to_string(list.all().size()) + " launches take " + std::to_string(1e6 * plainly) +
                 " us, as a graph " + std::to_string(1e6 * as_graph) + " us");
  });
}

bool GraphTier::launch_plainly() noexcept {
  return std::ranges::all_of(list.all(), [&](const LaunchList::Launch &launch) {
    return gpu.launch(*launch.kernel, launch.units, list.arguments(launch));
  });
}

bool GraphTier::launch_graph() noexcept {
  const Current current(gpu.driver, gpu.context);
  Known *known = gpu.can_be_used() ? find_graph() : nullptr;
  if (known && gpu.driver.GraphLaunch(known->exec, gpu.stream) == Status::success) {
    known->used = runs;
    for (const LaunchList::Launch &launch : list.all())
      gpu.launches.add(launch.kernel->name);
    return true;
  }
  verdict = Verdict::refused;
  return launch_plainly();
}

/// A graph of these launches, or null: the driver makes none.
GraphTier::Known *GraphTier::find_graph() noexcept {
  for (Known &known : graphs)
    if (known.exec && is_same(known.made_for, list))
      return &known;
  Known &oldest = *std::ranges::min_element(graphs, {}, &Known::used);
  bool good = false;
  if_memory([&] { good = oldest.exec ? change(oldest) : make(oldest); });
  if (good)
    return &oldest;
  drop(oldest);
  return nullptr;
}

/// A chain: each launch reads what the one before has written.
bool GraphTier::make(Known &known) {
  const Driver &driver = gpu.driver;
  known.nodes.resize(list.all().size());
  known.made_for = list;
  if (driver.GraphCreate(&known.graph, 0) != Status::success)
    return false;
  for (std::size_t k = 0; k < known.nodes.size(); ++k) {
    const NodeText text(gpu, list, list.all()[k]);
    if (driver.GraphAddKernelNode(&known.nodes[k], known.graph, k ? &known.nodes[k - 1] : nullptr,
                                  k ? 1 : 0, &text.params) != Status::success)
      return false;
  }
  return driver.GraphInstantiate(&known.exec, known.graph, 0) == Status::success;
}

bool GraphTier::change(Known &known) {
  if (known.nodes.size() != list.all().size())
    return false;
  for (std::size_t k = 0; k < known.nodes.size(); ++k) {
    if (is_same(known.made_for, k, list))
      continue;
    const NodeText text(gpu, list, list.all()[k]);
    if (gpu.driver.GraphExecKernelNodeSetParams(known.exec, known.nodes[k], &text.params) !=
        Status::success)
      return false;
  }
  known.made_for = list;
  return true;
}

/// Not while it may run: graphs are dropped behind a wait, or when they were never launched.
void GraphTier::drop(Known &known) noexcept {
  if ((known.exec || known.graph) && gpu.finish()) {
    const Current current(gpu.driver, gpu.context);
    if (known.exec)
      gpu.driver.GraphExecDestroy(known.exec);
    if (known.graph)
      gpu.driver.GraphDestroy(known.graph);
  }
  known.exec = nullptr;
  known.graph = nullptr;
}

} // namespace jit::gpu
