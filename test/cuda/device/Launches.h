// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the driver of the tests has seen in this process.
#pragma once

#include "runtime/cuda/Devices.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace jit::test {

/// How often an entry point was called, by its name without `cu`.
inline unsigned long long driver_calls(const char *entry) {
  static const auto calls = reinterpret_cast<unsigned long long (*)(const char *)>(
      dlsym(dlopen("libcuda.so.1", RTLD_NOW | RTLD_NOLOAD), "tj_fake_calls"));
  if (!calls) {
    ADD_FAILURE() << "not the driver of the tests";
    return 0;
  }
  return calls(entry);
}
inline unsigned long long launches() { return gpu::launches(); }

/// Names of the kernels that were launched since the last call: of the driver's log, which the
/// environment asks for (log=FILE, docs/gpu-testing.md).
inline std::vector<std::string> kernels_launched() {
  static std::streamoff read = 0;
  const char *settings = std::getenv("TRACEJIT_FAKE_CUDA");
  std::string file(settings ? settings : "");
  const std::size_t at = file.find("log=");
  if (at == file.npos) {
    ADD_FAILURE() << "TRACEJIT_FAKE_CUDA names no log";
    return {};
  }
  file = file.substr(at + 4, file.find(',', at) - at - 4);
  std::vector<std::string> names;
  std::ifstream log(file);
  log.seekg(read);
  for (std::string line; std::getline(log, line); read = log.tellg())
    if (line.starts_with("launch "))
      names.push_back(line.substr(7, line.find(' ', 7) - 7));
  return names;
}

} // namespace jit::test
