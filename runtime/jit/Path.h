// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Path: one sequence of ops met at an anchor, with its programs and its history.
#pragma once

#include "runtime/policy/Deferral.h"
#include "runtime/policy/PairedTrial.h"
#include "runtime/policy/PathLife.h"
#include "runtime/program/Program.h"
#include "runtime/trace/Graph.h"

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace jit {

/// A program for one set of outputs.
struct Variant {
  std::vector<std::uint32_t> outputs; ///< ascending value numbers
  std::vector<bool> stored;           ///< the same by value number
  std::shared_ptr<const Program> program;
  std::size_t bytes = 0; ///< of the outputs
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
  std::uint64_t sequence = 0; ///< as a thread that follows hashes its ops
  /// The next op needs a segment of its own: an index has to be known, inputs grew too large, or
  /// another thread takes values here in every run.
  std::atomic<bool> ends_at_boundary{false};

  PathLife life;
  std::string reject_detail;
  std::vector<Variant> variants;
  bool from_profile = false; ///< the first of them came with the program

  /// Guards the next three; only tried.
  std::mutex measuring;
  PairedTrial trial;
  Recheck recheck;
  EagerTimes eager_times;
  /// What the three found last: ns of an eager run, eager / compiled. 0: not known.
  std::atomic<std::uint64_t> eager_ns{0};
  std::atomic<float> ratio{0};
  /// Eager runs are wanted, to pair them with compiled ones; counted in Anchor::probes.
  std::atomic<bool> wants_pairs{false};
  /// Better paths have the programs that may be had.
  std::atomic<bool> crowded_out{false};

  /// A needed set that came up last, and how often in a row.
  struct MissedSet {
    std::vector<std::uint32_t> outputs;
    std::uint32_t count = 0;
  };
  /// Guards the next, and what `deferral` learns; only tried.
  std::mutex missed_lock;
  /// [0]: no variant stores it. [1]: those that do store other values too, in vain.
  std::array<MissedSet, 2> missed;
  Deferral deferral;
  std::atomic<bool> has_no_exact_place{false}; ///< all places for variants are taken
  std::atomic<std::uint64_t> missed_runs{0};   ///< with whatever set
  /// The compiler refused a variant so often; the next is asked for at that many missed runs.
  std::atomic<std::uint32_t> variants_refused{0};
  std::atomic<std::uint64_t> variant_retry_at{0};
  std::atomic<bool> posted{false}; ///< a message about it waits in the queue

  std::atomic<std::uint32_t> foreign_place{0}, foreign_count{0};

  std::atomic<std::uint64_t> recorded{0}; ///< eager runs that were recorded or followed
  std::atomic<std::uint64_t> unseen{0};   ///< runs in a rest that were not hashed, by sample
  std::atomic<std::uint64_t> hits{0};     ///< compiled runs
  std::atomic<std::uint64_t> replays{0};  ///< runs that ended op by op
  std::array<std::atomic<std::uint64_t>, exit_reason_count> exits{};
  std::atomic<std::uint64_t> differences{0};    ///< runs of mode check whose bits differed
  std::atomic<std::uint64_t> unused_bytes{0};   ///< stored by programs, held by nobody, last run
  std::atomic<std::uint64_t> deferred_bytes{0}; ///< held, but not stored by the last run
  std::atomic<std::uint32_t> deferred_values{0};
  std::atomic<std::uint64_t> computed_later{0}; ///< runs whose deferred values were needed
  std::uint64_t first_seen_ns = 0, queued_ns = 0;
  double heat = 0; ///< visits of late, decaying
  /// How often it lost its program to a better path, and the visits from which it may win one back:
  /// worth is a guess, and paths that are equally good would take turns for ever.
  std::uint32_t evictions = 0;
  std::uint64_t place_at = 0;
  std::uint64_t visits_heated = 0; ///< of the visits, those in `heat`

  /// Runs that took this path, however.
  std::uint64_t visits() const noexcept {
    return recorded.load(std::memory_order_relaxed) + unseen.load(std::memory_order_relaxed) +
           hits.load(std::memory_order_relaxed) + replays.load(std::memory_order_relaxed);
  }
  /// The table's lock is held, as for `heat`.
  bool came_up_of_late() const noexcept {
    return heat + static_cast<double>(visits() - visits_heated) >= 1;
  }
  void count_exit(ExitReason exit) noexcept {
    exits[static_cast<std::size_t>(exit)].fetch_add(1, std::memory_order_relaxed);
  }
  std::uint64_t exit_count(ExitReason exit) const noexcept {
    return exits[static_cast<std::size_t>(exit)].load(std::memory_order_relaxed);
  }
  /// What an eager run takes, in ns: measured, or what that many small ops take.
  std::uint64_t eager_estimate_ns() const noexcept;
  /// What a compiled run gains over an eager one, in ns: measured, or half of the eager time.
  double gain_ns() const noexcept;
  /// What compiled runs have gained so far, in ns; 0 if nothing was measured.
  double saved_ns() const noexcept;
  /// What pairs of runs have shown: those of checks once there are enough, or nothing else. The
  /// `measuring` lock is held.
  Spread spread() const noexcept;
  /// What dropping it would cost, of late.
  double score() const noexcept { return heat * gain_ns(); }
  /// Counts flushes by other threads after the same number of ops. True from the third in a row on:
  /// then that place is a boundary. Any thread.
  bool flushed_from_outside(std::uint32_t ops) noexcept;
  /// Remembers a set of values that were needed and that no variant stores. The compile thread
  /// makes a variant of it when it comes up twice: then the answer is true. `exactly`: one that
  /// stores nothing else is wanted. Any thread.
  bool miss_outputs(std::span<const std::uint8_t> needed, bool exactly) noexcept;
  /// In the child of a fork, where whoever held a lock of the path is not.
  void unlock_in_child() noexcept;
  /// The compiler has refused a variant: the next is asked for after 64 x 4^k missed runs.
  void refuse_variant() noexcept;
};

/// A program that stores these values of the graph.
Variant make_variant(const Graph &graph, const std::vector<std::uint32_t> &outputs,
                     std::shared_ptr<const Program> program);

/// Structure hash of a graph without its outputs and name.
std::uint64_t hash_graph(const Graph &graph) noexcept;
/// Same ops, attributes, operand codes, metas.
bool same_structure(const Graph &a, const Graph &b) noexcept;

} // namespace jit
