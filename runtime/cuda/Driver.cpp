// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/Driver.h"

#include "runtime/base/Options.h"

#include <dlfcn.h>

namespace jit::gpu {
namespace {

constexpr const char *library_name = "libcuda.so.1";
constexpr int oldest_version = 12000;

std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

/// Why cuInit failed.
std::string init_refusal(Status status) {
  switch (status) {
  case Status::no_device:
    return "there is no NVIDIA GPU, or CUDA_VISIBLE_DEVICES hides it";
  case Status::stub_library:
    return std::string(library_name) +
           " is the stub library of a CUDA toolkit, which is for linking only: put the driver's "
           "folder before the toolkit's in LD_LIBRARY_PATH";
  case Status::system_driver_mismatch:
    return "the NVIDIA driver's library and its kernel module are of different versions: restart "
           "the machine after an update";
  case Status::operating_system:
  case Status::device_unavailable:
    return "the NVIDIA driver cannot be used: " + name(status) +
           "; is /dev/nvidia* there and open to this user?";
  default:
    return "the NVIDIA driver does not start: " + name(status);
  }
}

Result<Driver> open_driver() {
  if (!options().cuda)
    return Failure{"option cuda=off is set"};
  void *library = dlopen(library_name, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *reason = dlerror();
    return Failure{"there is no NVIDIA driver: " + std::string(reason ? reason : library_name)};
  }
  Driver driver;
  const char *missing = nullptr;
#define TRACEJIT_CUDA_LOAD(name, symbol, parameters)                                               \
  driver.name = reinterpret_cast<decltype(driver.name)>(dlsym(library, #symbol));                  \
  if (!driver.name && !missing)                                                                    \
    missing = #symbol;
  TRACEJIT_CUDA_ENTRY_POINTS(TRACEJIT_CUDA_LOAD)
#undef TRACEJIT_CUDA_LOAD
  if (driver.DriverGetVersion && driver.DriverGetVersion(&driver.version) == Status::success &&
      driver.version < oldest_version)
    return Failure{"the NVIDIA driver serves CUDA " + version_text(driver.version) +
                   ", and 12.0 or later is needed: update the driver"};
  if (missing)
    return Failure{std::string(library_name) + " has no function " + missing +
                   ": update the driver"};
  if (const Status status = driver.Init(0); status != Status::success)
    return Failure{init_refusal(status)};
  return driver;
}

} // namespace

const Result<Driver> &driver() {
  static const Result<Driver> opened = open_driver();
  return opened;
}

std::string name(Status status) {
  switch (status) {
#define TRACEJIT_CUDA_NAME(name, value, text)                                                      \
  case Status::name:                                                                               \
    return text;
    TRACEJIT_CUDA_STATUSES(TRACEJIT_CUDA_NAME)
#undef TRACEJIT_CUDA_NAME
  }
  return "CUDA error " + std::to_string(static_cast<int>(status));
}

} // namespace jit::gpu
