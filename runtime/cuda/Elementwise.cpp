// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/Families.h"

#include "runtime/cuda/FamilyArgs.h"
#include "runtime/cuda/Gpu.h"
#include "runtime/ops/Limits.h"
#include "runtime/program/Cells.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace jit::gpu {
namespace {

static_assert(max_operands == max_element_operands);

/// An operand as kernels of the pack read it: to the dtype `wanted` of the kernel.
struct Source {
  const Meta *meta = nullptr; ///< null: a number
  const std::byte *data = nullptr;
  std::uint64_t number = 0;
  DType wanted{};
  std::array<std::int64_t, max_axes> strides{}; ///< along the result's axes, merged
};

/// One launch over the elements of a contiguous result.
class Launch {
public:
  Launch(Gpu &gpu, ScalarFunction function, DType dtype, const KernelResult &result) noexcept
      : gpu(gpu), function(function), dtype(dtype), result(result) {}

  void add(const KernelOperand &operand, DType wanted) noexcept {
    Source &source = sources[count++];
    source = {operand.meta, operand.data, 0, wanted, {}};
    if (!operand.meta)
      source.number = cell_of(operand.scalar, wanted);
  }

  Launched run() noexcept {
    if (result.meta->size == 0)
      return Launched::yes;
    if (is_contiguous())
      return run_contiguous();
    merge_axes();
    return is_narrow() ? run_strided<StridedArgs, std::uint32_t>(Layout::strided)
                       : run_strided<WideStridedArgs, std::uint64_t>(Layout::wide);
  }

private:
  bool is_contiguous() const noexcept {
    for (unsigned k = 0; k < count; ++k) {
      const Meta *meta = sources[k].meta;
      const bool alike =
          !meta || meta->size == 1 || (meta->contiguous && meta->size == result.meta->size);
      if (!alike || (meta && function != ScalarFunction::cast && meta->dtype != sources[k].wanted))
        return false;
    }
    return true;
  }

  template <class Args>
  Launched launch(const KernelFunction *kernel, std::int64_t per_unit, const Args &args) noexcept {
    if (!kernel)
      return gpu.is_usable() ? Launched::no_kernel : Launched::refused;
    const auto units = static_cast<std::uint64_t>((result.meta->size + per_unit - 1) / per_unit);
    return gpu.launch(*kernel, units, std::as_bytes(std::span(&args, 1))) ? Launched::yes
                                                                          : Launched::refused;
  }

  Launched run_contiguous() noexcept {
    ContiguousArgs args{};
    std::uintptr_t low_bits = reinterpret_cast<std::uintptr_t>(result.data);
    for (unsigned k = 0; k < count; ++k) {
      const Source &source = sources[k];
      args.operand[k] = source.data;
      args.number[k] = source.number;
      args.source[k] = !source.meta                                       ? a_number
                       : source.meta->size == 1 && result.meta->size != 1 ? one_element
                                                                          : elements;
      if (args.source[k] == elements)
        low_bits |= reinterpret_cast<std::uintptr_t>(source.data);
    }
    args.result = result.data;
    args.count = static_cast<std::uint64_t>(result.meta->size);
    args.aligned = low_bits % 16 == 0;
    const DType from = count > 0 && sources[0].meta ? sources[0].meta->dtype : dtype;
    constexpr std::int64_t per_unit = 1024; // of a block, about: blocks go on to further units
    return launch(gpu.packed().find(function, dtype, Layout::contiguous, from), per_unit, args);
  }

  /// The result's axes as few as the operands allow, outermost first.
  void merge_axes() noexcept {
    const Dims dims = result.meta->dims();
    for (std::size_t axis = 0; axis < dims.size(); ++axis) {
      if (dims[axis] == 1)
        continue;
      std::array<std::int64_t, max_operands> steps{};
      for (unsigned k = 0; k < count; ++k)
        steps[k] = step_of(sources[k], axis);
      if (rank > 0 && continues(steps, dims[axis])) {
        extents[rank - 1] *= dims[axis];
        --rank;
      } else {
        extents[rank] = dims[axis];
      }
      for (unsigned k = 0; k < count; ++k)
        sources[k].strides[rank] = steps[k];
      ++rank;
    }
  }
  /// Elements between neighbours of an operand along an axis of the result.
  std::int64_t step_of(const Source &source, std::size_t axis) const noexcept {
    if (!source.meta)
      return 0;
    const std::size_t missing = result.meta->rank - std::size_t{source.meta->rank};
    if (axis < missing || source.meta->dims()[axis - missing] == 1)
      return 0;
    return source.meta->strides()[axis - missing];
  }
  /// Whether the axis before and this one are one axis to every operand.
  bool continues(const std::array<std::int64_t, max_operands> &steps,
                 std::int64_t extent) const noexcept {
    for (unsigned k = 0; k < count; ++k)
      if (sources[k].strides[rank - 1] != steps[k] * extent)
        return false;
    return true;
  }

