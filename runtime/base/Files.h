// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Regular files, read and written whole or at offsets. Messages begin with the path.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/base/Result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <vector>

namespace jit {

/// An open regular file. Movable; closes itself.
class TRACEJIT_PRIVATE InputFile {
public:
  static Result<InputFile> open(const std::filesystem::path &path);
  InputFile(InputFile &&other) noexcept;
  InputFile &operator=(InputFile &&) = delete;
  ~InputFile();

  std::uint64_t size() const noexcept { return bytes; }
  const std::filesystem::path &path() const noexcept { return name; }

  /// Fills `target` from `offset`. A message if the file ends before.
  std::optional<std::string> read(std::uint64_t offset, std::span<std::byte> target) const;

private:
  explicit InputFile(std::filesystem::path path) : name(std::move(path)) {}

  std::filesystem::path name;
  int fd = -1;
  std::uint64_t bytes = 0;
};

/// The whole file, if it has at most `cap` bytes.
Result<std::vector<std::byte>> read_file(const std::filesystem::path &path, std::size_t cap);

/// Writes the parts one after the other to a new file beside `path` and renames it, so that nobody
/// ever sees half of it. A message if anything fails.
TRACEJIT_PRIVATE std::optional<std::string>
write_file(const std::filesystem::path &path, std::span<const std::span<const std::byte>> parts);

} // namespace jit
