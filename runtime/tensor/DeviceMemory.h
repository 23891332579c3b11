// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// DeviceMemory: the memory of one device that is not the CPU, as tensors see it. Addresses there
// are held in std::byte pointers and moved by arithmetic, but never followed.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/tensor/Impl.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <optional>
#include <string>

namespace jit {

/// One object a device, made when it is first used and never destroyed. Any thread may call it.
class DeviceMemory {
public:
  /// Precondition: the device has been opened, as it has where there are values of it.
  static DeviceMemory &of(DeviceNumber device) noexcept {
    return *opened[device].load(std::memory_order_acquire);
  }

  /// A storage of the device; zero bytes give a valid one. nullptr: no memory, or the device cannot
  /// be used.
  virtual Storage *new_storage(std::size_t bytes) noexcept = 0;
  /// Frees the block and what belongs to it; work that reads it may still be under way.
  virtual void let_go(Storage &storage) noexcept = 0;
  /// Copies bytes of the host to the device; they have been read when it returns. False: the device
  /// cannot be used.
  [[nodiscard]] virtual bool upload(std::byte *to, const std::byte *from,
                                    std::size_t bytes) noexcept = 0;
  /// Copies bytes of the device, as they are after all work so far, to the host. False: the device
  /// cannot be used.
  [[nodiscard]] virtual bool download(std::byte *to, const std::byte *from,
                                      std::size_t bytes) noexcept = 0;
  /// A copy of a storage in memory of the host, kept with it: its bytes do not change while a value
  /// lies there. nullptr: no memory, or the device cannot be used.
  virtual const std::byte *host_copy(Storage &storage) noexcept = 0;
  /// Why nothing can be computed there any more, as an error message; nothing if it was for want of
  /// memory that something failed.
  virtual std::optional<std::string> refusal() const = 0;
  /// Another value is to lie there.
  virtual void drop_host_copy(Storage &storage) noexcept = 0;

protected:
  /// Lets values that lie there be made.
  void open(DeviceNumber device) noexcept { opened[device].store(this, std::memory_order_release); }
  ~DeviceMemory() = default;

private:
  TRACEJIT_PRIVATE static constinit std::array<std::atomic<DeviceMemory *>, 256> opened;
};

/// As new_storage, on any device.
inline Storage *new_storage(std::size_t bytes, DeviceNumber device) noexcept {
  return device == on_cpu ? new_storage(bytes) : DeviceMemory::of(device).new_storage(bytes);
}

/// Where the host can read a storage: of a device in a copy. nullptr: no memory for that, or the
/// device cannot be used.
inline const std::byte *host_bytes(Storage &storage) noexcept {
  return storage.device ? storage.device->host_copy(storage) : storage.data;
}
/// The same of element [0, ..., 0] of a ready value.
inline const std::byte *host_bytes(const Impl &value) noexcept {
  if (value.meta->device == on_cpu) [[likely]]
    return value.data();
  const std::byte *copy = host_bytes(*value.storage);
  return copy ? copy + (value.data() - value.storage->data) : nullptr;
}

/// Where this thread's ops without tensor operands run, and its copies of user data go.
DeviceNumber default_device() noexcept;
void set_default_device(DeviceNumber device) noexcept;

/// While one lives, this thread's ops without tensor operands run where a value lies.
class WhereItLies {
public:
  explicit WhereItLies(const Meta &meta) noexcept : WhereItLies(meta.device) {}
  explicit WhereItLies(const Tensor &tensor) noexcept
      : WhereItLies(*detail::Access::impl(tensor)->meta) {}
  explicit WhereItLies(DeviceNumber device) noexcept : outer(default_device()) {
    set_default_device(device);
  }
  ~WhereItLies() { set_default_device(outer); }
  WhereItLies(const WhereItLies &) = delete;

private:
  DeviceNumber outer;
};

} // namespace jit
