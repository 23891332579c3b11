// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// GraphTier: the launches of a program as one graph of the driver, which costs the host one call. A
// few graphs are kept, each with the arguments that it was made for, since blocks come back in a
// steady loop; what differs is changed in the graph that was used longest ago.
#pragma once

#include "runtime/cuda/DriverTypes.h"
#include "runtime/cuda/KernelFunction.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

namespace jit::gpu {

class Gpu;

/// The launches of one run, in order.
class LaunchList {
public:
  struct Launch {
    const KernelFunction *kernel;
    std::uint64_t units;
    std::size_t first, count; ///< of `words`
  };
  void clear() noexcept {
    launches.clear();
    words.clear();
  }
  void reserve(std::size_t launch_count, std::size_t word_count) {
    launches.reserve(launch_count);
    words.reserve(word_count);
  }
  /// Precondition: there is room.
  void add(const KernelFunction &kernel, std::uint64_t units,
           std::span<const std::uint64_t> arguments) noexcept {
    launches.push_back({&kernel, units, words.size(), arguments.size()});
    words.insert(words.end(), arguments.begin(), arguments.end());
  }
  std::span<const std::byte> arguments(const Launch &launch) const noexcept {
    return std::as_bytes(std::span(words).subspan(launch.first, launch.count));
  }
  std::span<const Launch> all() const noexcept { return launches; }

private:
  std::vector<Launch> launches;
  std::vector<std::uint64_t> words;
};

/// Judges by itself whether graphs are quicker: after `runs_before_trial` runs some are timed until
/// the device is done, both ways in turn; option cuda_graphs decides instead if it is not `auto`.
class GraphTier {
public:
  static constexpr std::size_t least_launches = 4, most_graphs = 4;
  static constexpr unsigned runs_before_trial = 64, pairs = 8;

  /// For so many launches at most, with so many words of arguments in all.
  GraphTier(Gpu &gpu, std::size_t launches, std::size_t words) : gpu(gpu) {
    list.reserve(launches, words);
  }
  ~GraphTier();
  GraphTier(const GraphTier &) = delete;

  /// One run of a program: `fill(list)` adds its launches to a list, or makes them if that is null.
  /// False: the device has refused.
  template <class Fill> bool run(Fill fill) noexcept {
    const std::unique_lock guard(lock, std::try_to_lock);
    if (!guard || !is_wanted()) // another thread runs the program, or graphs are no gain
      return fill(nullptr);
    list.clear();
    return fill(&list) && run_list();
  }

private:
  struct Known {
    Graph graph = nullptr;
    GraphExec exec = nullptr;
    std::vector<GraphNode> nodes;
    LaunchList made_for;
    std::uint64_t used = 0; ///< number of the run
  };
  enum class Verdict : std::uint8_t {
    open,
    graphs,
    launches,
    refused, ///< the driver makes none
  };

  bool is_wanted() const noexcept;
  bool run_list() noexcept;
  bool run_timed() noexcept;
  bool launch_plainly() noexcept;
  bool launch_graph() noexcept;
  Known *find_graph() noexcept;
  bool make(Known &known);
  bool change(Known &known);
  void drop(Known &known) noexcept;
  void judge() noexcept;

  Gpu &gpu;
  std::mutex lock; ///< guards the rest
  std::atomic<Verdict> verdict{Verdict::open};
  std::uint64_t runs = 0;
  LaunchList list;
  std::array<Known, most_graphs> graphs;
  std::array<std::array<double, pairs>, 2> seconds{}; ///< plainly, as a graph
  unsigned timed = 0;
};

} // namespace jit::gpu
