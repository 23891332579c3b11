// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The GPUs of this process: each is opened when it is first asked for.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/base/Meta.h"
#include "runtime/base/Result.h"

#include <tracejit/memory.h>

#include <optional>
#include <string>

namespace jit::gpu {

/// The number of the GPU with this index, opened if it was not; or what is missing.
Result<DeviceNumber> open(int index);
/// How many there are; 0 without a driver.
int device_count() noexcept;
/// Why there are none; empty if there are.
std::string refusal();

/// All zero for one that was not opened.
MemoryStats memory_stats(int index) noexcept;
void reset_memory_peaks() noexcept;
void release_cached_memory() noexcept;
/// What code for an opened device depends on.
struct DeviceTraits {
  int capability = 0;     ///< 90 is 9.0
  int driver_version = 0; ///< of CUDA that its driver serves: 12080 is 12.8
  int multiprocessors = 0;
};
TRACEJIT_PRIVATE DeviceTraits traits_of(DeviceNumber device) noexcept;
/// Launches on all devices so far, for tests.
std::size_t launches() noexcept;
/// The CUstream of an opened device.
void *stream_handle(DeviceNumber device) noexcept;
/// Waits for all work of all devices. What is wrong with one of them, if anything.
std::optional<std::string> finish_all();

} // namespace jit::gpu
