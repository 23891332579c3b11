// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/Devices.h"

#include "runtime/cuda/Gpu.h"

#include <array>
#include <mutex>

namespace jit::gpu {
namespace {

/// The number of a device is that of a meta, which has one byte.
constexpr int most_devices = 255;

/// Those that have been opened, which live as long as the process.
constinit std::array<std::atomic<Gpu *>, most_devices> gpus{};

Gpu *find(int index) noexcept {
  return index >= 0 && index < most_devices
             ? gpus[static_cast<std::size_t>(index)].load(std::memory_order_acquire)
             : nullptr;
}

template <class F> void for_each(F f) {
  if (in_child_of_fork()) // other threads may have held their locks
    return;
  for (std::atomic<Gpu *> &gpu : gpus)
    if (Gpu *opened = gpu.load(std::memory_order_acquire))
      f(*opened);
}

Result<int> count_devices() {
  const Result<Driver> &opened = driver();
  if (!opened)
    return Failure{opened.message()};
  int count = 0;
  if (const Status status = opened->DeviceGetCount(&count); status != Status::success)
    return Failure{"the NVIDIA driver does not tell its GPUs: " + name(status)};
  if (count == 0)
    return Failure{"there is no NVIDIA GPU, or CUDA_VISIBLE_DEVICES hides it"};
  return std::min(count, most_devices);
}

} // namespace

int device_count() noexcept {
  try {
    const Result<int> count = count_devices();
    return count ? *count : 0;
  } catch (const std::bad_alloc &) {
    return 0;
  }
}

std::string refusal() {
  const Result<int> count = count_devices();
  return count ? "" : count.message();
}

Result<DeviceNumber> open(int index) {
  static std::mutex lock;
  if (find(index))
    return static_cast<DeviceNumber>(index + 1);
  const Result<int> count = count_devices();
  if (!count)
    return Failure{count.message()};
  if (index < 0 || index >= *count)
    return Failure{"there is no cuda:" + std::to_string(index) + ": " + std::to_string(*count) +
                   (*count == 1 ? " GPU is" : " GPUs are") + " visible"};
  const std::lock_guard guard(lock);
  if (!find(index)) {
    Result<std::unique_ptr<Gpu>> made = Gpu::make(*driver(), index);
    if (!made)
      return Failure{made.message()};
    Gpu *const gpu = made->release();
    gpu->publish();
    gpus[static_cast<std::size_t>(index)].store(gpu, std::memory_order_release);
  }
  return static_cast<DeviceNumber>(index + 1);
}

MemoryStats memory_stats(int index) noexcept {
  const Gpu *gpu = find(index);
  if (!gpu || in_child_of_fork())
    return {};
  const HeapStats stats = gpu->memory();
  return {.live_bytes = stats.live_bytes,
          .cached_bytes = stats.cached_bytes,
          .peak_live_bytes = stats.peak_live_bytes,
          .allocations = stats.allocations};
}

std::size_t launches() noexcept {
  std::size_t total = 0;
  for_each([&](Gpu &gpu) { total += gpu.launched(); });
  return total;
}

void reset_memory_peaks() noexcept {
  for_each([](Gpu &gpu) { gpu.reset_memory_peak(); });
}
void release_cached_memory() noexcept {
  for_each([](Gpu &gpu) { gpu.release_cached_memory(); });
}

DeviceTraits traits_of(DeviceNumber device) noexcept {
  const Limits &limits = find(device - 1)->limits();
  return {limits.capability, driver()->version, limits.multiprocessors};
}

void *stream_handle(DeviceNumber device) noexcept { return find(device - 1)->stream_handle(); }

std::optional<std::string> finish_all() {
  std::optional<std::string> wrong;
  for_each([&](Gpu &gpu) {
    if (!gpu.finish() && !wrong)
      wrong = gpu.refusal();
  });
  return wrong;
}

} // namespace jit::gpu
