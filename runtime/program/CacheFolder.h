// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// CacheFolder: files that a process leaves for later ones, in a folder that nobody else can write
// to.
#pragma once

#include "runtime/base/Result.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jit {

/// Used by one thread. No file descriptor stays open between calls: programs may close them all.
class CacheFolder {
public:
  static constexpr std::uint64_t max_file_bytes = std::uint64_t{96} << 20;
  static constexpr std::uint64_t max_bytes = std::uint64_t{256} << 20; ///< of all files together

  /// Names are 64 hexadecimal digits, then one of these: of a program, or of paths that are known.
  static constexpr std::string_view ending = ".tjc", profile_ending = ".tjk";

  /// `wanted`: the value of option `cache`; empty: $XDG_CACHE_HOME/tracejit, else
  /// ~/.cache/tracejit. Makes the folder if it is missing. A message if there is none to be used:
  /// it is off, or somebody else could write there.
  static Result<CacheFolder> open(const std::string &wanted);

  const std::string &path() const noexcept { return place; }

  /// Whether it has no program, or cannot be read.
  bool is_empty() const;
  /// Empty if it is not there. A message if the folder cannot be used any more.
  Result<std::vector<std::byte>> read(const std::string &name) const;
  /// Nobody ever sees a part of it. A message if it cannot be written.
  std::optional<std::string> write(const std::string &name, std::span<const std::byte> bytes) const;
  /// Writes what `change` makes of the bytes that are there, if that is something else. False:
  /// nothing was done, since another process changes or trims just now. A message as write() has.
  Result<bool>
  change(const std::string &name,
         const std::function<std::vector<std::byte>(std::span<const std::byte>)> &change) const;
  /// Deletes the files that were used least recently until all have at most `most` bytes, and what
  /// killed writers left, unless another process does so.
  void trim(std::uint64_t most = max_bytes) const noexcept;

private:
  explicit CacheFolder(std::string place) : place(std::move(place)) {}

  std::string place;
};

} // namespace jit
