// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Devices: where tensors lie and where the ops on them run.
#pragma once

#include <tracejit/memory.h>

#include <cstdint>
#include <source_location>
#include <string>

#pragma GCC visibility push(default)
namespace jit {

/// The CPU, or one of the process's NVIDIA GPUs.
struct Device {
  enum Kind : std::uint8_t { cpu, cuda } kind = cpu;
  std::int32_t index = 0;
  bool operator==(const Device &) const = default;
};
/// "cpu", "cuda:0".
std::string to_string(Device device);

/// A GPU, by its number among those that CUDA_VISIBLE_DEVICES shows. The first call opens the
/// driver. Throws Error(device) that says what is missing: a driver, a new enough one, a GPU of
/// compute capability 8.0 or later, the permission to use it.
Device cuda(int index = 0, std::source_location site = std::source_location::current());
/// 0 if there is no driver, or none that can be used; cuda_refusal() says why.
int cuda_device_count() noexcept;
/// Empty if there is a GPU to use.
std::string cuda_refusal();

/// While one lives, this thread's creation ops, copy_of and load make tensors of that device.
class DeviceScope {
public:
  explicit DeviceScope(Device device, std::source_location site = std::source_location::current());
  ~DeviceScope();
  DeviceScope(const DeviceScope &) = delete;

private:
  std::uint8_t outer;
};

/// Of a device's tensors; all zero if it was not used. The last three numbers are 0.
MemoryStats memory_stats(Device device) noexcept;

/// The CUstream that all work of a GPU goes through, for kernels of one's own: what this thread has
/// asked for has been queued there, and what comes later is queued behind what the caller adds.
void *cuda_stream(int index = 0, std::source_location site = std::source_location::current());

} // namespace jit
#pragma GCC visibility pop
