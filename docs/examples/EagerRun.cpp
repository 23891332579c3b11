// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "EagerRun.h"

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <spawn.h>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace {

/// A file of our own that goes away in the end.
struct TemporaryFile {
  std::string path = (std::filesystem::temp_directory_path() / "tracejit-demo-XXXXXX").string();

  TemporaryFile() {
    const int file = mkstemp(path.data());
    if (file < 0)
      throw std::runtime_error("cannot make a file in " +
                               std::filesystem::temp_directory_path().string());
    close(file);
  }
  ~TemporaryFile() { std::remove(path.c_str()); }
  TemporaryFile(const TemporaryFile &) = delete;
};

void run_eagerly(char **words, std::string file) {
  std::vector<char *> arguments;
  for (; *words; ++words)
    arguments.push_back(*words);
  std::string option = "--losses", device = "--device", cpu = "cpu";
  arguments.insert(arguments.end(),
                   {device.data(), cpu.data(), option.data(), file.data(), nullptr});
  setenv("TRACEJIT", "off", 1);
  std::fflush(stdout);
  pid_t child = 0;
  int status = 0;
  if (posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, arguments.data(), environ) != 0 ||
      waitpid(child, &status, 0) != child || status != 0)
    throw std::runtime_error("the run with TRACEJIT=off failed");
}

} // namespace

bool compare_with_eager_run(const TrainingReport &report, char **words) {
  std::printf("\nthe same program with TRACEJIT=off, on the CPU:\n");
  const TemporaryFile file;
  run_eagerly(words, file.path);

  std::ifstream stream(file.path);
  double ms = 0;
  stream >> ms;
  std::vector<std::uint32_t> eager;
  for (std::uint32_t bits; stream >> bits;)
    eager.push_back(bits);
  std::printf("%.3f ms a step (median); %.3f with the swap\n", ms, report.ms_per_step());

  const std::vector<float> &losses = report.losses();
  if (losses.size() != eager.size()) {
    std::printf("loss curves DIFFER: %zu and %zu steps\n", losses.size(), eager.size());
    return false;
  }
  for (std::size_t i = 0; i < eager.size(); ++i)
    if (std::bit_cast<std::uint32_t>(losses[i]) != eager[i]) {
      std::printf("loss curves DIFFER from step %zu on: %.9g with the swap, %.9g eagerly\n", i + 1,
                  static_cast<double>(losses[i]), std::bit_cast<float>(eager[i]));
      return false;
    }
  std::printf("the loss curves are equal bit for bit over all %zu steps\n", eager.size());
  return true;
}
