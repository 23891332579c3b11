// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What one process leaves to the next of the paths that it had programs for: their traces, in a
// container. The programs themselves are in files of their own.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/base/Result.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jit {

/// A program of a path.
struct ProfilePath {
  /// `lost`: it is not used any more; never in a file.
  enum class State : std::uint8_t { lost, trial, active };

  std::uint64_t place = 0; ///< of the jit::trace in the source; its name is in the text
  std::string file;        ///< where the path begins
  std::uint32_t line = 0;
  State state = State::trial;
  bool ends_at_boundary = false;
  std::string text; ///< the trace, its outputs those of the program
  bool operator==(const ProfilePath &) const = default;
};

inline constexpr std::size_t most_profile_paths = 1024;
inline constexpr std::size_t most_profile_bytes = std::size_t{4} << 20; ///< of their texts

/// Equal paths give equal bytes. Precondition: they are within the limits, and none is lost.
TRACEJIT_PRIVATE std::vector<std::byte> profile_to_file(std::string_view key,
                                                        std::span<const ProfilePath> paths);
/// What was written with this key. Safe on any bytes; texts are not looked at.
TRACEJIT_PRIVATE Result<std::vector<ProfilePath>>
profile_from_file(std::span<const std::byte> file, const std::string &name, std::string_view key);

/// `fresh` without what is lost, then what `before` has of other paths; the first of these that fit
/// the limits.
TRACEJIT_PRIVATE std::vector<ProfilePath> merge_profiles(std::vector<ProfilePath> fresh,
                                                         std::vector<ProfilePath> before);

} // namespace jit
