// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Recorder: writes down the ops of one segment while they run eagerly.
#pragma once

#include "runtime/kernels/Execute.h"
#include "runtime/trace/Graph.h"

#include <span>
#include <unordered_map>
#include <vector>

namespace jit {

/// One thread's recording of one path. Holds references to the inputs, so that an address names one
/// value; results are known by a stamp on them, so that they may die (which is how outputs are
/// found).
class Recorder {
public:
  static constexpr std::size_t max_ops = 4096;
  static constexpr std::size_t max_operands = 255;
  static constexpr std::int64_t max_held_bytes = std::int64_t{64} << 20;

  /// A number no other recording of the process has.
  static std::uint64_t next_serial() noexcept;

  /// Begins an empty recording.
  void start();
  /// Appends an op that has run. False if it cannot be traced: too many operands, metas or
  /// attributes past their tables' caps. Then the recording is over.
  bool append(OpKind op, AttrWords attrs, std::span<const Argument> arguments,
              const ResultMetas &metas, std::span<Impl *const> results, const Site &site);
  /// Ends it: the graph with the values still held as outputs. `graph().ops` may be empty.
  Graph finish();
  void cancel() noexcept;

  bool running() const noexcept { return log.recording != 0; }
  /// Whether an op of this recording made the value.
  bool made(const Impl &value) const noexcept {
    return value.recording.load(std::memory_order_relaxed) == log.recording;
  }
  std::size_t size() const noexcept { return graph.ops.size(); }
  /// Whether the inputs that only this recording keeps alive exceed the limit of a session.
  bool over_memory_limit() noexcept;
  /// Whether an index operand of the next op would be known or provably in range if this ran
  /// pending.
  bool index_known(OpKind op, AttrWords attrs, std::span<const Argument> arguments) const;

  /// For a prefix that ran as part of a session: continues as if it had been recorded. Values that
  /// are gone have a null entry in `values`.
  void resume(Graph prefix, std::span<Impl *const> inputs, std::span<Impl *const> values);

private:
  struct Bounds;
  OperandCode code_of(const Argument &argument);
  void stamp(Impl &value, std::uint32_t number) noexcept;
  void compute_outputs();

  Graph graph;
  std::unordered_map<const Impl *, std::uint32_t> input_numbers;
  std::vector<Impl *> inputs;
  std::int64_t input_bytes = 0;
  DeathLog log;
};

} // namespace jit
