// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/cuda/text/EmulatedText.h"

#include "compiler/cuda/text/TextRules.h"
#include "test/cuda/text/Tools.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

namespace jit::gpu::test {
namespace {

/// As the prelude of emulation declares it.
struct Place {
  unsigned thread, block, blocks;
  unsigned char *shared;
};
struct Host {
  Place *(*place)();
  void (*barrier)();
  unsigned long long (*exchange)(unsigned long long value, unsigned lane);
  void (*misaligned)(const void *pointer, unsigned alignment);
};

Place current{};
bool misaligned = false;

const Host host = {[] { return &current; }, [] { FAIL() << "a barrier where none is announced"; },
                   [](unsigned long long value, unsigned) {
                     ADD_FAILURE() << "a shuffle where none is announced";
                     return value;
                   },
                   [](const void *, unsigned) { misaligned = true; }};

std::vector<unsigned> ordered(unsigned count, Order order) {
  std::vector<unsigned> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0u);
  if (order == Order::descending)
    std::ranges::reverse(numbers);
  else if (order == Order::shuffled)
    std::ranges::shuffle(numbers, std::mt19937(count));
  return numbers;
}

} // namespace

EmulatedText::EmulatedText(const ModuleText &module) {
  const std::string text = module.text(Prelude::emu);
  EXPECT_EQ(check_text(text), "");
  const std::string file =
      made_by(TEST_COMPILER " -x c++ -std=c++20 -O0 -w -march=x86-64-v3 -ffp-contract=off "
                            "-fno-strict-aliasing -fPIC -shared -o %out %in",
              text, ".so");
  if (!file.empty())
    open(file);
}

void EmulatedText::open(const std::string &file) {
  library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    ADD_FAILURE() << dlerror();
    return;
  }
  reinterpret_cast<void (*)(const Host *)>(dlsym(library, "tj_emu_bind"))(&host);
}

EmulatedText::~EmulatedText() {
  if (library != nullptr)
    dlclose(library);
}

EmulatedText::KernelFunction EmulatedText::find(const std::string &kernel) const {
  return library == nullptr ? nullptr
                            : reinterpret_cast<KernelFunction>(dlsym(library, kernel.c_str()));
}

void EmulatedText::launch(const std::string &kernel, const void *argument, unsigned blocks,
                          unsigned threads, Order order) const {
  const KernelFunction run = find(kernel);
  ASSERT_TRUE(run) << kernel;
  for (unsigned block : ordered(blocks, order))
    for (unsigned thread : ordered(threads, order)) {
      current = {thread, block, blocks, nullptr};
      run(argument);
    }
}

void EmulatedText::launch_block(const std::string &kernel, const void *argument, unsigned block,
                                unsigned blocks, unsigned threads) const {
  const KernelFunction run = find(kernel);
  ASSERT_TRUE(run) << kernel;
  for (unsigned thread = 0; thread < threads; ++thread) {
    current = {thread, block, blocks, nullptr};
    run(argument);
  }
}

bool EmulatedText::take_misaligned() { return std::exchange(misaligned, false); }

} // namespace jit::gpu::test
