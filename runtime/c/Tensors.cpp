// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/c/Tensors.h"

#include "runtime/base/Meta.h"
#include "runtime/base/WithDType.h"
#include "runtime/c/Border.h"
#include "runtime/eager/ForeignMemory.h"

#include <algorithm>
#include <array>
#include <memory>

namespace jit::c {
namespace {

/// A tensor of ours in C's hands.
struct Managed {
  DLManagedTensorVersioned tensor;
  Tensor value; ///< row-major
  std::array<std::int64_t, max_rank> shape, strides;
};

void delete_from_c(DLManagedTensorVersioned *self) {
  delete static_cast<Managed *>(self->manager_ctx);
}

void delete_owner(void *owner) { delete_managed(static_cast<DLManagedTensorVersioned *>(owner)); }

constexpr DLDataType dlpack_type(DType dtype) {
  const DLDataTypeCode code = dtype == DType::boolean                   ? kDLBool
                              : is_float(dtype)                         ? kDLFloat
                              : is_integer(dtype) && is_unsigned(dtype) ? kDLUInt
                                                                        : kDLInt;
  return {static_cast<std::uint8_t>(code), static_cast<std::uint8_t>(8 * itemsize(dtype)), 1};
}

DType dtype_of_foreign(const DLDataType &type, const std::string &what) {
  if (type.lanes != 1)
    refuse(what + " has elements of " + std::to_string(type.lanes) + " lanes, not of one",
           ErrorCode::unsupported);
  for (const DType dtype : {DType::boolean, DType::i8, DType::u8, DType::i16, DType::u16,
                            DType::i32, DType::u32, DType::i64, DType::f32, DType::f64}) {
    const DLDataType ours = dlpack_type(dtype);
    if (type.code == ours.code && type.bits == ours.bits)
      return dtype;
  }
  refuse(what + " has a dtype that is not supported: DLPack's code " + std::to_string(type.code) +
             " with " + std::to_string(type.bits) + " bits",
         ErrorCode::unsupported);
}

/// What the tensor addresses, which is then what the function wants.
ForeignMemory memory_of(const DLTensor &tensor, const std::string &what,
                        const ModuleTensor &wanted) {
  if (tensor.device.device_type != kDLCPU)
    refuse(what + " is on a device of DLPack's type " +
               std::to_string(static_cast<int>(tensor.device.device_type)) + ", not on the CPU",
           ErrorCode::unsupported);
  ForeignMemory memory{dtype_of_foreign(tensor.dtype, what), {}, {}, nullptr};
  if (tensor.ndim < 0 || tensor.ndim > max_rank)
    refuse(what + " has rank " + std::to_string(tensor.ndim) + ", not 0 to " +
           std::to_string(max_rank));
  if (tensor.ndim && !tensor.shape)
    refuse(what + " has no shape");
  const Dims shape(tensor.shape, static_cast<std::size_t>(tensor.ndim));
  if (memory.dtype != wanted.dtype || !std::ranges::equal(shape, wanted.shape))
    refuse(what + " is " + describe(wanted.dtype, wanted.shape) + ", not " +
           describe(memory.dtype, shape));
  memory.shape = shape;
  memory.strides =
      tensor.strides ? DimList(Dims(tensor.strides, shape.size())) : row_major_strides(shape);
  std::uintptr_t first;
  if (__builtin_add_overflow(reinterpret_cast<std::uintptr_t>(tensor.data), tensor.byte_offset,
                             &first))
    refuse(what + ": its byte_offset leads out of memory");
  memory.first = tensor.data ? reinterpret_cast<const std::byte *>(first) : nullptr;
  if (const std::string problem = problem_of(memory); !problem.empty())
    refuse(what + ": " + problem);
  return memory;
}

const std::byte *data_of(const Tensor &tensor) {
  return with_dtype(tensor.dtype(), [&]<class T>(std::type_identity<T>) {
    return reinterpret_cast<const std::byte *>(tensor.data<T>(std::source_location()).data());
  });
}

/// The value behind a tensor that C has from us and gives as it was.
const Tensor *ours(const DLManagedTensorVersioned &tensor, const ForeignMemory &memory) {
  if (tensor.deleter != delete_from_c)
    return nullptr;
  const Tensor &value = static_cast<const Managed *>(tensor.manager_ctx)->value;
  const bool is_same = value.dtype() == memory.dtype && value.shape() == Dims(memory.shape) &&
                       data_of(value) == memory.first &&
                       Dims(memory.strides) == Dims(row_major_strides(memory.shape));
  return is_same ? &value : nullptr;
}

} // namespace

void delete_managed(DLManagedTensorVersioned *tensor) noexcept {
  if (tensor && tensor->deleter)
    tensor->deleter(tensor);
}

DLManagedTensorVersioned *new_managed(const Tensor &tensor) {
  auto managed = std::make_unique<Managed>();
  managed->value = tensor.contiguous(std::source_location());
  const Dims shape = managed->value.shape();
  const DimList strides = row_major_strides(shape);
  std::ranges::copy(shape, managed->shape.begin());
  std::ranges::copy(strides, managed->strides.begin());
  DLManagedTensorVersioned &out = managed->tensor;
  out.version = {1, 1};
  out.manager_ctx = managed.get();
  out.deleter = delete_from_c;
  out.flags = DLPACK_FLAG_BITMASK_READ_ONLY;
  out.dl_tensor = {const_cast<std::byte *>(data_of(managed->value)),
                   {kDLCPU, 0},
                   static_cast<std::int32_t>(shape.size()),
                   dlpack_type(managed->value.dtype()),
                   managed->shape.data(),
                   managed->strides.data(),
                   0};
  return &managed.release()->tensor;
}

GivenTensors::~GivenTensors() {
  if (!is_ours)
    return;
  for (std::size_t k = settled; k < count; ++k)
    if (!came_before(k))
      delete_managed(given[k]);
}

bool GivenTensors::came_before(std::size_t k) const noexcept {
  return std::find(given, given + k, given[k]) != given + k;
}

std::vector<Tensor> GivenTensors::take(const std::string &function,
                                       const std::vector<ModuleTensor> &wanted) {
  std::vector<Tensor> tensors;
  tensors.reserve(wanted.size());
  if (!given && !wanted.empty())
    refuse(function + ": inputs is NULL");
  for (std::size_t k = 0; k < wanted.size(); ++k) {
    const std::string what = function + ": " + wanted[k].name;
    if (!given[k])
      refuse(what + " is NULL");
    // One that was adopted may be gone already.
    if (is_ours && came_before(k))
      refuse(what + " is given up twice");
    tensors.push_back(take_one(k, what, wanted[k]));
  }
  return tensors;
}

Tensor GivenTensors::take_one(std::size_t k, const std::string &what, const ModuleTensor &wanted) {
  DLManagedTensorVersioned &managed = *given[k];
  if (managed.version.major != DLPACK_MAJOR_VERSION)
    refuse(what + " is of version " + std::to_string(managed.version.major) +
               " of DLPack, not of version 1",
           ErrorCode::unsupported);
  const ForeignMemory memory = memory_of(managed.dl_tensor, what, wanted);
  const Tensor *value = ours(managed, memory);
  const bool has_elements = std::ranges::find(memory.shape, 0) == memory.shape.end();
  if (is_ours && !value && has_elements && memory.dtype != DType::boolean) {
    settled = k + 1;
    return adopt_foreign(memory, &managed, delete_owner);
  }
  Tensor tensor = value ? *value : copy_foreign(memory);
  if (is_ours) {
    settled = k + 1;
    delete_managed(&managed);
  }
  return tensor;
}

} // namespace jit::c
