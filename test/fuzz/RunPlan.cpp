// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/fuzz/RunPlan.h"

#include "runtime/kernels/ThreadPool.h"
#include "runtime/program/PlannedProgram.h"
#include "runtime/trace/Demands.h"
#include "runtime/trace/Span.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace jit {
namespace {

/// A block at a multiple of 64, with nothing behind it.
class Block {
public:
  explicit Block(std::size_t bytes, std::size_t first = 0)
      : place(static_cast<std::byte *>(::operator new(bytes, std::align_val_t(64)))), first(first) {
    std::fill_n(place, bytes, std::byte{0});
  }
  ~Block() { ::operator delete(place, std::align_val_t(64)); }
  Block(const Block &) = delete;
  std::byte *data() const { return place + first; }

private:
  std::byte *place;
  std::size_t first; ///< where element [0, ..., 0] lies
};

std::unique_ptr<Block> block_of(const Meta &meta) {
  const Span span = span_of(meta);
  const std::size_t bytes = itemsize(meta.dtype);
  return std::make_unique<Block>(static_cast<std::size_t>(span.elements) * bytes,
                                 static_cast<std::size_t>(span.origin) * bytes);
}

/// What a run gets: memory, and numbers at one end of what they may be.
struct Memory {
  Memory(const Graph &graph, const Plan &plan, bool most) : plan(plan), arena(plan.arena_bytes) {
    for (const Meta *meta : graph.inputs)
      inputs.push_back(block_of(*meta));
    for (const std::uint32_t output : graph.outputs)
      outputs.push_back(block_of(*graph.values[output].meta));
    const Demands demands = demands_of(graph);
    for (std::size_t k = 0; k < graph.scalars.size(); ++k) {
      const IndexRange range = demands.numbers[k].value_or(IndexRange{0, 0});
      can_run &= range.min <= range.max;
      numbers.push_back(graph.scalars[k] == ScalarKind::floating
                            ? Scalar(0.5)
                            : Scalar(most ? range.max : range.min));
    }
  }

  const std::byte *base(const Buffer &buffer) const {
    switch (buffer.base) {
    case Buffer::Base::input:
      return inputs.at(buffer.index)->data();
    case Buffer::Base::output:
      return outputs.at(buffer.index)->data();
    case Buffer::Base::arena:
      return arena.data() + buffer.arena_offset;
    case Buffer::Base::constant:
      return plan.constants.at(buffer.index).data();
    }
    std::abort();
  }
  /// Elements from `first` to the one before `end`, counted from the buffer's own first one.
  void touch(const Buffer &buffer, std::int64_t first, std::int64_t end) const {
    if (first >= end)
      return;
    std::int64_t offset = buffer.offset;
    for (const Buffer::Term &term : buffer.terms)
      offset += numbers.at(term.slot).as_int() * term.stride;
    const auto bytes = static_cast<std::int64_t>(itemsize(buffer.meta->dtype));
    const volatile std::byte *const all = base(buffer);
    static_cast<void>(all[(offset + first) * bytes]);
    static_cast<void>(all[(offset + end) * bytes - 1]);
  }
  void touch(const Buffer &buffer) const {
    const Span span = span_of(*buffer.meta);
    touch(buffer, -span.origin, span.elements - span.origin);
  }
  void touch(const std::vector<Buffer> &buffers) const {
    for (const Buffer &buffer : buffers)
      touch(buffer);
  }

  using Axis = std::pair<std::int64_t, std::int64_t>; ///< extent and stride
  void touch_matrix(const ContractStep &step, const Buffer &buffer, Axis rows, Axis columns,
                    const std::vector<std::int64_t> &batch_strides) const {
    std::vector<Axis> axes = {rows, columns};
    for (std::size_t b = 0; b < batch_strides.size(); ++b)
      axes.emplace_back(step.batch_sizes[b], batch_strides[b]);
    if (std::ranges::any_of(axes, [](const Axis &axis) { return axis.first == 0; }))
      return;
    std::int64_t first = 0, last = 0;
    for (const auto &[extent, stride] : axes) {
      first += std::min<std::int64_t>(0, (extent - 1) * stride);
      last += std::max<std::int64_t>(0, (extent - 1) * stride);
    }
    touch(buffer, first, last + 1);
  }
  void touch(const KernelStep &step) const { touch(step.buffers); }
  void touch(const ContractStep &step) const {
    touch_matrix(step, step.a, {step.m, step.a_row_stride}, {step.k, step.a_col_stride},
                 step.a_batch_strides);
    touch_matrix(step, step.b, {step.k, step.b_row_stride}, {step.n, step.b_col_stride},
                 step.b_batch_strides);
    touch_matrix(step, step.c, {step.m, step.c_row_stride}, {step.n, 1}, step.c_batch_strides);
    touch(step.epilogue_buffers);
  }
  void touch(const LibraryStep &step) const {
    for (const LibraryStep::Operand &operand : step.operands)
      if (!operand.is_number)
        touch(operand.buffer);
    touch(step.results);
  }

