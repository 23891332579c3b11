// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// DeviceBackend: what runs eager ops on a device that is not the CPU.
#pragma once

#include "runtime/kernels/KernelCall.h"
#include "runtime/tensor/DeviceMemory.h"

#include <string>

namespace jit {

class DeviceBackend : public DeviceMemory {
public:
  static DeviceBackend &of(DeviceNumber device) noexcept {
    return static_cast<DeviceBackend &>(DeviceMemory::of(device));
  }

  /// As run_kernel, for operands and results that lie on the device; what it does is done when the
  /// work that was asked for before is. False: no memory, or the device cannot be used.
  [[nodiscard]] virtual bool run(const KernelCall &call) noexcept = 0;
  /// Smallest and largest value of an integer tensor there, which has some, after all work so far.
  /// Nothing: no memory, no kernel, or the device cannot be used.
  virtual std::optional<IndexRange> index_range(const Meta &meta,
                                                const std::byte *data) noexcept = 0;
  /// Waits until all work so far is done. False: the device cannot be used.
  virtual bool finish() noexcept = 0;
  /// Of the blocks of tensors there, for messages: "2 MiB in use, 30 MiB cached, 1 MiB free".
  virtual std::string memory_text() const = 0;

protected:
  ~DeviceBackend() = default;
};

} // namespace jit
