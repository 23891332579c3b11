// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Path: one sequence of ops met at an anchor, with its programs and its history.
#pragma once

#include "runtime/jit/Program.h"
#include "runtime/jit/Reasons.h"
#include "runtime/jit/Trial.h"
#include "runtime/trace/Graph.h"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace jit {

/// A program for one set of outputs.
struct Variant {
  std::vector<std::uint32_t> outputs; ///< ascending value numbers
  std::vector<bool> stored;           ///< the same by value number
  std::shared_ptr<const Program> program;
  /// By output: bytes that are reserved before it is known that it runs. 0 for a small one.
  std::vector<std::size_t> reserved_bytes;
  static constexpr std::size_t least_reserved = std::size_t{1} << 20;
};

/// The graph never changes after the path is made, except for `outputs` of later variants, which
/// live in `variants`. Counters may be bumped by any thread; the rest belongs to whoever holds the
/// anchor's lock.
struct Path : std::enable_shared_from_this<Path> {
  static constexpr std::size_t max_variants = 4;

  std::uint32_t id = 0;
  Graph graph;
  std::uint64_t hash = 0;     ///< of ops, attributes, operand codes and metas
  std::uint64_t sequence = 0; ///< of ops and result metas: cheap to build while ops run

  std::atomic<PathState> state{PathState::watching};
  std::atomic<RejectReason> reason{RejectReason::none};
  std::string reject_detail;
  std::vector<Variant> variants;
  /// Guards the next two; users only try it.
  std::mutex missed_lock;
  std::atomic<std::uint32_t> foreign_place{0}, foreign_count{0};
  std::vector<std::uint32_t> missed_outputs;  ///< the needed set that came up last
  std::atomic<std::uint32_t> missed_count{0}; ///< and how often in a row
  Trial trial;
  std::atomic<bool> posted{false}; ///< a message about it waits in the queue
  /// The latest eager and compiled times of the rechecks of an active path; losses in a row.
  std::atomic<std::uint64_t> recheck_eager{0};
  std::atomic<std::uint32_t> recheck_losses{0};

  std::atomic<std::uint64_t> recorded{0}; ///< eager runs that were recorded
  std::atomic<std::uint64_t> hits{0};     ///< compiled runs
  std::atomic<std::uint64_t> replays{0};  ///< runs that ended op by op
  std::array<std::atomic<std::uint64_t>, exit_reason_count> exits{};
  std::atomic<std::uint64_t> differences{0};  ///< runs of mode check whose bits differed
  std::atomic<std::uint64_t> unused_bytes{0}; ///< stored by programs, held by nobody, last run
  /// Adds a timed run of an active path; true if eager won twice in a row by more than 5 %.
  bool lost_recheck(bool eager, std::uint64_t time) noexcept;
  void count_exit(ExitReason exit) noexcept {
    exits[static_cast<std::size_t>(exit)].fetch_add(1, std::memory_order_relaxed);
  }
  /// Counts flushes by other threads after the same number of ops. True from the third in a row on:
  /// then that place is a boundary. Any thread.
  bool flushed_from_outside(std::uint32_t ops) noexcept;
  /// Remembers a set of values that were needed and that no variant stores. The compile thread
  /// makes a variant of it when it comes up twice: then the answer is true. Any thread.
  bool miss_outputs(std::span<const std::uint8_t> needed) noexcept;
};

/// Extends the hash `Path::sequence` by one op.
inline std::uint64_t next_in_sequence(std::uint64_t hash, OpKind op, const Meta *result) noexcept {
  constexpr std::uint64_t odd = 0x9e3779b97f4a7c15u;
  hash = (hash ^ (static_cast<std::uint64_t>(op) + 1)) * odd;
  return (hash ^ reinterpret_cast<std::uintptr_t>(result)) * odd;
}

/// Structure hash of a graph without its outputs and name.
std::uint64_t hash_graph(const Graph &graph) noexcept;
/// Same ops, attributes, operand codes, metas.
bool same_structure(const Graph &a, const Graph &b) noexcept;

} // namespace jit
