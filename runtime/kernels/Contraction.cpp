// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// matmul and vecdot: tensors as matrices with batch strides for the contraction driver, and dot
// products of rows.
#include "runtime/base/WithDType.h"
#include "runtime/kernels/Families.h"
#include "runtime/kernels/ProductShapes.h"
#include "runtime/kernels/Reduction.h"
#include "runtime/kernels/ThreadPool.h"

#include <algorithm>

namespace jit {

namespace {

/// The last two axes of an operand, a rank-1 one as a row or a column, and the axes before them.
struct Matrix {
  std::int64_t rows, columns, row_stride, column_stride;
  StridedView batch;
};

Matrix matrix_of(const KernelOperand &operand, bool left, Dims batch_dims) noexcept {
  const Meta &meta = *operand.meta;
  const int rank = meta.rank;
  Matrix matrix{1, 1, 0, 0, {}};
  if (rank == 1 && left) {
    matrix.columns = meta.dim_values[0];
    matrix.column_stride = meta.stride_values[0];
  } else if (rank == 1) {
    matrix.rows = meta.dim_values[0];
    matrix.row_stride = meta.stride_values[0];
  } else {
    matrix.rows = meta.dim_values[rank - 2];
    matrix.columns = meta.dim_values[rank - 1];
    matrix.row_stride = meta.stride_values[rank - 2];
    matrix.column_stride = meta.stride_values[rank - 1];
  }
  matrix.batch.data = operand.data;
  matrix.batch.dtype = meta.dtype;
  const int own = std::max(rank - 2, 0), added = static_cast<int>(batch_dims.size()) - own;
  for (int axis = 0; axis < static_cast<int>(batch_dims.size()); ++axis) {
    const bool stretched = axis < added || meta.dim_values[axis - added] == 1;
    matrix.batch.push(batch_dims[static_cast<std::size_t>(axis)],
                      stretched ? 0 : meta.stride_values[axis - added]);
  }
  return matrix;
}

void run_chunks(void *, std::uint64_t kind, std::int64_t chunks, void (*body)(void *, std::int64_t),
                void *context) {
  parallel_for(chunks, [&](std::int64_t chunk) { body(context, chunk); }, kind);
}

} // namespace

MatmulShape::MatmulShape(const KernelCall &call) noexcept {
  const KernelOperand &x = call.operands[0], &y = call.operands[1];
  const KernelResult &result = call.results[0];
  const int dropped = (x.meta->rank == 1) + (y.meta->rank == 1);
  const Dims dims = result.meta->dims();
  const Dims batch_dims = dims.first(dims.size() - static_cast<std::size_t>(2 - dropped));
  const Matrix a = matrix_of(x, true, batch_dims), b = matrix_of(y, false, batch_dims);
  batch[0] = batch[2] = a.batch;
  batch[1] = b.batch;
  std::int64_t stride = a.rows * b.columns;
  for (int axis = batch[2].rank - 1; axis >= 0; --axis) {
    batch[2].strides[axis] = stride;
    stride *= batch[2].dims[axis];
  }
  merge_axes(batch, 3);

  args.dtype = result.meta->dtype;
  args.m = a.rows;
  args.n = b.columns;
  args.k = a.columns;
  args.a = x.data;
  args.a_row_stride = a.row_stride;
  args.a_col_stride = a.column_stride;
  args.b = y.data;
  args.b_row_stride = b.row_stride;
  args.b_col_stride = b.column_stride;
  args.b_storage = y.storage;
  args.c = result.data;
  args.c_row_stride = b.columns;
  const std::int64_t entries = batch[0].dims[0];
  if (batch[0].rank == 1 && entries > 1 && batch[1].strides[0] == 0 &&
      (a.rows == 1 || batch[0].strides[0] == a.rows * a.row_stride)) {
    if (a.rows == 1) // every entry is one row
      args.a_row_stride = batch[0].strides[0];
    args.m *= entries;
  } else if (batch[0].rank > 1 || entries > 1) {
    args.batch = {batch[0].rank, batch[0].dims, batch[0].strides, batch[1].strides,
                  batch[2].strides};
  }
}

namespace {

/// A matmul as the driver takes it.
struct MatmulProblem : MatmulShape {
  Parallel parallel;

