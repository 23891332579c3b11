// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sums of products of 64-bit numbers are bounded in 128 bits.
#include "runtime/program/CheckPlan.h"

#include "runtime/ops/Attributes.h"
#include "runtime/ops/Views.h"
#include "runtime/trace/Demands.h"
#include "runtime/trace/Span.h"

#include <algorithm>
#include <limits>

namespace jit {
namespace {

__extension__ using Wide = __int128;
using Problem = std::optional<std::string>; ///< empty: there is none

/// Numbers beyond could overflow what is computed from them.
constexpr std::int64_t too_far = std::int64_t{1} << 48;
bool is_near(Wide number) { return number > -too_far && number < too_far; }

/// Elements that an address may lie at, from the one it is counted from: [first, end).
struct Reach {
  Wide first = 0, end = 1;
  /// Moves by a number between the two.
  void add_any(Wide a, Wide b) {
    first += std::min(a, b);
    end += std::max(a, b);
  }
};

class Checker {
public:
  Checker(const Plan &plan, const Graph &graph)
      : plan(plan), graph(graph), ranges(demands_of(graph).numbers) {}

  Problem run() {
    if (plan.steps.size() > max_plan_steps || plan.arena_bytes > max_arena_bytes)
      return "it has too many steps or temporaries";
    for (const Cell &cell : plan.cells)
      if (cell.slot >= graph.scalars.size())
        return "there is no number " + std::to_string(cell.slot);
    if (Problem problem = check_donations())
      return problem;
    for (const FusionRefusal &refusal : plan.refusals)
      if (refusal.producer >= graph.ops.size() || refusal.consumer >= graph.ops.size())
        return "a refusal names an op that is not there";
    for (std::size_t k = 0; k < plan.steps.size(); ++k) {
      const Step &step = plan.steps[k];
      Problem problem = std::visit([&](const auto &what) { return check(what); }, step.what);
      if (!problem &&
          std::ranges::any_of(step.ops, [&](std::uint32_t op) { return op >= graph.ops.size(); }))
        problem = "it names an op that is not there";
      if (problem)
        return "step " + std::to_string(k) + ": " + *problem;
    }
    return std::nullopt;
  }

private:
  const Meta &output(std::size_t number) const { return *graph.values[graph.outputs[number]].meta; }

  /// An output takes over a block of its own size, so an input lies in it from the start.
  Problem check_donations() const {
    if (plan.donated_input.size() != graph.outputs.size())
      return "it has another number of outputs";
    for (const std::int32_t input : plan.donated_input)
      if (input < -1 || input >= static_cast<std::int64_t>(graph.inputs.size()))
        return "there is no input " + std::to_string(input);
    return std::nullopt;
  }

  /// Whether it is checked to lie in a range, not an empty one, before a program runs.
  bool is_bounded(std::uint32_t number) const {
    const std::optional<IndexRange> &range = ranges[number];
    return range && is_near(range->min) && is_near(range->max) && range->min <= range->max;
  }

  /// The bytes around element [0, ..., 0] that a base has.
  Problem find_room(const Buffer &buffer, Reach &room) const {
    switch (buffer.base) {
    case Buffer::Base::input: {
      if (buffer.index >= graph.inputs.size())
        return "there is no input " + std::to_string(buffer.index);
      const Meta &meta = *graph.inputs[buffer.index];
      const auto span = span_of(meta.dtype, meta.dims(), meta.strides());
      if (!span)
        return "an input is too large";
      const auto bytes = static_cast<Wide>(itemsize(meta.dtype));
      room = {-span->origin * bytes, (span->elements - span->origin) * bytes};
      return std::nullopt;
    }
    case Buffer::Base::output:
      if (buffer.index >= graph.outputs.size())
        return "there is no output " + std::to_string(buffer.index);
      room = {0, static_cast<Wide>(output(buffer.index).bytes())};
      return std::nullopt;
    case Buffer::Base::arena:
      if (buffer.arena_offset % 64 != 0 || buffer.arena_offset > plan.arena_bytes ||
          buffer.block_bytes > plan.arena_bytes - buffer.arena_offset)
        return "a temporary leaves the arena";
      room = {0, static_cast<Wide>(buffer.block_bytes)};
      return std::nullopt;
    case Buffer::Base::constant:
      if (buffer.index >= plan.constants.size())
        return "there is no constant " + std::to_string(buffer.index);
      room = {0, static_cast<Wide>(plan.constants[buffer.index].size())};
      return std::nullopt;
    }
    return "a buffer of no kind";
  }

