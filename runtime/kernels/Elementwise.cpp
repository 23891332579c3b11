// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elementwise ops: one inner loop over everything if the operands lie alike, else tile by tile.
#include "runtime/kernels/Copy.h"
#include "runtime/kernels/Families.h"
#include "runtime/kernels/Parallel.h"
#include "runtime/kernels/ScalarValue.h"
#include "runtime/kernels/TileReader.h"
#include "runtime/ops/Limits.h"
#include "runtime/scalar/Storage.h"

#include <algorithm>
#include <optional>

namespace jit {

namespace {

/// No elementwise op has more operands.
constexpr int max_operands = max_element_operands;

struct Loop {
  ElementLoop run;
  std::size_t result_step;
  int operands;
  std::byte *pointers[max_operands + 1];
  std::size_t steps[max_operands]; ///< bytes between elements; 0 for a broadcast operand
  ScalarArgs args;
  ConvertLoop narrow = nullptr; ///< from what `run` stores to the result, if they differ
};

/// The loop over `count` elements, whose result narrows if it must.
void run_loop(const Loop &loop, std::byte *const *pointers, std::int64_t count) noexcept {
  const auto size = static_cast<std::size_t>(count);
  if (!loop.narrow)
    return loop.run(pointers, size, &loop.args);
  alignas(64) std::byte wide[tile_elements * sizeof(std::int64_t)];
  std::byte *through[max_operands + 1];
  std::copy_n(pointers, max_operands + 1, through);
  through[0] = wide;
  loop.run(through, size, &loop.args);
  loop.narrow(pointers[0], wide, 1, size);
}

void run_range(const Loop &loop, std::int64_t begin, std::int64_t end) noexcept {
  std::byte *pointers[max_operands + 1];
  pointers[0] = loop.pointers[0] + static_cast<std::size_t>(begin) * loop.result_step;
  for (int i = 0; i < loop.operands; ++i)
    pointers[i + 1] = loop.pointers[i + 1] + static_cast<std::size_t>(begin) * loop.steps[i];
  loop.run(pointers, static_cast<std::size_t>(end - begin), &loop.args);
}

void run_whole(const Loop &loop, std::int64_t size) noexcept {
  if (size < parallel_elements) {
    loop.run(loop.pointers, static_cast<std::size_t>(size), &loop.args);
    return;
  }
  parallel_ranges(
      size, parallel_elements / 2,
      [&](std::int64_t begin, std::int64_t end) { run_range(loop, begin, end); },
      kind_of_job(loop.run));
}

/// Operands that need gathering or converting, on the way to one loop.
struct TiledOperands {
  const KernelTable &table;
  const KernelCall &call;
  StridedView views[max_operands + 1]; ///< of tensors; the last one stands for the result
  int tensors = 0;
  DType dtypes[max_operands];   ///< what the loop wants
  int operand_of[max_operands]; ///< view -> operand

  TiledOperands(const KernelTable &table, const KernelCall &call) : table(table), call(call) {}
};

void run_tiles(const Loop &loop, const TiledOperands &tiled, std::int64_t tile, std::int64_t begin,
               std::int64_t end) noexcept {
  alignas(64) std::byte scratch[max_operands][tile_elements * sizeof(double)];
  std::byte *pointers[max_operands + 1];
  std::copy_n(loop.pointers, max_operands + 1, pointers);
  for (std::int64_t start = begin * tile; start < end * tile; start += tile) {
    const std::int64_t count = std::min(tile, tiled.views[tiled.tensors].size() - start);
    pointers[0] = loop.pointers[0] + static_cast<std::size_t>(start) * loop.result_step;
    for (int i = 0; i < tiled.tensors; ++i) {
      const int operand = tiled.operand_of[i];
      const TileReader reader(tiled.views[i], tiled.dtypes[operand], tiled.table);
      pointers[operand + 1] =
          const_cast<std::byte *>(reader.read(start, count, scratch[operand])); // NOLINT
    }
    run_loop(loop, pointers, count);
  }
}

/// Tiles of a plane whose rows lie along `axis` and whose columns lie along the last one: operands
/// that are contiguous down the columns are transposed into scratch, tile by tile.
class Planes {
public:
  Planes(const Loop &loop, const TiledOperands &tiled, int axis) noexcept
      : loop(loop), tiled(tiled), result(tiled.views[tiled.tensors]), axis(axis) {
    std::int64_t widest = 1;
    for (int i = 0; i < tiled.tensors; ++i)
      widest = std::max(widest, static_cast<std::int64_t>(itemsize(tiled.views[i].dtype)));
    most_rows = static_cast<std::int64_t>(tile_elements * sizeof(double)) / most_columns / widest;
    most_rows = std::min(most_rows, static_cast<std::int64_t>(transpose_block));
    for (int i = 0; i < tiled.tensors; ++i)
      if (!is_transposed(i))
        readers[i].emplace(tiled.views[i], tiled.dtypes[tiled.operand_of[i]], tiled.table);
  }

