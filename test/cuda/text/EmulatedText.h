// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A text compiled as C++: its kernels run thread by thread, in any order of the threads. For
// kernels without barriers.
#pragma once

#include "compiler/cuda/text/ModuleText.h"

#include <cstddef>
#include <string>

namespace jit::gpu::test {

enum class Order { ascending, descending, shuffled };
constexpr Order orders[] = {Order::ascending, Order::descending, Order::shuffled};

class EmulatedText {
public:
  /// Checks the text's rules and compiles it; a failure of the test if that is refused.
  explicit EmulatedText(const ModuleText &module);
  /// A library that was compiled elsewhere.
  explicit EmulatedText(const std::string &file) { open(file); }
  ~EmulatedText();
  EmulatedText(const EmulatedText &) = delete;
  EmulatedText &operator=(const EmulatedText &) = delete;

  bool has(const std::string &kernel) const { return find(kernel) != nullptr; }
  void launch(const std::string &kernel, const void *argument, unsigned blocks, unsigned threads,
              Order order) const;
  /// One block of a launch of so many, its threads in ascending order.
  void launch_block(const std::string &kernel, const void *argument, unsigned block,
                    unsigned blocks, unsigned threads) const;
  /// Whether a vector lay at no multiple of its size since the last call.
  static bool take_misaligned();

private:
  using KernelFunction = void (*)(const void *);
  void open(const std::string &file);
  KernelFunction find(const std::string &kernel) const;
  void *library = nullptr;
};

} // namespace jit::gpu::test
