// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions in the canonical orders (numerics, 2): the reduced suffix of the axes by `inner`, all
// other reduced axes together by `outer`.
#include "runtime/kernels/Reduction.h"
#include "runtime/kernels/Families.h"
#include "runtime/ops/Attributes.h"

#include <cmath>
#include <cstring>

namespace jit {

namespace {

std::uint32_t axis_bits(const DimList &axes) noexcept {
  std::uint32_t bits = 0;
  for (std::int64_t axis : static_cast<Dims>(axes))
    bits |= 1u << axis;
  return bits;
}

void fill(const KernelTable &table, const KernelResult &result, Scalar value) noexcept {
  const ScalarValue element(value, result.meta->dtype);
  table.convert[slot(result.meta->dtype)][slot(result.meta->dtype)](
      result.data, element.bytes, 0, static_cast<std::size_t>(result.meta->size));
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

bool argmax(const KernelTable &table, const ReductionProblem &problem, std::byte *to) noexcept {
  auto *indices = reinterpret_cast<std::int64_t *>(to);
  const ReductionAxes &axes = problem.axes;
  StridedView reduced = axes.outer; // all reduced axes in row-major order
  if (axes.has_inner && !axes.has_outer)
    reduced = axes.inner;
  else if (axes.has_inner)
    for (int axis = 0; axis < axes.inner.rank; ++axis)
      reduced.push(axes.inner.dims[axis], axes.inner.strides[axis]);
  const DType dtype = problem.from;
  const auto step = static_cast<std::int64_t>(itemsize(dtype));
  const ArgmaxLoop loop = table.argmax[slot(dtype)];
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
  return true;
}

template <class T>
bool var_mean(const KernelTable &table, const ReductionProblem &problem, const KernelCall &call,
              std::int64_t correction) noexcept {
  const std::int64_t size = call.results[0].meta->size, count = problem.count;
  auto *var = reinterpret_cast<T *>(call.results[0].data);
  auto *mean = reinterpret_cast<T *>(call.results[1].data);
  Scratch<> scratch(static_cast<std::size_t>(size) * sizeof(Moments<T>));
  if (scratch.data() == nullptr)
    return false;
  auto *moments = reinterpret_cast<Moments<T> *>(scratch.data());
  if (count == 0)
    std::fill_n(moments, size, Moments<T>{static_cast<T>(NAN), T(0)});
  else if (!reduce_moments(table, problem, moments))
    return false;
  const T divisor = static_cast<T>(std::max<std::int64_t>(count - correction, 0));
  for (std::int64_t i = 0; i < size; ++i) {
    mean[i] = moments[i].mean;
    var[i] = moments[i].squares / divisor;
  }
  return true;
}

} // namespace

bool run_reduction(const KernelTable &table, const KernelCall &call) noexcept {
  const KernelOperand &operand = call.operands[0];
  const KernelResult &result = call.results[0];
  if (result.meta->size == 0)
    return true;
  AttrReader attrs(call.attrs);
  const std::uint32_t reduced = axis_bits(attrs.list());
  attrs.boolean(); // keepdims: in the shape
  ReductionProblem problem;
  problem.data = operand.data;
  problem.from = problem.to = operand.meta->dtype;
  problem.count = operand.meta->size / result.meta->size;
  problem.axes = classify(view_of(*operand.meta, operand.data), reduced);
  switch (call.op) {
  case OpKind::sum:
  case OpKind::mean:
    problem.to = result.meta->dtype;
    if (problem.count == 0)
      fill(table, result, 0);
    else if (!reduce(table, problem, Combine::sum, result.data))
      return false;
    if (call.op == OpKind::mean)
      finish_mean(result, problem.count);
    return true;
  case OpKind::max:
    return reduce(table, problem, Combine::max, result.data);
  case OpKind::min:
    return reduce(table, problem, Combine::min, result.data);
  case OpKind::any:
  case OpKind::all:
    problem.to = DType::boolean;
    if (problem.count == 0) {
      fill(table, result, call.op == OpKind::all);
      return true;
    }
    return reduce(table, problem, call.op == OpKind::any ? Combine::max : Combine::min,
                  result.data);
  case OpKind::argmax:
    return argmax(table, problem, result.data);
  case OpKind::var_mean: {
    const std::int64_t correction = attrs.integer();
    return result.meta->dtype == DType::f32 ? var_mean<float>(table, problem, call, correction)
                                            : var_mean<double>(table, problem, call, correction);
  }
  default:
    return false;
  }
}

} // namespace jit
