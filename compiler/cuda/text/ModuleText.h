// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The text of one module: a prelude, tables and helper functions that its kernels share, kernels.
#pragma once

#include "compiler/cuda/text/Prelude.h"

#include <map>
#include <string>
#include <string_view>

namespace jit::gpu {

/// Lines of a block structure.
class Lines {
public:
  explicit Lines(int depth = 0) : depth(depth) {}

  void line(std::string_view text);
  /// A line that begins a block, one between two blocks, and one that ends a block.
  void open(std::string_view text);
  void reopen(std::string_view text);
  void close(std::string_view text);
  const std::string &text() const { return all; }

private:
  std::string all;
  int depth;
};

class ModuleText {
public:
  /// The name of the module's array of these entries, made at the first call.
  std::string table(std::string_view type, int size, const std::string &entries);
  /// The name of the function of one float or double that LargeAngle.h has for vectors as
  /// NAME_outside.
  std::string outside(std::string_view name, bool is_f64);

  /// A kernel: what takes its argument `p` from the loop over units on.
  struct Kernel {
    std::string name;
    std::string form;
    unsigned threads = 256;
    unsigned shared_bytes = 0;
    bool barriers = false;
    std::string members; ///< of its argument, `float *b0; `...
    std::string body;
    std::string argument{}; ///< a type of the module's own instead of members
    unsigned blocks = 0;    ///< that a multiprocessor has to have registers for; 0: as it comes
  };
  void add(const Kernel &kernel);
  /// A type or a function that kernels use, once.
  void declare(std::string_view text);

  std::string text(Prelude prelude) const { return prelude_text(prelude) + behind_prelude(); }
  std::string behind_prelude() const;

private:
  std::map<std::string, std::string, std::less<>> tables;   ///< entries, name
  std::map<std::string, std::string, std::less<>> outsides; ///< name, text
  std::string table_text, declared, kernels;
};

/// The greatest size of an argument that every driver takes.
inline constexpr std::size_t max_argument_bytes = 4096;

} // namespace jit::gpu
