// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which kernels work launches, as the log of the driver of the tests has them.
#pragma once

#include "test/cuda/device/Launches.h"

#include <cstdlib>
#include <filesystem>
#include <string>
#include <unistd.h>

namespace jit::test {

/// A file that goes with the process. The driver is told of it before it is opened.
class LaunchLog {
public:
  LaunchLog()
      : file(std::filesystem::temp_directory_path() /
             ("launches." + std::to_string(::getpid()) + ".txt")) {
    const char *settings = std::getenv("TRACEJIT_FAKE_CUDA");
    const std::string more = settings && *settings ? std::string(settings) + "," : "";
    ::setenv("TRACEJIT_FAKE_CUDA", (more + "log=" + file.string()).c_str(), 1);
  }
  ~LaunchLog() { std::filesystem::remove(file); }
  LaunchLog(const LaunchLog &) = delete;

  /// "copy_4_s copy_4_s": in the order of the launches.
  template <class F> std::string of(F &&work) const {
    kernels_launched();
    work();
    std::string names;
    for (const std::string &name : kernels_launched())
      names += (names.empty() ? "" : " ") + name;
    return names;
  }

private:
  const std::filesystem::path file;
};
inline const LaunchLog launch_log;

} // namespace jit::test
