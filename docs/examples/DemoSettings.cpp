// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "DemoSettings.h"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

static constexpr const char *usage = R"(usage: tracejit-demo [OPTION VALUE]...
Trains a classifier of Fashion-MNIST eagerly and shows compiled code being swapped in.
  --data DIR       folder of the IDX files (Debian package dataset-fashion-mnist)
  --epochs N       default 5
  --batch N        default 64
  --hidden N       width of the two hidden layers, default 512
  --samples N      use at most so many images
  --accuracy A     accuracy below which the run fails, default 0.87
  --device D       cpu, cuda or cuda:N; default cpu
  --losses FILE    only train, then write time, memory and losses
)";

static std::int64_t positive(const std::string &option, const std::string &text) {
  std::size_t used = 0;
  std::int64_t value = 0;
  try {
    value = std::stoll(text, &used);
  } catch (const std::exception &) {
    used = 0;
  }
  if (used == 0 || used != text.size() || value < 1 || value > 1'000'000)
    throw std::runtime_error(option + ": '" + text + "' is not a number from 1 to 1000000");
  return value;
}

/// The number of the GPU, -1 for the CPU.
static int device(const std::string &text) {
  if (text == "cpu")
    return -1;
  const bool has_number = text.size() == 6 && text.starts_with("cuda:");
  if (text != "cuda" && (!has_number || text[5] < '0' || text[5] > '9'))
    throw std::runtime_error("--device: '" + text + "' is not cpu, cuda or cuda:N");
  return has_number ? text[5] - '0' : 0;
}

DemoSettings DemoSettings::parse(int count, char **words) {
  DemoSettings settings;
  for (int i = 1; i < count; i += 2) {
    const std::string option = words[i];
    if (option == "--help") {
      std::fputs(usage, stdout);
      std::exit(0);
    }
    if (i + 1 == count)
      throw std::runtime_error(option + ": unknown, or its value is missing; see --help");
    const std::string value = words[i + 1];
    if (option == "--data")
      settings.data = value;
    else if (option == "--epochs")
      settings.epochs = static_cast<int>(positive(option, value));
    else if (option == "--batch")
      settings.batch = positive(option, value);
    else if (option == "--hidden")
      settings.hidden = positive(option, value);
    else if (option == "--samples")
      settings.samples = positive(option, value);
    else if (option == "--accuracy")
      settings.wanted_accuracy = std::atof(value.c_str());
    else if (option == "--device")
      settings.gpu = device(value);
    else if (option == "--losses")
      settings.losses = value;
    else
      throw std::runtime_error(option + ": no such option; see --help");
  }
  return settings;
}