  void run() const noexcept {
    const std::int64_t bands = (result.dims[axis] + most_rows - 1) / most_rows;
    const std::int64_t columns = result.dims[result.rank - 1];
    const std::int64_t units = result.size() / columns / result.dims[axis] * bands;
    const std::int64_t grain =
        std::max<std::int64_t>(1, parallel_elements / 4 / most_rows / columns);
    parallel_ranges(units, grain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t unit = begin; unit < end; ++unit)
        run_band(unit, bands);
    });
  }

private:
  static constexpr std::int64_t most_columns = 128;

  bool is_transposed(int i) const noexcept {
    const StridedView &view = tiled.views[i];
    const std::int64_t step = view.strides[view.rank - 1];
    return view.strides[axis] == 1 && step != 0 && step != 1 &&
           view.dtype == tiled.dtypes[tiled.operand_of[i]];
  }

  void run_band(std::int64_t unit, std::int64_t bands) const noexcept {
    std::int64_t index[max_rank] = {};
    std::int64_t rest = unit;
    for (int k = result.rank - 2; k >= 0; --k) {
      const std::int64_t extent = k == axis ? bands : result.dims[k];
      index[k] = rest % extent * (k == axis ? most_rows : 1);
      rest /= extent;
    }
    const std::int64_t rows = std::min(most_rows, result.dims[axis] - index[axis]);
    const std::int64_t columns = result.dims[result.rank - 1];
    for (std::int64_t column = 0; column < columns; column += most_columns) {
      index[result.rank - 1] = column;
      run_tile(index, rows, std::min(most_columns, columns - column));
    }
  }

  static std::int64_t offset_of(const StridedView &view, const std::int64_t *index) noexcept {
    std::int64_t offset = 0;
    for (int k = 0; k < view.rank; ++k)
      offset += index[k] * view.strides[k];
    return offset;
  }

  void transpose(int i, const std::int64_t *index, std::int64_t rows, std::int64_t columns,
                 std::byte *to) const noexcept {
    const StridedView &view = tiled.views[i];
    const std::int64_t stride = view.strides[view.rank - 1], step = itemsize_of(view.dtype);
    constexpr auto most = static_cast<std::int64_t>(transpose_block);
    for (std::int64_t column = 0; column < columns; column += most)
      tiled.table.transpose[slot(view.dtype)](
          to + column * step, columns,
          view.data + (offset_of(view, index) + column * stride) * step, stride,
          static_cast<std::size_t>(rows),
          static_cast<std::size_t>(std::min(most, columns - column)));
  }

  void run_tile(const std::int64_t *index, std::int64_t rows, std::int64_t columns) const noexcept {
    alignas(64) std::byte tiles[max_operands][tile_elements * sizeof(double)];
    alignas(64) std::byte scratch[max_operands][most_columns * sizeof(double)];
    std::byte *pointers[max_operands + 1];
    std::copy_n(loop.pointers, max_operands + 1, pointers);
    for (int i = 0; i < tiled.tensors; ++i)
      if (!readers[i])
        transpose(i, index, rows, columns, tiles[i]);
    // The result is row-major: an offset in it is a place in the logical order.
    std::int64_t place = offset_of(result, index);
    for (std::int64_t row = 0; row < rows; ++row, place += result.strides[axis]) {
      pointers[0] = loop.pointers[0] + static_cast<std::size_t>(place) * loop.result_step;
      for (int i = 0; i < tiled.tensors; ++i) {
        pointers[tiled.operand_of[i] + 1] =
            readers[i] ? const_cast<std::byte *>( // NOLINT
                             readers[i]->read(place, columns, scratch[i]))
                       : tiles[i] + row * columns * itemsize_of(tiled.views[i].dtype);
      }
      run_loop(loop, pointers, columns);
    }
  }

  static std::int64_t itemsize_of(DType dtype) noexcept {
    return static_cast<std::int64_t>(itemsize(dtype));
  }

  const Loop &loop;
  const TiledOperands &tiled;
  const StridedView &result;
  const int axis;
  std::int64_t most_rows;
  std::optional<TileReader> readers[max_operands]; ///< of what is not transposed
};

/// The axis of planes that pay, or -1.
int plane_axis(const TiledOperands &tiled) noexcept {
  constexpr std::int64_t least = 16; // rows and columns
  const StridedView &result = tiled.views[tiled.tensors];
  if (result.dims[result.rank - 1] < least || result.size() < parallel_elements / 8)
    return -1;
  for (int i = 0; i < tiled.tensors; ++i)
    if (tiled.views[i].dtype == tiled.dtypes[tiled.operand_of[i]])
      if (const int axis = transposed_axis(tiled.views[i]); axis >= 0 && result.dims[axis] >= least)
        return axis;
  return -1;
}

