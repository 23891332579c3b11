// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/eager/ForeignMemory.h"

#include "runtime/kernels/KernelCall.h"
#include "runtime/tensor/Impl.h"
#include "runtime/trace/Span.h"

#include <memory>

namespace jit {

std::string problem_of(const ForeignMemory &memory) {
  if (!checked_size(memory.dtype, memory.shape))
    return describe(memory.dtype, memory.shape) +
           " has a negative extent or more bytes than 64 bits can count";
  const std::optional<Span> span = span_of(memory.dtype, memory.shape, memory.strides);
  const std::size_t size = itemsize(memory.dtype);
  const auto first = reinterpret_cast<std::uintptr_t>(memory.first);
  std::uintptr_t low, end;
  if (!span || __builtin_sub_overflow(first, static_cast<std::size_t>(span->origin) * size, &low) ||
      __builtin_add_overflow(low, static_cast<std::size_t>(span->elements) * size, &end))
    return "its strides lead out of memory";
  if (span->elements == 0)
    return "";
  if (!memory.first)
    return "its data is NULL";
  return first % size == 0 ? "" : "its data does not lie at a multiple of an element";
}

/// Takes over the references to the meta and the storage.
static Tensor tensor_in(const Meta *meta, Storage *storage, const std::byte *first) {
  if (Impl *impl = storage ? new_ready(meta, storage, const_cast<std::byte *>(first)) : nullptr)
    return detail::Access::tensor(impl);
  const Error error(ErrorCode::out_of_memory, "out of memory for " + describe(*meta),
                    std::source_location());
  release_meta(meta);
  throw error;
}

Tensor copy_foreign(const ForeignMemory &memory) {
  const bool is_bool = memory.dtype == DType::boolean;
  // What others call a bool may be any byte.
  const std::unique_ptr<const Meta, decltype(&release_meta)> layout(
      value_meta(is_bool ? DType::u8 : memory.dtype, memory.shape, memory.strides), release_meta);
  const Meta *meta = contiguous_value_meta(memory.dtype, memory.shape);
  Storage *storage = new_storage(meta->bytes());
  if (!storage)
    return tensor_in(meta, nullptr, nullptr);
  if (meta->size)
    copy_strided(*layout, memory.first, storage->data);
  if (is_bool)
    for (std::size_t i = 0; i < meta->bytes(); ++i)
      storage->data[i] = std::byte{storage->data[i] != std::byte{0}};
  return tensor_in(meta, storage, storage->data);
}

Tensor adopt_foreign(const ForeignMemory &memory, void *owner, void (*free_owner)(void *)) {
  std::unique_ptr<void, void (*)(void *)> guard(owner, free_owner);
  const Span span = *span_of(memory.dtype, memory.shape, memory.strides);
  const auto size = static_cast<std::int64_t>(itemsize(memory.dtype));
  const Meta *meta = value_meta(memory.dtype, memory.shape, memory.strides);
  auto *low = const_cast<std::byte *>(memory.first) - span.origin * size;
  Storage *storage =
      new_adopted(low, static_cast<std::size_t>(span.elements * size), owner, free_owner);
  if (storage)
    guard.release();
  return tensor_in(meta, storage, memory.first);
}

} // namespace jit
