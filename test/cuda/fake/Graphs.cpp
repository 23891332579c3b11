// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Graphs of kernels. A launched graph runs its nodes in an order that only their dependencies bind.
#include "test/cuda/emu/Block.h"
#include "test/cuda/fake/Launches.h"

#include <algorithm>

namespace jit::gpu {

struct GraphNodeObject {
  Graph graph;
  std::size_t number;                    // in the graph
  std::vector<std::size_t> dependencies; // numbers of earlier nodes
  fake::LaunchCopy launch;
};

struct GraphObject {
  Context context;
  std::vector<std::unique_ptr<GraphNodeObject>> nodes;
};

struct GraphExecObject {
  struct Node {
    std::vector<std::size_t> dependencies;
    fake::LaunchCopy launch;
  };

  Context context;
  Graph graph; // may be destroyed
  std::vector<Node> nodes;
};

namespace fake {
namespace {

/// Any order in which each node comes behind those that it depends on.
std::vector<std::size_t> draw_order(const GraphExecObject &exec, std::uint64_t random) {
  std::vector<std::size_t> order;
  std::vector<bool> done(exec.nodes.size());
  while (order.size() < exec.nodes.size()) {
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i < exec.nodes.size(); ++i) {
      const std::vector<std::size_t> &before = exec.nodes[i].dependencies;
      if (!done[i] && std::all_of(before.begin(), before.end(), [&](auto j) { return done[j]; }))
        ready.push_back(i);
    }
    order.push_back(ready[emu::next_random(random) % ready.size()]);
    done[order.back()] = true;
  }
  return order;
}

} // namespace
} // namespace fake
} // namespace jit::gpu

using namespace jit::gpu;
using namespace jit::gpu::fake;

Status cuGraphCreate(Graph *graph, unsigned flags) {
  return call(Entry::GraphCreate, Need::context, [&](World &world, auto &) {
    if (!graph || flags)
      return Status::invalid_value;
    *graph = world.keep(new GraphObject{world.current(), {}});
    return Status::success;
  });
}

Status cuGraphAddKernelNode_v2(GraphNode *node, Graph graph, const GraphNode *dependencies,
                               std::size_t count, const KernelNodeParams *params) {
  return call(Entry::GraphAddKernelNode, Need::context, [&](World &world, auto &) {
    if (!node || !params || (count && !dependencies))
      return Status::invalid_value;
    if (!world.knows(graph))
      return Status::invalid_handle;
    auto made =
        std::make_unique<GraphNodeObject>(GraphNodeObject{graph, graph->nodes.size(), {}, {}});
    for (std::size_t i = 0; i < count; ++i) {
      if (!world.knows(dependencies[i]) || dependencies[i]->graph != graph)
        return Status::invalid_value;
      made->dependencies.push_back(dependencies[i]->number);
    }
    const Status status = copy_launch(world, *params, made->launch);
    if (status != Status::success)
      return status;
    *node = world.keep(made.get());
    graph->nodes.push_back(std::move(made));
    return Status::success;
  });
}

Status cuGraphInstantiateWithFlags(GraphExec *exec, Graph graph, unsigned long long flags) {
  return call(Entry::GraphInstantiate, Need::context, [&](World &world, auto &) {
    if (!exec || flags)
      return Status::invalid_value;
    if (!world.knows(graph))
      return Status::invalid_handle;
    auto *const made = new GraphExecObject{graph->context, graph, {}};
    for (const auto &node : graph->nodes)
      made->nodes.push_back({node->dependencies, node->launch});
    *exec = world.keep(made);
    return Status::success;
  });
}

/// `node` is one of the graph that `exec` was made of. Its kernel may not change.
Status cuGraphExecKernelNodeSetParams_v2(GraphExec exec, GraphNode node,
                                         const KernelNodeParams *params) {
  return call(Entry::GraphExecKernelNodeSetParams, Need::context, [&](World &world, auto &) {
    if (!params)
      return Status::invalid_value;
    if (!world.knows(exec) || !world.knows(node) || node->graph != exec->graph)
      return Status::invalid_handle;
    LaunchCopy launch;
    const Status status = copy_launch(world, *params, launch);
    if (status != Status::success)
      return status;
    exec->nodes[node->number].launch = launch;
    return Status::success;
  });
}

Status cuGraphLaunch(GraphExec exec, Stream stream) {
  return call(Entry::GraphLaunch, Need::context, [&](World &world, auto &) {
    Stream const found = find_stream(world, stream);
    if (!world.knows(exec) || !found || exec->context != found->context)
      return Status::invalid_handle;
    for (const GraphExecObject::Node &node : exec->nodes)
      if (*node.launch.unloaded) {
        log_line("graph of a module that was unloaded");
        return Status::invalid_handle;
      }
    for (const std::size_t i : draw_order(*exec, world.settings.seed + world.launches))
      submit(world, found, exec->nodes[i].launch, "graph");
    return Status::success;
  });
}

Status cuGraphExecDestroy(GraphExec exec) {
  return call(Entry::GraphExecDestroy, Need::context, [&](World &world, auto &) {
    if (!world.knows(exec))
      return Status::invalid_handle;
    world.forget(exec);
    delete exec;
    return Status::success;
  });
}

Status cuGraphDestroy(Graph graph) {
  return call(Entry::GraphDestroy, Need::context, [&](World &world, auto &) {
    if (!world.knows(graph))
      return Status::invalid_handle;
    for (const auto &node : graph->nodes)
      world.forget(node.get());
    world.forget(graph);
    delete graph;
    return Status::success;
  });
}