  const Plan &plan;
  Block arena;
  bool can_run = true; ///< there are numbers that the graph takes
  std::vector<std::unique_ptr<Block>> inputs, outputs;
  std::vector<Scalar> numbers;
};

constexpr std::int64_t most_elements = 1 << 14;
constexpr std::size_t most_bytes = 1 << 20;

std::int64_t elements(const Buffer &buffer) {
  std::int64_t count = 1;
  for (const std::int64_t extent : buffer.meta->dims())
    if (__builtin_mul_overflow(count, extent, &count))
      return INT64_MAX;
  return count;
}

/// Whether the step may run here: it is short, and what its op takes for an index has been looked
/// at, which plans are not asked to prove.
bool may_run(const Step &step) {
  if (const auto *product = std::get_if<ContractStep>(&step.what)) {
    std::int64_t work = std::max<std::int64_t>(product->m, 1);
    for (const std::int64_t extent : {product->n, product->k})
      if (__builtin_mul_overflow(work, std::max<std::int64_t>(extent, 1), &work))
        return false;
    for (const std::int64_t extent : product->batch_sizes)
      if (__builtin_mul_overflow(work, std::max<std::int64_t>(extent, 1), &work))
        return false;
    return work <= most_elements;
  }
  const auto *library = std::get_if<LibraryStep>(&step.what);
  return !library ||
         (!info(library->op).index_check &&
          std::ranges::all_of(library->operands, [](const LibraryStep::Operand &operand) {
            return operand.is_number || elements(operand.buffer) <= most_elements;
          }));
}

/// Every name that the plan has, as a kernel that does nothing.
PlanKernels empty_kernels(const Plan &plan) {
  static const std::shared_ptr<const KernelCode> empty = [] {
    KernelCode code;
    code.kernel.function = [](std::byte *const *, const std::uint64_t *, std::int64_t, std::int64_t,
                              std::byte *) {};
    return std::make_shared<const KernelCode>(std::move(code));
  }();
  PlanKernels kernels;
  for (const Step &step : plan.steps)
    if (const auto *kernel = std::get_if<KernelStep>(&step.what))
      kernels[kernel->kernel] = empty;
    else if (const auto *product = std::get_if<ContractStep>(&step.what))
      kernels[product->epilogue] = empty;
  return kernels;
}

/// Whether the memory of a run is small.
bool is_small(const Graph &graph, const Plan &plan) {
  std::size_t bytes = plan.arena_bytes;
  const auto add = [&](const Meta &meta) {
    bytes += std::min<std::size_t>(
        static_cast<std::size_t>(span_of(meta).elements) * itemsize(meta.dtype), most_bytes + 1);
  };
  for (const Meta *meta : graph.inputs)
    add(*meta);
  for (const std::uint32_t output : graph.outputs)
    add(*graph.values[output].meta);
  return plan.arena_bytes <= most_bytes && bytes <= most_bytes;
}

} // namespace

void run_plan(const Graph &graph, Plan plan) {
  if (!is_small(graph, plan))
    return;
  force_thread_count(1);
  const Memory least(graph, plan, false), most(graph, plan, true);
  if (!least.can_run)
    return;
  for (const Memory *memory : {&least, &most})
    for (const Step &step : plan.steps)
      std::visit([&](const auto &what) { memory->touch(what); }, step.what);
  Plan short_one = plan;
  std::erase_if(short_one.steps, [](const Step &step) { return !may_run(step); });
  PlanKernels kernels = empty_kernels(short_one);
  const PlannedProgram program(std::move(short_one), std::move(kernels), Isa::v3, 0, 0);
  if (program.info().arena_bytes > 4 * most_bytes)
    return;
  const Block arena(program.info().arena_bytes);
  for (const Memory *memory : {&least, &most}) {
    std::vector<std::byte *> inputs, outputs;
    for (const auto &input : memory->inputs)
      inputs.push_back(input->data());
    for (const auto &output : memory->outputs)
      outputs.push_back(output->data());
    program.run({inputs, memory->numbers, outputs, arena.data(), {}});
  }
}

} // namespace jit
