// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The entry points for the driver, devices and contexts.
#include "test/cuda/fake/Devices.h"
#include "test/cuda/fake/World.h"

#include <cstdio>
#include <unistd.h>

namespace jit::gpu::fake {
namespace {

struct Capability {
  int number;
  int multiprocessors, l2_mib, threads, shared_kib; // the last two of a multiprocessor
};
constexpr Capability capabilities[] = {
    {80, 108, 40, 2048, 164}, {86, 84, 6, 1536, 100},     {89, 128, 72, 1536, 100},
    {90, 132, 50, 2048, 228}, {100, 148, 126, 2048, 228}, {120, 170, 96, 1536, 100},
};

/// The best that is not above; devices below 8.0 are like it otherwise.
const Capability &capability_of(const Settings &settings) {
  const Capability *best = &capabilities[0];
  for (const Capability &capability : capabilities)
    if (capability.number <= settings.capability)
      best = &capability;
  return *best;
}

bool attribute(const Settings &settings, DeviceAttribute what, int &value) {
  const Capability &device = capability_of(settings);
  switch (what) {
  case DeviceAttribute::max_threads_per_block:
  case DeviceAttribute::max_block_x:
  case DeviceAttribute::max_block_y:
    value = max_threads;
    return true;
  case DeviceAttribute::max_block_z:
    value = 64;
    return true;
  case DeviceAttribute::max_grid_x:
    value = max_grid_x;
    return true;
  case DeviceAttribute::max_grid_y:
  case DeviceAttribute::max_grid_z:
    value = max_grid_yz;
    return true;
  case DeviceAttribute::shared_bytes_per_block:
    value = default_shared_bytes;
    return true;
  case DeviceAttribute::warp_size:
    value = 32;
    return true;
  case DeviceAttribute::registers_per_block:
  case DeviceAttribute::registers_per_multiprocessor:
    value = 65536;
    return true;
  case DeviceAttribute::clock_khz:
    value = 1'500'000;
    return true;
  case DeviceAttribute::multiprocessors:
    value = settings.multiprocessors ? settings.multiprocessors : device.multiprocessors;
    return true;
  case DeviceAttribute::integrated:
    value = 0;
    return true;
  case DeviceAttribute::l2_bytes:
    value = device.l2_mib << 20;
    return true;
  case DeviceAttribute::threads_per_multiprocessor:
    value = device.threads;
    return true;
  case DeviceAttribute::capability_major:
    value = settings.capability / 10;
    return true;
  case DeviceAttribute::capability_minor:
    value = settings.capability % 10;
    return true;
  case DeviceAttribute::shared_bytes_per_multiprocessor:
    value = device.shared_kib << 10;
    return true;
  case DeviceAttribute::max_shared_bytes_per_block:
    value = max_shared_bytes(settings);
    return true;
  case DeviceAttribute::reserved_shared_bytes_per_block:
    value = 1 << 10;
    return true;
  }
  return false;
}

bool is_device(const World &world, Ordinal device) {
  return device >= 0 && device < world.settings.devices;
}

} // namespace

/// A block leaves 1 KiB of its multiprocessor to the driver.
int max_shared_bytes(const Settings &settings) {
  return (capability_of(settings).shared_kib - 1) << 10;
}

} // namespace jit::gpu::fake

using namespace jit::gpu;
using namespace jit::gpu::fake;

Status cuInit(unsigned flags) {
  return call(Entry::Init, Need::nothing, [&](World &world, auto &) {
    if (flags)
      return Status::invalid_value;
    if (world.settings.devices <= 0)
      return Status::no_device;
    if (!world.initialized) {
      world.memory.reserve(world.settings);
      for (const auto &context : world.contexts)
        world.keep(context.get());
      world.process = ::getpid();
      world.initialized = true;
    }
    return Status::success;
  });
}

Status cuDriverGetVersion(int *version) {
  return call(Entry::DriverGetVersion, Need::nothing, [&](World &world, auto &) {
    if (!version)
      return Status::invalid_value;
    *version = world.settings.driver;
    return Status::success;
  });
}

Status cuGetErrorName(Status status, const char **name) {
  return call(Entry::GetErrorName, Need::nothing, [&](World &, auto &) {
    if (!name)
      return Status::invalid_value;
    *name = nullptr;
    switch (status) {
#define TRACEJIT_CASE(enumerator, value, text)                                                     \
  case Status::enumerator:                                                                         \
    *name = text;                                                                                  \
    break;
      TRACEJIT_CUDA_STATUSES(TRACEJIT_CASE)
    }
    return *name ? Status::success : Status::invalid_value;
  });
}

Status cuDeviceGetCount(int *count) {
  return call(Entry::DeviceGetCount, Need::init, [&](World &world, auto &) {
    if (!count)
      return Status::invalid_value;
    *count = world.settings.devices;
    return Status::success;
  });
}

Status cuDeviceGet(Ordinal *device, int ordinal) {
  return call(Entry::DeviceGet, Need::init, [&](World &world, auto &) {
    if (!device)
      return Status::invalid_value;
    if (!is_device(world, ordinal))
      return Status::invalid_device;
    *device = ordinal;
    return Status::success;
  });
}

Status cuDeviceGetName(char *name, int bytes, Ordinal device) {
  return call(Entry::DeviceGetName, Need::init, [&](World &world, auto &) {
    if (!name || bytes <= 0)
      return Status::invalid_value;
    if (!is_device(world, device))
      return Status::invalid_device;
    std::snprintf(name, static_cast<std::size_t>(bytes), "Fake device %d of capability %d.%d",
                  device, world.settings.capability / 10, world.settings.capability % 10);
    return Status::success;
  });
}

Status cuDeviceGetAttribute(int *value, DeviceAttribute what, Ordinal device) {
  return call(Entry::DeviceGetAttribute, Need::init, [&](World &world, auto &) {
    if (!value)
      return Status::invalid_value;
    if (!is_device(world, device))
      return Status::invalid_device;
    return attribute(world.settings, what, *value) ? Status::success : Status::invalid_value;
  });
}

Status cuDevicePrimaryCtxRetain(Context *context, Ordinal device) {
  return call(Entry::DevicePrimaryCtxRetain, Need::init, [&](World &world, auto &) {
    if (!context)
      return Status::invalid_value;
    if (!is_device(world, device))
      return Status::invalid_device;
    *context = world.contexts[static_cast<std::size_t>(device)].get();
    (*context)->retained = true;
    return Status::success;
  });
}

Status cuCtxPushCurrent_v2(Context context) {
  return call(Entry::CtxPushCurrent, Need::init, [&](World &world, auto &) {
    return world.knows(context) && context->retained ? push_context(context)
                                                     : Status::invalid_context;
  });
}

Status cuCtxPopCurrent_v2(Context *context) {
  return call(Entry::CtxPopCurrent, Need::init,
              [&](World &, auto &) { return pop_context(context); });
}
