// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Site: the user's line of an op, in text that outlives the code it was compiled from.
#pragma once

#include "runtime/ops/OpTable.h"

#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>

namespace jit {

/// What an op is made for: 0 for one that the user asked for, else the number of the op whose
/// gradient it belongs to, plus 1.
using GradientMark = std::uint16_t;
inline GradientMark gradient_mark(OpKind op) noexcept {
  return static_cast<GradientMark>(static_cast<GradientMark>(op) + 1);
}

/// A place in the user's source. Made when an op is recorded: a std::source_location points into
/// the library that holds the call, which may be unloaded while the recording is still known.
struct Site {
  const char *file = "";  ///< never freed; equal names are one pointer
  std::uint32_t line = 0; ///< 0: the place is not known
  GradientMark gradient = 0;

  /// Any thread, no lock. Not known without memory, or past the cap of file names.
  static Site of(const std::source_location &location, GradientMark gradient = 0) noexcept;
};

/// Precondition: it is marked.
inline OpKind gradient_of(const Site &site) noexcept {
  return static_cast<OpKind>(site.gradient - 1);
}

/// A file's name for Site::file, or nullptr without memory or past the cap (65,536 names). Any
/// thread, no lock.
const char *intern_file(std::string_view name) noexcept;

/// What tells places apart, two on one line too; odd and thus never 0. By text, because the
/// addresses of a library that was unloaded may be those of another one now.
std::uint64_t site_key(const std::source_location &location, GradientMark gradient) noexcept;

/// "step.cpp:31", or "gradient of add step.cpp:31"; "unknown line" if the place is not known.
std::string describe(const Site &site);

} // namespace jit
