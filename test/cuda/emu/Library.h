// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An emulated library, opened: what Compile.h makes, or what any C++ compiler makes of a text.
#pragma once

#include "test/cuda/emu/Host.h"

#include <map>
#include <memory>
#include <span>
#include <string>

namespace jit::emu {

class Library {
public:
  /// Null: `why` says why not.
  static std::unique_ptr<Library> open_file(const std::string &path, std::string &why);
  /// The same for the bytes of a library, each time a copy of its own.
  static std::unique_ptr<Library> open_bytes(std::span<const std::byte> bytes, std::string &why);
  ~Library();
  Library(const Library &) = delete;
  Library &operator=(const Library &) = delete;

  const tj_emu_image &image() const { return *image_; }
  /// Null: it has no such kernel. Of a library without tj_emu_image, which only exports its
  /// kernels, a kernel that takes any number of bytes (0) and threads, and may wait.
  const tj_emu_kernel *find(const std::string &name);

private:
  Library(void *handle, const tj_emu_image *image) : handle_(handle), image_(image) {}

  void *handle_;
  const tj_emu_image *image_;
  std::map<std::string, tj_emu_kernel> found_; // of a library without a table
  int file_ = -1; // of the bytes: open, so that debuggers and sanitizers find it by its path
};

} // namespace jit::emu
