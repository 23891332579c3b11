// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A column is what lies at one place off the axis: threads share columns. If there are few, places
// are shared too: a stable sort brings the updates of each side by side.
#include "runtime/cuda/Scatter.h"

#include "runtime/cuda/Pairs.h"
#include "runtime/cuda/Scratch.h"
#include "runtime/cuda/Tuning.h"
#include "runtime/cuda/Walk.h"
#include "runtime/ops/Attributes.h"

#include <algorithm>

namespace jit::gpu {
namespace {

/// Strides of the result, the updates and the index off the axis; along it those of the updates and
/// the index, of which there are `indices`.
struct Columns {
  DimList extents, result, updates, index;
  std::int64_t axis_stride = 0, axis_extent = 0;
  std::int64_t indices = 0, update_step = 0, index_step = 0;
  bool own_indices = false; ///< each column has some

  std::int64_t count() const noexcept {
    std::int64_t product = 1;
    for (std::size_t i = 0; i < extents.size(); ++i)
      product *= extents[i];
    return product;
  }
  void push_to(Walk &walk) const noexcept {
    for (std::size_t i = 0; i < extents.size(); ++i)
      walk.push(extents[i], {result[i], updates[i], index[i]});
  }
};

class Scattering {
public:
  Scattering(Gpu &gpu, const KernelCall &call, ScatterMode mode, Columns columns) noexcept
      : gpu(gpu), mode(static_cast<std::int64_t>(mode)), columns(columns), result(call.results[0]),
        index(call.operands[1]), updates(call.operands[2]) {}

  Launched run() noexcept {
    constexpr std::int64_t most = std::int64_t{1} << 32;
    const bool enough_threads =
        columns.indices <= indices_a_thread || columns.count() >= columns_enough;
    return enough_threads || columns.indices >= most || columns.axis_extent >= most ? in_order()
                                                                                    : sorted();
  }

private:
  /// Of the kernels: masks are bytes.
  std::string_view dtype() const noexcept {
    return name(result.meta->dtype == DType::boolean ? DType::u8 : result.meta->dtype);
  }
  void set_common(Walk &walk) const noexcept {
    walk.number[scatter_mode] = mode;
    walk.number[scatter_indices] = columns.indices;
    walk.number[scatter_stride] = columns.axis_stride;
    walk.number[scatter_update_step] = columns.update_step;
  }

  Launched in_order() noexcept {
    Walk walk(gpu);
    columns.push_to(walk);
    walk.memory = {result.data, updates.data, index.data};
    set_common(walk);
    walk.number[scatter_dtype] = static_cast<std::int64_t>(index.meta->dtype);
    walk.number[scatter_extent] = columns.axis_extent;
    walk.number[scatter_index_step] = columns.index_step;
    return walk.run("scatter_", dtype());
  }

  Launched make_pairs(const Pairs &pairs) noexcept {
    Walk walk(gpu);
    for (std::size_t i = 0; i < columns.extents.size() && columns.own_indices; ++i)
      walk.push(columns.extents[i], {columns.index[i], 0, 0});
    walk.push(columns.indices, {columns.index_step, 0, 0});
    walk.memory = {pairs.data(), index.data};
    walk.number[place_pair_dtype] = static_cast<std::int64_t>(index.meta->dtype);
    walk.number[place_pair_extent] = columns.axis_extent;
    walk.number[place_pair_row] = columns.indices;
    return walk.run("place_pairs");
  }

  Launched sorted() noexcept {
    Pairs pairs(gpu, Pairs::in_short, columns.own_indices ? columns.count() : 1, columns.indices);
    if (!pairs)
      return Launched::refused;
    Launched launched = make_pairs(pairs);
    if (launched == Launched::yes)
      launched = pairs.sort();
    if (launched != Launched::yes)
      return launched;
    Walk walk(gpu);
    walk.push(columns.indices, {0, 0, 0});
    columns.push_to(walk);
    walk.memory = {result.data, updates.data, pairs.data()};
    set_common(walk);
    walk.number[scatter_columns] = columns.count();
    walk.number[scatter_pair_row] = columns.own_indices ? columns.indices : 0;
    return walk.run("scatter_runs_", dtype());
  }

