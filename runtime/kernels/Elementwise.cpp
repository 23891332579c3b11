// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elementwise ops: one inner loop over everything if the operands lie alike, else tile by tile.
#include "runtime/kernels/Copy.h"
#include "runtime/kernels/Families.h"
#include "runtime/kernels/Parallel.h"
#include "runtime/kernels/ScalarValue.h"
#include "runtime/kernels/TileReader.h"

#include <algorithm>

namespace jit {

namespace {

/// No elementwise op has more operands.
constexpr int max_operands = 3;

struct Loop {
  ElementLoop run;
  std::size_t result_step;
  int operands;
  std::byte *pointers[max_operands + 1];
  std::size_t steps[max_operands]; ///< bytes between elements; 0 for a broadcast operand
  ScalarArgs args;
};

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
    loop.run(pointers, static_cast<std::size_t>(count), &loop.args);
  }
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
  const std::int64_t tile = tile_of(tiled.views[tiled.tensors]);
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
  loop.run = table.element[slot(op.scalar)][slot(compute)];
  loop.result_step = itemsize(result.meta->dtype);
  loop.pointers[0] = result.data;
  loop.args.broadcast = 0;

  ScalarValue numbers[max_operands];
  bool direct = true;
  for (int i = 0; i < loop.operands; ++i) {
    const KernelOperand &operand = call.operands[i];
    const DType wanted = op.types == TypeRule::select && i == 0 ? DType::boolean : compute;
    const bool single = operand.meta == nullptr || operand.meta->size == 1;
    loop.steps[i] = single ? 0 : itemsize(wanted);
    if (single) {
      loop.args.broadcast |= 1u << i;
      if (operand.meta == nullptr)
        numbers[i] = ScalarValue(operand.scalar, wanted);
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
  if (direct) {
    run_whole(loop, size);
    return;
  }

  TiledOperands tiled(table, call);
  for (int i = 0; i < loop.operands; ++i) {
    if (loop.args.broadcast >> i & 1)
      continue;
    const KernelOperand &operand = call.operands[i];
    tiled.views[tiled.tensors] = broadcast_view(*operand.meta, operand.data, result.meta->dims());
    tiled.dtypes[i] = op.types == TypeRule::select && i == 0 ? DType::boolean : compute;
    tiled.operand_of[tiled.tensors++] = i;
  }
  tiled.views[tiled.tensors] = view_of(*result.meta, result.data);
  run_tiled(loop, tiled, size);
}

} // namespace jit