  MatmulProblem(const KernelCall &call, std::int64_t workers) noexcept;
};

MatmulProblem::MatmulProblem(const KernelCall &call, std::int64_t workers) noexcept
    : MatmulShape(call) {
  // Below this the driver would only pay for forking.
  if (call.results[0].meta->size * std::max<std::int64_t>(args.k, 1) >= 16 * parallel_elements) {
    parallel.run = run_chunks;
    parallel.workers = workers;
    if (workers == 1) // no job will look
      refresh_sharing();
  }
}

bool matmul(const KernelCall &call, const KernelScratch &given) noexcept {
  MatmulProblem problem(call, given.workers);
  const Isa isa = active_isa();
  const Scratch<> scratch(given, contract_scratch_bytes(problem.args, isa, problem.parallel));
  if (!scratch)
    return false;
  problem.args.scratch = scratch.data();
  contract(problem.args, isa, problem.parallel);
  return true;
}

template <class T>
void dot_integers(const std::byte *a, const std::byte *b, std::int64_t count,
                  std::byte *to) noexcept {
  const auto *x = reinterpret_cast<const T *>(a), *y = reinterpret_cast<const T *>(b);
  std::uint64_t sum = 0; // wraps
  for (std::int64_t i = 0; i < count; ++i)
    sum += static_cast<std::uint64_t>(x[i]) * static_cast<std::uint64_t>(y[i]);
  *reinterpret_cast<T *>(to) = static_cast<T>(sum);
}

/// Dot product of two contiguous runs: order `inner` with fma.
void dot(const KernelTable &table, DType dtype, const std::byte *a, const std::byte *b,
         std::int64_t count, std::byte *to) noexcept {
  if (is_float(dtype))
    return table.dot[slot(dtype)](a, b, static_cast<std::size_t>(count), to);
  with_dtype(dtype, [&]<class T>(std::type_identity<T>) { dot_integers<T>(a, b, count, to); });
}

} // namespace

VecdotShape::VecdotShape(const KernelCall &call) noexcept {
  const Dims dims = call.results[0].meta->dims();
  for (int i = 0; i < 2; ++i) {
    full[i] = view_of(*call.operands[i].meta, call.operands[i].data);
    rows[i].data = full[i].data;
    rows[i].dtype = full[i].dtype;
    const int added = static_cast<int>(dims.size()) - (full[i].rank - 1);
    for (int axis = 0; axis < static_cast<int>(dims.size()); ++axis) {
      const bool stretched = axis < added || full[i].dims[axis - added] == 1;
      rows[i].push(dims[static_cast<std::size_t>(axis)],
                   stretched ? 0 : full[i].strides[axis - added]);
    }
  }
  merge_axes(rows, 2);
  count = full[0].dims[full[0].rank - 1];
}

namespace {

StridedView row_of(const StridedView &view) noexcept {
  StridedView row;
  row.dtype = view.dtype;
  row.push(view.dims[view.rank - 1], view.strides[view.rank - 1]);
  if (row.dims[0] == 1)
    row.strides[0] = 1;
  return row;
}

constexpr std::int64_t chunk = inner_chunk;

std::size_t vecdot_scratch(const KernelCall &call) noexcept {
  const Meta &result = *call.results[0].meta, &x = *call.operands[0].meta;
  const std::int64_t chunks = (x.dim_values[x.rank - 1] + chunk - 1) / chunk;
  if (chunks <= 1)
    return 0;
  return scratch_part(result.size * chunks * static_cast<std::int64_t>(itemsize(result.dtype))) +
         inner_contiguous_scratch(result.dtype, chunks);
}

bool vecdot(const KernelTable &table, const KernelCall &call, const KernelScratch &given) noexcept {
  const KernelResult &result = call.results[0];
  const DType dtype = result.meta->dtype;
  const auto step = static_cast<std::int64_t>(itemsize(dtype));
  const VecdotShape shape(call);
  const auto &[full, views, count] = shape;
  if (count == 0) {
    const ScalarValue zero(0, dtype);
    table.convert[slot(dtype)][slot(dtype)](result.data, zero.bytes, 0,
                                            static_cast<std::size_t>(result.meta->size));
    return true;
  }
  const TileReader readers[2] = {{row_of(full[0]), dtype, table}, {row_of(full[1]), dtype, table}};
  const std::int64_t chunks = (count + chunk - 1) / chunk, rows = result.meta->size;
  const Scratch<> scratch(given, vecdot_scratch(call));
  if (!scratch)
    return false;
  ScratchSpace space = scratch.space();
  std::byte *parts = chunks == 1 ? result.data : space.take(rows * chunks * step);
  parallel_ranges(
      rows * chunks, units_per_range(std::min(count, chunk)), [&](auto begin, auto end) {
        alignas(64) std::byte tiles[2][inner_chunk * sizeof(double)];
        for (std::int64_t unit = begin; unit < end; ++unit) {
          const std::int64_t first = unit % chunks * chunk, some = std::min(chunk, count - first);
          const std::byte *data[2];
          for (int i = 0; i < 2; ++i) {
            const auto size = static_cast<std::int64_t>(itemsize(views[i].dtype));
            data[i] =
                readers[i].read(views[i].data + Odometer(views[i], unit / chunks).offset() * size,
                                first, some, tiles[i]);
          }
          dot(table, dtype, data[0], data[1], some, parts + unit * step);
        }
      });
  if (chunks > 1)
    for (std::int64_t row = 0; row < rows; ++row)
      inner_contiguous(table, Combine::sum, dtype, parts + row * chunks * step, chunks,
                       result.data + row * step, space);
  return true;
}

} // namespace

bool is_vecdot(const KernelCall &call) noexcept {
  return call.op == OpKind::vecdot ||
         (call.operands[0].meta->rank == 1 && call.operands[1].meta->rank == 1);
}

std::size_t contraction_scratch(const KernelCall &call, std::int64_t workers) noexcept {
  if (call.results[0].meta->size == 0)
    return 0;
  if (is_vecdot(call))
    return vecdot_scratch(call);
  const MatmulProblem problem(call, workers);
  return contract_scratch_bytes(problem.args, active_isa(), problem.parallel);
}

bool run_contraction(const KernelTable &table, const KernelCall &call,
                     const KernelScratch &given) noexcept {
  if (call.results[0].meta->size == 0)
    return true;
  return is_vecdot(call) ? vecdot(table, call, given) : matmul(call, given);
}

} // namespace jit
