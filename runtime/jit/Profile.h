// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Profile: paths that are known before they have run, with their programs. They come with a
// program, in a file that `tracec profile` has made of saved traces.
#pragma once

#include "runtime/base/Result.h"

#include <filesystem>
#include <optional>
#include <string>

namespace jit {

struct Trace;

namespace profile {

/// Reads a file: traces that are made from here on find their paths in it, by their name and by
/// where the paths begin. How many programs can be used here, or a message. Any thread.
Result<std::size_t> add(const std::filesystem::path &path);

/// Gives a new trace the paths that are known of it. Nobody else may have seen the trace.
void attach(Trace &trace) noexcept;

/// For the handlers of fork.
void lock_for_fork() noexcept;
void unlock_after_fork() noexcept;

} // namespace profile
} // namespace jit
