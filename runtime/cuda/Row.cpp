// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Row ops: a kernel for rows of one chunk along the last axis; all others step by step, over whole
// tensors, as the body of the record has it. The bits are the same.
#include "runtime/cuda/Reduction.h"
#include "runtime/cuda/RowLaunch.h"
#include "runtime/ops/Attributes.h"
#include "runtime/ops/Limits.h"
#include "runtime/program/Cells.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace jit::gpu {
namespace {

std::size_t axis_of(const KernelCall &call) noexcept {
  return static_cast<std::size_t>(AttrReader(call.attrs).integer());
}

/// Rows that a kernel has as a whole.
bool fits(const KernelCall &call) noexcept {
  const Meta &x = *call.operands[0].meta;
  if (axis_of(call) + 1 != x.rank || x.dims().back() > block_row)
    return false;
  return std::ranges::all_of(call.operands, [&](const KernelOperand &operand) {
    return !operand.meta || operand.meta->dtype == call.results[0].meta->dtype;
  });
}

Launched run_kernel_of(Gpu &gpu, const KernelCall &call) noexcept {
  const KernelOperand &x = call.operands[0];
  const DType dtype = x.meta->dtype;
  const std::int64_t length = x.meta->dims().back(), vector = inner_vector(dtype, dtype);
  RowOpArgs args{};
  for (std::size_t k = 0; k < call.operands.size(); ++k)
    if (const KernelOperand &operand = call.operands[k]; operand.meta) {
      args.operand[k] = operand.data;
      args.step[k] = operand.meta->strides().back();
    } else {
      args.number = cell_of(operand.scalar, dtype);
    }
  StridedView rows = view_of(*x.meta, x.data);
  --rows.rank;
  merge_axes(rows);
  set_axes(args.axes, rows);
  args.result = call.results[0].data;
  args.rows = static_cast<std::uint64_t>(rows.size());
  args.length = static_cast<unsigned>(length);
  args.aligned = (args.step[0] == 1 || length == 1) && is_aligned(x.data, rows, dtype, vector);
  args.result_aligned = length % vector == 0;
  args.members = members_of(length, vector);
  const bool is_short = length <= short_row;
  return start(
      gpu, find_kernel(gpu, {"row", info(call.op).name, name(dtype), is_short ? "short" : "block"}),
      is_short ? ceil_div(rows.size() * args.members, row_threads) : rows.size(), args,
      (kept_elements + passed_elements) * static_cast<unsigned>(itemsize(dtype)));
}

/// The steps of a body, one after another.
class RowSteps {
public:
  RowSteps(Gpu &gpu, const KernelCall &call) noexcept
      : gpu(gpu), call(call), op(info(call.op)), axis(axis_of(call)),
        dtype(call.results[0].meta->dtype), operands(call.operands.size()) {
    for (std::size_t k = 0; k < operands; ++k) {
      values[k].operand = call.operands[k];
      if (call.operands[k].meta)
        values[k].meta = *call.operands[k].meta;
    }
    row = values[0].meta.dims()[axis];
  }
  ~RowSteps() {
    for (Value &value : values)
      if (value.storage)
        release(value.storage);
  }
  RowSteps(const RowSteps &) = delete;

  Launched run() noexcept {
    for (std::size_t step = 0; step < op.body.size(); ++step) {
      const OpInfo &of = info(op.body[step].op);
      const Launched launched = of.family == Family::reduction ? reduce(step) : apply(step, of);
      if (launched != Launched::yes)
        return launched;
      give_back(step);
    }
    return Launched::yes;
  }

private:
  struct Value {
    KernelOperand operand; ///< a number; of a tensor the data
    Meta meta{};
    Storage *storage = nullptr;
  };
  static constexpr std::size_t most_values =
      max_row_operands + static_cast<std::size_t>(max_results * max_row_steps);

  Value &result_of(std::size_t step, std::size_t result = 0) noexcept {
    return values[operands + max_results * step + result];
  }
  Value &value_of(const BodyOperand &x) noexcept {
    return x.kind == BodyOperand::operand ? values[x.index] : result_of(x.index, x.result);
  }