  /// Whether all of `reach` elements from the buffer's first one lie in its base.
  Problem check_place(const Buffer &buffer, Reach reach) const {
    Reach room;
    if (Problem problem = find_room(buffer, room))
      return problem;
    const bool empty = reach.first >= reach.end;
    reach.add_any(buffer.offset, buffer.offset);
    for (const Buffer::Term &term : buffer.terms) {
      if (term.slot >= graph.scalars.size())
        return "there is no number " + std::to_string(term.slot);
      if (!empty && (!is_bounded(term.slot) || !is_near(term.stride)))
        return "number " + std::to_string(term.slot) + " is not bounded";
      if (!empty)
        reach.add_any(ranges[term.slot]->min * Wide(term.stride),
                      ranges[term.slot]->max * Wide(term.stride));
    }
    if (empty)
      return is_near(buffer.offset) ? Problem() : "an empty buffer is too far away";
    const auto bytes = static_cast<Wide>(itemsize(buffer.meta->dtype));
    if (reach.first * bytes < room.first || reach.end * bytes > room.end)
      return "a buffer leaves its memory";
    return std::nullopt;
  }

  Problem check(const Buffer &buffer) const {
    const Meta &meta = *buffer.meta;
    const auto span = span_of(meta.dtype, meta.dims(), meta.strides());
    if (!span)
      return "a buffer is too large";
    return check_place(buffer, {-span->origin, span->elements - span->origin});
  }

  Problem check(const std::vector<Buffer> &buffers) const {
    for (const Buffer &buffer : buffers)
      if (Problem problem = check(buffer))
        return problem;
    return std::nullopt;
  }

  Problem check_cells(const std::vector<std::uint32_t> &cells) const {
    if (std::ranges::any_of(cells, [&](std::uint32_t cell) { return cell >= plan.cells.size(); }))
      return "it takes a number that is not there";
    return std::nullopt;
  }

  Problem check(const KernelStep &step) const {
    if (step.inputs > step.buffers.size() || step.kernel.empty())
      return "it has fewer buffers than inputs";
    if (Problem problem = check_cells(step.cells))
      return problem;
    return check(step.buffers);
  }

  /// One operand of a product: rows, columns and batches from its first element.
  Problem check_matrix(const ContractStep &step, const Buffer &buffer, std::int64_t rows,
                       std::int64_t row_stride, std::int64_t columns, std::int64_t column_stride,
                       const std::vector<std::int64_t> &batch_strides) const {
    if (batch_strides.size() != step.batch_sizes.size() || buffer.meta->dtype != step.dtype)
      return "an operand of the product has another type or other batches";
    bool empty = rows == 0 || columns == 0;
    Reach reach;
    const auto walk = [&](std::int64_t extent, std::int64_t stride) {
      empty |= extent == 0;
      reach.add_any(0, Wide(extent - 1) * stride);
    };
    walk(rows, row_stride);
    walk(columns, column_stride);
    for (std::size_t axis = 0; axis < batch_strides.size(); ++axis)
      walk(step.batch_sizes[axis], batch_strides[axis]);
    return check_place(buffer, empty ? Reach{0, 0} : reach);
  }

  /// Those of axes with one element or none too: kernels count with them, if in vain.
  static bool strides_are_near(const ContractStep &step) {
    std::vector<std::int64_t> strides = {step.a_row_stride, step.a_col_stride, step.b_row_stride,
                                         step.b_col_stride, step.c_row_stride};
    for (const auto *batch : {&step.a_batch_strides, &step.b_batch_strides, &step.c_batch_strides})
      strides.insert(strides.end(), batch->begin(), batch->end());
    return std::ranges::all_of(strides, is_near);
  }

