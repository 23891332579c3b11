// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions in the canonical orders (numerics, 2): the reduced suffix of the axes by `inner`, all
// other reduced axes together by `outer`.
#include "runtime/kernels/Reduction.h"
#include "runtime/kernels/Copy.h"
#include "runtime/kernels/Families.h"
#include "runtime/kernels/ShortRows.h"
#include "runtime/ops/Attributes.h"

#include <cmath>
#include <cstdlib>
#include <cstring>

namespace jit {

namespace {

std::uint32_t axis_bits(const DimList &axes) noexcept {
  std::uint32_t bits = 0;
  for (std::int64_t axis : static_cast<Dims>(axes))
    bits |= 1u << axis;
  return bits;
}

template <class T> void divide(std::byte *data, std::int64_t size, std::int64_t by) noexcept {
  T *x = reinterpret_cast<T *>(data);
  const T count = static_cast<T>(by);
  for (std::int64_t i = 0; i < size; ++i)
    x[i] = x[i] / count;
}

/// The sum divided by the number of elements, in place.
void finish_mean(const KernelResult &result, std::int64_t count) noexcept {
  if (result.meta->dtype == DType::f32)
    divide<float>(result.data, result.meta->size, count);
  else
    divide<double>(result.data, result.meta->size, count);
}

/// Whose loops are those of argmax or of argmin.
void winners(const KernelTable &table, const ReductionProblem &problem, bool largest,
             std::byte *to) noexcept {
  auto *indices = reinterpret_cast<std::int64_t *>(to);
  const ReductionAxes &axes = problem.axes;
  StridedView reduced = axes.outer; // all reduced axes in row-major order
  if (axes.has_inner && !axes.has_outer)
    reduced = axes.inner;
  else if (axes.has_inner)
    for (int axis = 0; axis < axes.inner.rank; ++axis)
      reduced.push(axes.inner.dims[axis], axes.inner.strides[axis]);
  const DType dtype = problem.from;
  if (ShortRows::fit(reduced, axes.kept, dtype)) {
    const ShortRows rows(table, reduced, axes.kept, problem.data, dtype);
    const WinnerRows find = (largest ? table.argmax_rows : table.argmin_rows)[slot(dtype)];
    return rows.for_blocks([&](std::int64_t unit, std::size_t lanes, const std::byte *block) {
      find(block, rows.length(), lanes, indices + unit);
    });
  }
  const auto step = static_cast<std::int64_t>(itemsize(dtype));
  const WinnerLoop loop = (largest ? table.argmax : table.argmin)[slot(dtype)];
  const std::int64_t size = reduced.size();
  parallel_ranges(axes.kept.size(), units_per_range(size), [&](auto begin, auto end) {
    alignas(64) std::byte scratch[tile_elements * sizeof(double)];
    Odometer at(axes.kept, begin);
    for (std::int64_t k = begin; k < end; ++k, at.next()) {
      StridedView run = reduced;
      run.data = problem.data + at.offset() * step;
      const TileReader reader(run, dtype, table);
      alignas(8) std::byte pair[16] = {}; // the winner so far, and that of the next tile
      std::int64_t index = 0;
      for (std::int64_t first = 0; first < size; first += tile_elements) {
        const std::int64_t count = std::min<std::int64_t>(tile_elements, size - first);
        std::byte value[8];
        const std::int64_t found = first + loop(reader.read(first, count, scratch),
                                                static_cast<std::size_t>(count), value);
        std::byte ignored[8];
        std::memcpy(pair + step, value, static_cast<std::size_t>(step));
        if (first == 0 || loop(pair, 2, ignored) == 1) {
          std::memcpy(pair, value, static_cast<std::size_t>(step));
          index = found;
        }
      }
      indices[k] = index;
    }
  });
}

template <class T>
void var_mean(const KernelTable &table, const ReductionProblem &problem, const KernelCall &call,
              std::int64_t correction, ScratchSpace space) noexcept {
  const std::int64_t size = call.results[0].meta->size, count = problem.count;
  auto *var = reinterpret_cast<T *>(call.results[0].data);
  auto *mean = reinterpret_cast<T *>(call.results[1].data);
  auto *moments = space.take<Moments<T>>(size);
  if (count == 0)
    std::fill_n(moments, size, Moments<T>{static_cast<T>(NAN), T(0)});
  else
    reduce_moments(table, problem, moments, space);
  const T divisor = static_cast<T>(std::max<std::int64_t>(count - correction, 0));
  for (std::int64_t i = 0; i < size; ++i) {
    mean[i] = moments[i].mean;
    var[i] = moments[i].squares / divisor;
  }
}

/// The dtype in which an op combines.
DType combined_dtype(const KernelCall &call) noexcept {
  switch (call.op) {
  case OpKind::sum:
  case OpKind::prod:
  case OpKind::mean:
    return call.results[0].meta->dtype;
  case OpKind::any:
  case OpKind::all:
    return DType::boolean;
  default:
    return call.operands[0].meta->dtype;
  }
}

/// `attrs` is left behind the axes and keepdims, which is in the shape.
ReductionProblem problem_of(const KernelCall &call, AttrReader &attrs) noexcept {
  const KernelOperand &operand = call.operands[0];
  const std::uint32_t reduced = axis_bits(attrs.list());
  attrs.boolean();
  return {classify(view_of(*operand.meta, operand.data), reduced), operand.data,
          operand.meta->dtype, combined_dtype(call),
          operand.meta->size / call.results[0].meta->size};
}

std::size_t scratch_of(const KernelCall &call, const ReductionProblem &problem) noexcept {
  if (call.op == OpKind::argmax || call.op == OpKind::argmin)
    return 0;
  if (call.op != OpKind::var_mean)
    return reduce_scratch(problem.axes, problem.to);
  return scratch_part(call.results[0].meta->size * moments_size(problem.to)) +
         moments_scratch(problem.axes, problem.to);
}

/// `attrs` goes on behind keepdims.
void run(const KernelTable &table, const KernelCall &call, const ReductionProblem &problem,
         AttrReader &attrs, ScratchSpace space) noexcept {
  const KernelResult &result = call.results[0];
  switch (call.op) {
  case OpKind::sum:
  case OpKind::mean:
    if (problem.count == 0)
      fill(table, result, 0);
    else
      reduce(table, problem, Combine::sum, result.data, space);
    if (call.op == OpKind::mean)
      finish_mean(result, problem.count);
    return;
  case OpKind::prod:
    if (problem.count == 0)
      return fill(table, result, 1);
    return reduce(table, problem, Combine::prod, result.data, space);
  case OpKind::max:
    return reduce(table, problem, Combine::max, result.data, space);
  case OpKind::min:
    return reduce(table, problem, Combine::min, result.data, space);
  case OpKind::any:
  case OpKind::all:
    if (problem.count == 0)
      return fill(table, result, call.op == OpKind::all);
    return reduce(table, problem, call.op == OpKind::any ? Combine::max : Combine::min, result.data,
                  space);
  case OpKind::argmax:
  case OpKind::argmin:
    return winners(table, problem, call.op == OpKind::argmax, result.data);
  case OpKind::var_mean: {
    const std::int64_t correction = attrs.integer();
    return result.meta->dtype == DType::f32
               ? var_mean<float>(table, problem, call, correction, space)
               : var_mean<double>(table, problem, call, correction, space);
  }
  default: // of other families
    std::abort();
  }
}

} // namespace

std::size_t reduction_scratch(const KernelCall &call) noexcept {
  if (call.results[0].meta->size == 0)
    return 0;
  AttrReader attrs(call.attrs);
  return scratch_of(call, problem_of(call, attrs));
}

bool run_reduction(const KernelTable &table, const KernelCall &call,
                   const KernelScratch &given) noexcept {
  const KernelResult &result = call.results[0];
  if (result.meta->size == 0)
    return true;
  AttrReader attrs(call.attrs);
  const ReductionProblem problem = problem_of(call, attrs);
  const Scratch<> scratch(given, scratch_of(call, problem));
  if (!scratch)
    return false;
  run(table, call, problem, attrs, scratch.space());
  return true;
}

} // namespace jit