  /// Extents of operand 0, or of what a reduction of it keeps; without gaps.
  Meta meta_of(bool reduced, DType of) const noexcept {
    Meta meta = values[0].meta;
    meta.dtype = of;
    meta.contiguous = true;
    if (reduced) {
      meta.dim_values[axis] = 1;
      meta.size /= row;
    }
    const DimList strides = row_major_strides(meta.dims());
    std::copy_n(Dims(strides).begin(), meta.rank, meta.stride_values);
    return meta;
  }
  /// The last step writes the op's own result.
  bool make(std::size_t step, std::size_t result, bool reduced, DType of) noexcept {
    Value &value = result_of(step, result);
    value.meta = meta_of(reduced, of);
    value.operand.meta = &value.meta;
    if (step + 1 == op.body.size()) {
      value.operand.data = call.results[0].data;
      return true;
    }
    value.storage = gpu.new_storage(value.meta.bytes());
    if (value.storage)
      value.operand.data = value.storage->data;
    return value.storage != nullptr;
  }
  static std::byte *place(const Value &value) noexcept {
    return const_cast<std::byte *>(value.operand.data); // NOLINT: it was made here
  }

  Launched reduce(std::size_t step) noexcept {
    const BodyStep &body = op.body[step];
    const bool gives_two = body.op == OpKind::var_mean;
    if (!make(step, 0, true, dtype) || (gives_two && !make(step, 1, true, dtype)))
      return Launched::refused;
    const Value &x = value_of(body.operands[0]);
    Reducer reducer(gpu,
                    gives_two                ? Fold::moments
                    : body.op == OpKind::max ? Fold::max
                    : body.op == OpKind::min ? Fold::min
                                             : Fold::sum,
                    dtype);
    if (gives_two)
      reducer.divide_by(row);
    return reducer.run(view_of(x.meta, x.operand.data), 1u << axis,
                       {place(result_of(step)), place(result_of(step, 1))});
  }

  Launched apply(std::size_t step, const OpInfo &of) noexcept {
    std::array<KernelOperand, max_operands> x;
    std::size_t count = 0;
    bool reduced = true;
    for (const BodyOperand &operand : op.body[step].operands) {
      if (operand.kind == BodyOperand::constant) {
        x[count++].scalar = operand.value;
        continue;
      }
      Value &value = value_of(operand);
      x[count] = value.operand;
      x[count++].meta = value.operand.meta ? &value.meta : nullptr;
      reduced &= !value.operand.meta ||
                 (value.meta.rank == values[0].meta.rank && value.meta.dims()[axis] == 1);
    }
    const bool truth = of.types == TypeRule::comparison;
    if (!make(step, 0, reduced, truth ? DType::boolean : dtype))
      return Launched::refused;
    const KernelResult result{&result_of(step).meta, place(result_of(step))};
    return run_elementwise(gpu, {op.body[step].op, {}, {x.data(), count}, {&result, 1}});
  }

  /// What no later step reads.
  void give_back(std::size_t step) noexcept {
    for (std::size_t made = 0; made <= step; ++made)
      for (std::size_t r = 0; r < max_results; ++r) {
        Value &value = result_of(made, r);
        if (value.storage && !is_read_behind(step, &value)) {
          release(value.storage);
          value.storage = nullptr;
        }
      }
  }
  bool is_read_behind(std::size_t step, const Value *value) noexcept {
    for (std::size_t later = step + 1; later < op.body.size(); ++later)
      for (const BodyOperand &x : op.body[later].operands)
        if (x.kind != BodyOperand::constant && &value_of(x) == value)
          return true;
    return false;
  }

  Gpu &gpu;
  const KernelCall &call;
  const OpInfo &op;
  const std::size_t axis;
  const DType dtype;
  const std::size_t operands;
  std::int64_t row; ///< its elements
  std::array<Value, most_values> values;
};

} // namespace

Launched run_row(Gpu &gpu, const KernelCall &call) noexcept {
  if (call.results[0].meta->size == 0)
    return Launched::yes;
  return fits(call) ? run_kernel_of(gpu, call) : RowSteps(gpu, call).run();
}

} // namespace jit::gpu