/// Long rows are cut by themselves, so that contiguous ones are used in place.
std::int64_t tile_of(const StridedView &result) noexcept {
  const auto whole = static_cast<std::int64_t>(tile_elements);
  const std::int64_t row = result.dims[result.rank - 1];
  if (row >= whole)
    for (std::int64_t tile = whole; tile >= whole / 2; tile -= 64)
      if (row % tile == 0)
        return tile;
  return row >= whole / 4 && row < whole ? row : whole;
}

void run_tiled(Loop &loop, TiledOperands &tiled, std::int64_t size) noexcept {
  merge_axes(tiled.views, tiled.tensors + 1);
  if (const int axis = plane_axis(tiled); axis >= 0)
    return Planes(loop, tiled, axis).run();
  const std::int64_t tile = tile_of(tiled.views[tiled.tensors]);
  for (int i = 0; i < tiled.tensors; ++i)
    merge_axes(tiled.views[i]); // each is read by itself, in longer runs than all together
  const std::int64_t tiles = (size + tile - 1) / tile;
  const std::int64_t grain = std::max<std::int64_t>(1, parallel_elements / 4 / tile);
  parallel_ranges(tiles, grain, [&](std::int64_t begin, std::int64_t end) {
    run_tiles(loop, tiled, tile, begin, end);
  });
}

void cast(const KernelTable &table, const KernelCall &call) noexcept {
  const KernelOperand &operand = call.operands[0];
  const KernelResult &result = call.results[0];
  const DType dtype = result.meta->dtype;
  if (operand.meta == nullptr) {
    const ScalarValue number(operand.scalar, dtype);
    std::copy_n(number.bytes, itemsize(dtype), result.data);
    return;
  }
  const DimList strides = row_major_strides(result.meta->dims());
  copy_view(table, view_of(*operand.meta, operand.data), {result.data, dtype, strides.begin()});
}

} // namespace

/// A number that is converted to `dtype`, in lanes of another.
static ScalarValue number_in(const KernelTable &table, Scalar number, DType dtype,
                             DType lanes) noexcept {
  const ScalarValue value(number, dtype);
  ScalarValue wide = value;
  if (lanes != dtype)
    table.convert[slot(lanes)][slot(dtype)](wide.bytes, value.bytes, 1, 1);
  return wide;
}

void run_elementwise(const KernelTable &table, const OpInfo &op, const KernelCall &call) noexcept {
  const KernelResult &result = call.results[0];
  const std::int64_t size = result.meta->size;
  if (size == 0)
    return;

  if (op.types == TypeRule::cast) {
    cast(table, call);
    return;
  }
  OperandType types[max_operands];
  Loop loop;
  loop.operands = static_cast<int>(call.operands.size());
  for (int i = 0; i < loop.operands; ++i)
    types[i] = call.operands[i].type();
  const DType compute =
      element_types(op, call.attrs, {types, static_cast<std::size_t>(loop.operands)}).compute;
  DType lanes = compute; // of the loop
  if (!table.element[slot(op.scalar)][slot(compute)]) {
    lanes = scalar::lane_dtype(compute);
    if (result.meta->dtype == compute)
      loop.narrow = table.convert[slot(compute)][slot(lanes)];
  }
  loop.run = table.element[slot(op.scalar)][slot(lanes)];
  loop.result_step = itemsize(result.meta->dtype);
  loop.pointers[0] = result.data;
  loop.args.broadcast = 0;

  ScalarValue numbers[max_operands];
  bool direct = true;
  for (int i = 0; i < loop.operands; ++i) {
    const KernelOperand &operand = call.operands[i];
    const bool condition = op.types == TypeRule::select && i == 0;
    const DType wanted = condition ? DType::boolean : lanes;
    const bool single = operand.meta == nullptr || operand.meta->size == 1;
    loop.steps[i] = single ? 0 : itemsize(wanted);
    if (single) {
      loop.args.broadcast |= 1u << i;
      if (operand.meta == nullptr)
        numbers[i] = number_in(table, operand.scalar, condition ? DType::boolean : compute, wanted);
      else
        table.convert[slot(wanted)][slot(operand.meta->dtype)](numbers[i].bytes, operand.data, 1,
                                                               1);
      loop.pointers[i + 1] = numbers[i].bytes;
    } else {
      direct &=
          operand.meta->contiguous && operand.meta->size == size && operand.meta->dtype == wanted;
      loop.pointers[i + 1] = const_cast<std::byte *>(operand.data); // NOLINT
    }
  }
  if (direct && !loop.narrow) {
    run_whole(loop, size);
    return;
  }

  TiledOperands tiled(table, call);
  for (int i = 0; i < loop.operands; ++i) {
    if (loop.args.broadcast >> i & 1)
      continue;
    const KernelOperand &operand = call.operands[i];
    tiled.views[tiled.tensors] = broadcast_view(*operand.meta, operand.data, result.meta->dims());
    tiled.dtypes[i] = op.types == TypeRule::select && i == 0 ? DType::boolean : lanes;
    tiled.operand_of[tiled.tensors++] = i;
  }
  tiled.views[tiled.tensors] = view_of(*result.meta, result.data);
  run_tiled(loop, tiled, size);
}

} // namespace jit
