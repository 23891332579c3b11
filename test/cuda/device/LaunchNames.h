// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which kernels work launches, as the log of the driver of the tests has them.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

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
    const auto begin = std::filesystem::exists(file) ? std::filesystem::file_size(file) : 0;
    work();
    std::ifstream log(file);
    log.seekg(static_cast<std::streamoff>(begin));
    std::string names, line;
    while (std::getline(log, line)) {
      constexpr std::string_view word = "launch ";
      if (line.starts_with(word))
        names += (names.empty() ? "" : " ") +
                 line.substr(word.size(), line.find(' ', word.size()) - word.size());
    }
    return names;
  }

private:
  const std::filesystem::path file;
};
inline const LaunchLog launch_log;

} // namespace jit::test