  /// Whether counts and offsets fit 31 bits.
  bool is_narrow() const noexcept {
    constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
    if (result.meta->size > most)
      return false;
    for (unsigned k = 0; k < count; ++k) {
      std::int64_t reach = 0;
      for (unsigned axis = 0; axis < rank; ++axis)
        reach += std::abs(sources[k].strides[axis]) * (extents[axis] - 1);
      if (reach > most)
        return false;
    }
    return true;
  }

  template <class Args, class Index> Launched run_strided(Layout layout) noexcept {
    Args args{};
    args.result = result.data;
    args.count = static_cast<Index>(result.meta->size);
    args.rank = rank;
    for (unsigned axis = 0; axis < rank; ++axis) {
      const auto division = division_by(static_cast<Index>(extents[axis]));
      args.extent[axis] = static_cast<Index>(extents[axis]);
      args.magic[axis] = division.magic;
      args.shift[axis] = division.shift;
    }
    for (unsigned k = 0; k < count; ++k) {
      const Source &source = sources[k];
      args.operand[k] = source.data;
      args.number[k] = source.number;
      args.source[k] = source.meta ? static_cast<unsigned>(source.meta->dtype) : strided_number;
      for (unsigned axis = 0; axis < rank; ++axis)
        args.stride[k][axis] = static_cast<std::make_signed_t<Index>>(source.strides[axis]);
    }
    constexpr std::int64_t per_unit = 256;
    return launch(gpu.packed().find(function, dtype, layout), per_unit, args);
  }

  Gpu &gpu;
  const ScalarFunction function;
  const DType dtype;
  const KernelResult &result;
  std::array<Source, max_operands> sources;
  unsigned count = 0, rank = 0;
  std::array<std::int64_t, max_axes> extents{};
};

} // namespace

Launched run_elementwise(Gpu &gpu, const KernelCall &call) noexcept {
  const OpInfo &op = info(call.op);
  std::array<OperandType, max_operands> types;
  for (std::size_t k = 0; k < call.operands.size(); ++k)
    types[k] = call.operands[k].type();
  const ElementTypes dtypes = element_types(op, call.attrs, {types.data(), call.operands.size()});
  const DType dtype = op.types == TypeRule::cast ? dtypes.result : dtypes.compute;
  Launch launch(gpu, op.scalar, dtype, call.results[0]);
  for (std::size_t k = 0; k < call.operands.size(); ++k) {
    const bool is_condition = op.types == TypeRule::select && k == 0;
    launch.add(call.operands[k], is_condition ? DType::boolean : dtype);
  }
  return launch.run();
}

Launched run_fill(Gpu &gpu, const KernelCall &call) noexcept {
  return run_fill(gpu, call.results[0], call.operands[0].scalar);
}
Launched run_fill(Gpu &gpu, const KernelResult &result, Scalar number) noexcept {
  Launch launch(gpu, ScalarFunction::cast, result.meta->dtype, result);
  KernelOperand operand;
  operand.scalar = number;
  launch.add(operand, result.meta->dtype);
  return launch.run();
}

Launched run_copy(Gpu &gpu, const StridedView &from, DType to, std::byte *result) noexcept {
  Meta source{}, copy{};
  source.dtype = from.dtype;
  source.rank = static_cast<std::uint8_t>(from.rank);
  source.size = from.size();
  std::copy_n(from.dims, from.rank, source.dim_values);
  std::copy_n(from.strides, from.rank, source.stride_values);
  std::int64_t step = 1;
  source.contiguous = true;
  for (int axis = from.rank - 1; axis >= 0; step *= from.dims[axis--])
    source.contiguous &= from.dims[axis] == 1 || from.strides[axis] == step;
  copy = source;
  copy.dtype = to;
  copy.contiguous = true;
  const KernelResult target{&copy, result};
  Launch launch(gpu, ScalarFunction::cast, to, target);
  KernelOperand operand;
  operand.meta = &source;
  operand.data = from.data;
  launch.add(operand, to);
  return launch.run();
}

Launched run_reshape(Gpu &gpu, const KernelCall &call) noexcept {
  const KernelOperand &from = call.operands[0];
  // The block of the result with the extents of the operand.
  Meta rows = *from.meta;
  rows.contiguous = true;
  const KernelResult copied{&rows, call.results[0].data};
  Launch launch(gpu, ScalarFunction::cast, from.meta->dtype, copied);
  launch.add(from, from.meta->dtype);
  return launch.run();
}

} // namespace jit::gpu
