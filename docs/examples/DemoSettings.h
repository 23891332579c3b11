// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the command line of the demo sets.
#pragma once

#include <cstdint>
#include <filesystem>

struct DemoSettings {
  std::filesystem::path data = "/usr/share/datasets/fashion-mnist";
  int epochs = 5;
  std::int64_t batch = 64, hidden = 512, samples = 60'000;
  double wanted_accuracy = 0.87;
  int gpu = -1;                 ///< where everything runs; -1: the CPU
  std::filesystem::path losses; ///< if set: only train, then write the losses there

  /// Throws std::runtime_error for what it does not know; --help prints and exits.
  static DemoSettings parse(int count, char **words);
};