  Problem check(const ContractStep &step) const {
    const std::vector<std::int64_t> &batches = step.batch_sizes;
    if (batches.size() > max_rank)
      return "the product has too many batch axes";
    std::vector<std::int64_t> extents = batches;
    extents.insert(extents.end(), {step.m, step.n, step.k});
    Wide work = 1;
    for (const std::int64_t extent : extents) {
      work *= std::max<std::int64_t>(extent, 1);
      if (extent < 0 || extent >= too_far || work > std::numeric_limits<std::int64_t>::max())
        return "the product has impossible extents";
    }
    if (!strides_are_near(step))
      return "the product has impossible strides";
    if (step.m > 1 && step.c_row_stride < step.n)
      return "rows of the product overlap";
    if (Problem problem = check_matrix(step, step.a, step.m, step.a_row_stride, step.k,
                                       step.a_col_stride, step.a_batch_strides))
      return problem;
    if (Problem problem = check_matrix(step, step.b, step.k, step.b_row_stride, step.n,
                                       step.b_col_stride, step.b_batch_strides))
      return problem;
    if (Problem problem =
            check_matrix(step, step.c, step.m, step.c_row_stride, step.n, 1, step.c_batch_strides))
      return problem;
    if (step.epilogue.empty())
      return std::nullopt;
    if (Problem problem = check_cells(step.epilogue_cells))
      return problem;
    return check(step.epilogue_buffers);
  }

  /// Starts that the op itself would check when it runs alone, those of axes with elements.
  Problem check_step_starts(const InferRequest &request, const LibraryStep &step) const {
    const SliceBox box = slice_box(request);
    const auto numbers = std::span(step.operands).last(box.extents.size());
    for (const bool most : {false, true}) {
      DimList starts;
      for (std::size_t axis = 0; axis < numbers.size(); ++axis) {
        const std::uint32_t slot = numbers[axis].slot;
        if (box.extents[axis] != 0 && !is_bounded(slot))
          return "number " + std::to_string(slot) + " is not bounded";
        const IndexRange range = ranges[slot].value_or(IndexRange{0, 0});
        starts.push_back(most ? range.max : range.min);
      }
      if (Problem problem = check_starts(request, starts))
        return problem;
    }
    return std::nullopt;
  }

  Problem check(const LibraryStep &step) const {
    const OpInfo &op = info(step.op);
    if (op.family == Family::view && step.op != OpKind::reshape)
      return "a view is no step";
    if (!attrs_well_formed(op, step.attrs))
      return "its attributes are damaged";
    std::vector<OperandType> types;
    for (const LibraryStep::Operand &operand : step.operands) {
      if (operand.is_number && operand.slot >= graph.scalars.size())
        return "there is no number " + std::to_string(operand.slot);
      if (Problem problem = operand.is_number ? Problem() : check(operand.buffer))
        return problem;
      types.push_back(operand.is_number ? OperandType{nullptr, graph.scalars[operand.slot]}
                                        : OperandType{operand.buffer.meta});
    }
    const InferRequest request{step.op, step.attrs, types};
    Inferred inferred;
    if (Problem problem = infer(request, inferred))
      return problem;
    if (inferred.count != step.results.size())
      return "it has another number of results";
    for (std::size_t r = 0; r < inferred.count; ++r) {
      const Meta &meta = *step.results[r].meta;
      if (meta.dtype != inferred.results[r].dtype || !meta.contiguous ||
          !std::ranges::equal(meta.dims(), inferred.results[r].dims))
        return "it gives another type than " + describe(meta);
    }
    if (has_starts(step.op))
      if (Problem problem = check_step_starts(request, step))
        return problem;
    return check(step.results);
  }

  const Plan &plan;
  const Graph &graph;
  const std::vector<std::optional<IndexRange>> ranges; ///< of the numbers
};

} // namespace

std::optional<std::string> check_plan(const Plan &plan, const Graph &graph) {
  return Checker(plan, graph).run();
}

} // namespace jit
