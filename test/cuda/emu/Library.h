// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An emulated library, opened.
#pragma once

#include "test/cuda/emu/Host.h"

#include <memory>
#include <span>
#include <string>
#include <string_view>

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
  /// Null: it has no such kernel.
  const tj_emu_kernel *find(std::string_view name) const;

private:
  Library(void *handle, const tj_emu_image *image) : handle_(handle), image_(image) {}

  void *handle_;
  const tj_emu_image *image_;
  int file_ = -1; // of the bytes: open, so that debuggers and sanitizers find it by its path
};

} // namespace jit::emu
