// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/tensor/Impl.h"

#include "runtime/tensor/Arena.h"
#include "runtime/tensor/DeviceMemory.h"
#include "runtime/tensor/NewImpl.h"
#include "runtime/tensor/PackedMatrix.h"

#include <new>

namespace jit {

thread_local constinit DeathLog *death_log = nullptr;

using StorageMemory = FreeList<64, Storage>;

Storage *new_storage(std::size_t bytes) noexcept {
  std::byte *data = arena::allocate(bytes);
  if (!data)
    return nullptr;
  void *memory = StorageMemory::take();
  if (!memory) {
    arena::deallocate(data, bytes);
    return nullptr;
  }
  auto *storage = new (memory) Storage;
  storage->data = data;
  storage->bytes = bytes;
  return storage;
}

Storage *new_adopted(std::byte *data, std::size_t bytes, void *owner,
                     void (*free_owner)(void *)) noexcept {
  void *memory = StorageMemory::take();
  if (!memory)
    return nullptr;
  auto *storage = new (memory) Storage;
  storage->data = data;
  storage->bytes = bytes;
  storage->owner = owner;
  storage->free_owner = free_owner;
  return storage;
}

Storage *new_on_device(std::byte *data, std::size_t bytes, DeviceMemory &device) noexcept {
  Storage *storage = new_adopted(data, bytes, nullptr, nullptr);
  if (storage)
    storage->device = &device;
  return storage;
}

void retain(Storage *storage) noexcept { storage->refs.fetch_add(1, std::memory_order_relaxed); }

void release(Storage *storage) noexcept {
  if (storage->refs.load(std::memory_order_acquire) != 1 &&
      storage->refs.fetch_sub(1, std::memory_order_acq_rel) != 1)
    return;
  if (has_packed(*storage)) [[unlikely]]
    drop_packed(*storage);
  if (storage->device) [[unlikely]]
    storage->device->let_go(*storage);
  else if (storage->free_owner)
    storage->free_owner(storage->owner);
  else
    arena::deallocate(storage->data, storage->bytes);
  storage->~Storage();
  StorageMemory::give(storage);
}

Impl *new_ready(const Meta *meta, Storage *storage, std::byte *data) noexcept {
  Impl *impl = new_impl(meta);
  if (!impl) [[unlikely]] {
    release(storage);
    return nullptr;
  }
  impl->storage = storage;
  impl->where.store(Where::at(data), std::memory_order_release);
  return impl;
}

void set_failed(Impl *impl, ValueFailure *failure) noexcept {
  failure->refs.fetch_add(1, std::memory_order_relaxed);
  impl->where.store(Where::broken(failure), std::memory_order_release);
}

/// Tells the recording of this thread, if it made the value, that nobody holds it any more.
static void stamp_death(const Impl &impl) noexcept {
  if (death_log && impl.recording.load(std::memory_order_relaxed) == death_log->recording)
    death_log->dead[impl.recorded_value] = true;
}

void release(ValueFailure *failure) noexcept {
  if (failure->refs.fetch_sub(1, std::memory_order_acq_rel) == 1)
    delete failure;
}

Error ValueFailure::error() const {
  if (meta->device != on_cpu)
    if (const auto refusal = DeviceMemory::of(meta->device).refusal())
      return {ErrorCode::device, std::string(op) + ": " + *refusal, file, line};
  return {ErrorCode::out_of_memory, std::string(op) + ": out of memory for " + describe(*meta),
          file, line};
}

void free_impl(Impl *impl) noexcept {
  stamp_death(*impl);
  const Where where = impl->where.load(std::memory_order_acquire);
  if (where.state() == Where::failed)
    release(where.failure());
  if (impl->storage)
    release(impl->storage);
  if (!impl->meta->interned)
    release_meta(impl->meta);
  impl->~Impl();
  ImplMemory::give(impl);
}

void let_last_go(Impl &value) noexcept {
  // A flush on another thread may have held the value for a moment.
  if (value.refs.load(std::memory_order_acquire) != 1) [[unlikely]]
    return release(&value);
  free_impl(&value);
}

} // namespace jit
