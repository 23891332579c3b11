// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// MappedFile: a regular file whose pages are read when they are touched, and shared by processes.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/base/Result.h"

#include <cstddef>
#include <filesystem>
#include <span>
#include <utility>

namespace jit {

/// Read only. Movable; unmaps itself. Nobody may shorten the file meanwhile.
class TRACEJIT_PRIVATE MappedFile {
public:
  static Result<MappedFile> open(const std::filesystem::path &path);
  MappedFile(MappedFile &&other) noexcept : view(std::exchange(other.view, {})) {}
  MappedFile &operator=(MappedFile &&) = delete;
  ~MappedFile();

  std::span<const std::byte> bytes() const noexcept { return view; }

private:
  explicit MappedFile(std::span<const std::byte> view) noexcept : view(view) {}

  std::span<const std::byte> view;
};

} // namespace jit
