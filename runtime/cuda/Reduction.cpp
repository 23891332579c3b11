// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops of the family: their dtypes, and what they give without elements.
#include "runtime/cuda/Reduction.h"

#include "runtime/cuda/RowLaunch.h"
#include "runtime/ops/Attributes.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace jit::gpu {
namespace {

/// A reduction with elements, its attributes read.
struct Problem {
  const KernelCall &call;
  std::uint32_t reduced = 0; ///< a bit an axis
  std::int64_t count = 0;    ///< elements of a result

  const Meta &operand() const noexcept { return *call.operands[0].meta; }
  DType result() const noexcept { return call.results[0].meta->dtype; }
  StridedView view() const noexcept { return view_of(operand(), call.operands[0].data); }
};

Launched run(Gpu &gpu, const Problem &problem, Fold fold, DType to) noexcept {
  Reducer reducer(gpu, fold, to);
  std::byte *result = problem.call.results[0].data;
  if (problem.call.op == OpKind::mean)
    reducer.divide_by(problem.count);
  const bool gives_index = fold == Fold::argmax || fold == Fold::argmin;
  return reducer.run(problem.view(), problem.reduced,
                     gives_index ? FoldResults{nullptr, result} : FoldResults{result, nullptr});
}

/// Sums and products of integers, which wrap: in 64 bits, cut to the dtype at last.
Launched run_integers(Gpu &gpu, const Problem &problem, Fold fold) noexcept {
  const DType to = problem.result();
  if (to == DType::i64)
    return run(gpu, problem, fold, to);
  DeviceScratch scratch(gpu);
  StridedView view = problem.view();
  if (is_float(view.dtype)) {
    const Launched launched = convert(gpu, scratch, to, view);
    if (launched != Launched::yes)
      return launched;
  }
  StridedView wide;
  wide.dtype = DType::i64;
  wide.push(problem.call.results[0].meta->size, 1);
  std::byte *sums = scratch.take(wide.dims[0], wide.dtype);
  wide.data = sums;
  if (!sums)
    return Launched::refused;
  const Launched launched =
      Reducer(gpu, fold, DType::i64).run(view, problem.reduced, {sums, nullptr});
  return launched == Launched::yes ? run_copy(gpu, wide, to, problem.call.results[0].data)
                                   : launched;
}

Launched run_var_mean(Gpu &gpu, const Problem &problem, std::int64_t correction) noexcept {
  Reducer reducer(gpu, Fold::moments, problem.result());
  reducer.divide_by(std::max<std::int64_t>(problem.count - correction, 0));
  return reducer.run(problem.view(), problem.reduced,
                     {problem.call.results[0].data, problem.call.results[1].data});
}

/// Without elements; extrema are errors there.
Launched run_empty(Gpu &gpu, const KernelCall &call, std::int64_t correction) noexcept {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  const auto fill = [&](std::size_t result, Scalar number) {
    return run_fill(gpu, call.results[result], number);
  };
  switch (call.op) {
  case OpKind::mean:
    return fill(0, nan);
  case OpKind::prod:
  case OpKind::all:
    return fill(0, 1);
  case OpKind::var_mean: {
    const Launched launched = fill(0, correction < 0 ? 0 : nan);
    return launched == Launched::yes ? fill(1, nan) : launched;
  }
  default:
    return fill(0, 0);
  }
}

} // namespace

Launched run_reduction(Gpu &gpu, const KernelCall &call) noexcept {
  if (call.results[0].meta->size == 0)
    return Launched::yes;
  AttrReader attrs(call.attrs);
  Problem problem{call};
  for (std::int64_t axis : Dims(attrs.list()))
    problem.reduced |= 1u << axis;
  attrs.boolean(); // keepdims, which is in the shape
  const std::int64_t correction = call.op == OpKind::var_mean ? attrs.integer() : 0;
  problem.count = problem.operand().size / call.results[0].meta->size;
  if (problem.count == 0)
    return run_empty(gpu, call, correction);
  const DType from = problem.operand().dtype, to = problem.result();
  switch (call.op) {
  case OpKind::sum:
  case OpKind::mean:
    return is_float(to) ? run(gpu, problem, Fold::sum, to) : run_integers(gpu, problem, Fold::sum);
  case OpKind::prod:
    return is_float(to) ? run(gpu, problem, Fold::prod, to)
                        : run_integers(gpu, problem, Fold::prod);
  case OpKind::max:
    return run(gpu, problem, Fold::max, from);
  case OpKind::min:
    return run(gpu, problem, Fold::min, from);
  case OpKind::any:
    return run(gpu, problem, Fold::max, DType::boolean);
  case OpKind::all:
    return run(gpu, problem, Fold::min, DType::boolean);
  case OpKind::argmax:
    return run(gpu, problem, Fold::argmax, from);
  case OpKind::argmin:
    return run(gpu, problem, Fold::argmin, from);
  case OpKind::var_mean:
    return run_var_mean(gpu, problem, correction);
  default: // of other families
    std::abort();
  }
}

} // namespace jit::gpu