  Gpu &gpu;
  const std::int64_t mode;
  const Columns columns;
  const KernelResult &result;
  const KernelOperand &index, &updates;
};

/// Off the axis, of a result and of updates that have other axes in its place.
Columns columns_of(const KernelCall &call, std::size_t axis, std::size_t axes_of_index) noexcept {
  const Meta &x = *call.results[0].meta, &updates = *call.operands[2].meta;
  const DimList strides = row_major_strides(x.dims());
  Columns columns;
  columns.axis_stride = strides[axis];
  columns.axis_extent = x.dims()[axis];
  for (std::size_t i = 0; i < x.rank; ++i)
    if (i != axis) {
      columns.extents.push_back(x.dims()[i]);
      columns.result.push_back(strides[i]);
      columns.updates.push_back(updates.strides()[i < axis ? i : i + axes_of_index - 1]);
      columns.index.push_back(0);
    }
  return columns;
}

Launched copy(Gpu &gpu, const KernelOperand &from, std::byte *to) noexcept {
  return run_copy(gpu, view_of(*from.meta, from.data), from.meta->dtype, to);
}

/// x becomes the result, if it is not there already.
Launched begin_with_x(Gpu &gpu, const KernelCall &call) noexcept {
  const KernelOperand &x = call.operands[0];
  return x.data == call.results[0].data ? Launched::yes : copy(gpu, x, call.results[0].data);
}

/// The operand without gaps, in scratch memory.
struct Dense {
  Meta meta;
  KernelOperand operand;

  Launched take(Gpu &gpu, DeviceScratch &scratch, const KernelOperand &from) noexcept {
    meta = *from.meta;
    meta.contiguous = true;
    const DimList strides = row_major_strides(meta.dims());
    std::copy(strides.begin(), strides.end(), meta.stride_values);
    std::byte *const block = scratch.take(meta.size, meta.dtype);
    operand = {&meta, block};
    return block ? copy(gpu, from, block) : Launched::refused;
  }
};

} // namespace

Launched scatter(Gpu &gpu, const KernelCall &call) noexcept {
  const ScatterAttrs attrs = ScatterAttrs::decode(call.attrs);
  const auto axis = static_cast<std::size_t>(attrs.axis);
  if (const Launched copied = begin_with_x(gpu, call);
      copied != Launched::yes || call.operands[2].meta->size == 0)
    return copied;
  const Meta &index = *call.operands[1].meta, &updates = *call.operands[2].meta;
  StridedView along[2] = {view_of(index, nullptr), view_of(index, nullptr)};
  std::copy_n(updates.stride_values + axis, index.rank, along[1].strides);
  merge_axes(along, 2);
  if (along[0].rank > 1) {
    // Their axes are not one axis.
    DeviceScratch scratch(gpu);
    Dense index_rows, update_rows;
    if (const Launched copied = std::max(index_rows.take(gpu, scratch, call.operands[1]),
                                         update_rows.take(gpu, scratch, call.operands[2]));
        copied != Launched::yes)
      return copied;
    const KernelOperand operands[] = {
        {call.results[0].meta, call.results[0].data}, index_rows.operand, update_rows.operand};
    return scatter(gpu, {call.op, call.attrs, operands, call.results});
  }
  Columns columns = columns_of(call, axis, index.rank);
  columns.indices = index.size;
  columns.index_step = along[0].strides[0];
  columns.update_step = along[1].strides[0];
  return Scattering(gpu, call, static_cast<ScatterMode>(attrs.mode), columns).run();
}

Launched scatter_along_axis(Gpu &gpu, const KernelCall &call) noexcept {
  const ScatterAlongAxisAttrs attrs = ScatterAlongAxisAttrs::decode(call.attrs);
  const auto axis = static_cast<std::size_t>(attrs.axis);
  if (const Launched copied = begin_with_x(gpu, call);
      copied != Launched::yes || call.operands[2].meta->size == 0)
    return copied;
  const Meta &index = *call.operands[1].meta, &updates = *call.operands[2].meta;
  Columns columns = columns_of(call, axis, 1);
  for (std::size_t i = 0, column = 0; i < index.rank; ++i)
    if (i != axis)
      columns.index[column++] = index.strides()[i];
  columns.indices = index.dims()[axis];
  columns.index_step = index.strides()[axis];
  columns.update_step = updates.strides()[axis];
  columns.own_indices = true;
  return Scattering(gpu, call, static_cast<ScatterMode>(attrs.mode), columns).run();
}

} // namespace jit::gpu
