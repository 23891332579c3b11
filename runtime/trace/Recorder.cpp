// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/trace/Recorder.h"

#include "runtime/trace/PendingIndices.h"

#include <algorithm>

namespace jit {

std::uint64_t Recorder::next_serial() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

void Recorder::start() {
  cancel();
  log.recording = next_serial();
  log.dead.clear();
  death_log = &log;
}

void Recorder::cancel() noexcept {
  log.recording = 0;
  if (death_log == &log)
    death_log = nullptr;
  for (Impl *input : inputs)
    release(input);
  inputs.clear();
  input_numbers.clear();
  input_bytes = 0;
  graph = Graph();
}

OperandCode Recorder::code_of(const Argument &argument) {
  if (!argument.impl) {
    graph.scalars.push_back(argument.scalar.kind());
    graph.examples.push_back(argument.scalar);
    return {OperandCode::scalar, static_cast<std::uint32_t>(graph.scalars.size() - 1)};
  }
  if (made(*argument.impl))
    return {OperandCode::value, argument.impl->recorded_value};
  const auto number = static_cast<std::uint32_t>(inputs.size());
  auto [entry, added] = input_numbers.try_emplace(argument.impl, number);
  if (added) {
    inputs.push_back(argument.impl);
    retain(argument.impl);
    graph.inputs.push_back(interned_twin(*argument.impl->meta));
    if (argument.impl->storage)
      input_bytes += static_cast<std::int64_t>(argument.impl->storage->bytes);
  }
  return {OperandCode::input, entry->second};
}

void Recorder::stamp(Impl &value, std::uint32_t number) noexcept {
  value.recorded_value = number;
  value.recording.store(log.recording, std::memory_order_relaxed);
}

struct Recorder::Bounds {
  const Recorder &recorder;
  Impl &input(std::uint32_t k) const { return *recorder.inputs[k]; }
  const Meta *meta(OperandCode code) const { return recorder.graph.meta_of(code); }
  ValueMaker maker(std::uint32_t value) const {
    const GraphOp &op = recorder.graph.ops[recorder.graph.values[value].op];
    return {op.op, op.attrs, op.operands, value - op.first_value};
  }
};

bool Recorder::index_known(OpKind op, AttrWords attrs, std::span<const Argument> arguments) const {
  const Impl &index = *arguments[info(op).index_check->operand].impl;
  if (!made(index))
    return true;
  return provably_within(Bounds{*this}, {OperandCode::value, index.recorded_value},
                         allowed_indices(op, attrs, arguments));
}

bool Recorder::over_memory_limit() noexcept {
  if (input_bytes <= max_held_bytes)
    return false;
  input_bytes = 0;
  for (const Impl *input : inputs)
    if (input->refs.load(std::memory_order_acquire) == 1 && input->storage)
      input_bytes += static_cast<std::int64_t>(input->storage->bytes);
  return input_bytes > max_held_bytes;
}

/// Whether the meta has a place in the table, now at the latest.
static bool has_place(const Meta &meta) {
  if (meta.interned)
    return true;
  const Meta *twin = intern_meta(meta.dtype, meta.dims(), meta.strides(), meta.device);
  const bool interned = twin->interned;
  release_meta(twin);
  return interned;
}

bool Recorder::append(OpKind op, AttrWords attrs, std::span<const Argument> arguments,
                      const ResultMetas &metas, std::span<Impl *const> results, const Site &site) {
  const Attr *attr = attrs.empty() ? nullptr : intern_attr(attrs);
  bool traceable = arguments.size() <= max_operands && (attr || attrs.empty());
  for (const Argument &argument : arguments)
    traceable = traceable && (!argument.impl || has_place(*argument.impl->meta));
  for (std::uint8_t r = 0; r < metas.count; ++r)
    traceable = traceable && has_place(*metas.metas[r]);
  if (!traceable)
    return false;

  GraphOp recorded{op,          attr, {}, static_cast<std::uint32_t>(graph.values.size()),
                   metas.count, site};
  recorded.operands.reserve(arguments.size());
  for (const Argument &argument : arguments)
    recorded.operands.push_back(code_of(argument));
  const auto number = static_cast<std::uint32_t>(graph.ops.size());
  for (std::uint8_t r = 0; r < metas.count; ++r) {
    log.dead.push_back(false); // first: a stamped value finds its place there
    stamp(*results[r], static_cast<std::uint32_t>(graph.values.size()));
    graph.values.push_back({interned_twin(*metas.metas[r]), number, metas.view && r == 0});
  }
  graph.ops.push_back(std::move(recorded));
  return true;
}

/// Held values, each followed through views to the value whose block it needs.
void Recorder::compute_outputs() {
  for (std::uint32_t v = 0; v < graph.values.size(); ++v) {
    if (log.dead[v])
      continue;
    OperandCode base(OperandCode::value, v);
    while (base.kind() == OperandCode::value && graph.values[base.index()].view)
      base = graph.ops[graph.values[base.index()].op].operands[0];
    if (base.kind() == OperandCode::value)
      graph.outputs.push_back(base.index());
  }
  std::sort(graph.outputs.begin(), graph.outputs.end());
  graph.outputs.erase(std::unique(graph.outputs.begin(), graph.outputs.end()), graph.outputs.end());
}

Graph Recorder::finish() {
  compute_outputs();
  Graph done = std::move(graph);
  cancel();
  return done;
}

void Recorder::resume(Graph prefix, std::span<Impl *const> bound, std::span<Impl *const> values) {
  start();
  graph = std::move(prefix);
  for (Impl *input : bound) {
    input_numbers.emplace(input, static_cast<std::uint32_t>(inputs.size()));
    inputs.push_back(input);
    retain(input);
    if (input->storage)
      input_bytes += static_cast<std::int64_t>(input->storage->bytes);
  }
  log.dead.assign(graph.values.size(), false);
  for (std::uint32_t v = 0; v < values.size(); ++v) {
    if (values[v])
      stamp(*values[v], v);
    else
      log.dead[v] = true;
  }
}

} // namespace jit
