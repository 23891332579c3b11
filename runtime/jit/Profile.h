// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Profile: paths that are known before they have run, with their programs. They come with a
// program, in a file that `tracec profile` has made of saved traces.
#pragma once

#include "runtime/base/Result.h"
#include "runtime/program/Program.h"
#include "runtime/trace/Graph.h"

#include <filesystem>
#include <memory>

namespace jit {

struct Anchor;
struct Trace;

struct KnownPath {
  Graph graph;                            ///< its outputs are what the program stores
  std::shared_ptr<const Program> program; ///< made for this machine
  Site begin;                             ///< where the path begins
  bool shipped = true;                    ///< the program came with the user's
  bool judged = true;                     ///< else the program goes on trial
  bool ends_at_boundary = false;
};
/// The path serves from its first visit on; the program of a path that serves already is another
/// variant. The anchor whose trie is to be built, or null if nothing has changed. Throws
/// std::bad_alloc. For the compile thread, and for a trace that nobody else has seen.
Anchor *enter_known(Trace &trace, const KnownPath &known);

namespace profile {

/// Reads a file: traces that are made from here on find their paths in it, by their name and by
/// where the paths begin. How many programs can be used here, or a message. Any thread.
Result<std::size_t> add(const std::filesystem::path &path);

/// Gives a new trace the paths that are known of it, without tries. Nobody else may have seen the
/// trace.
void attach(Trace &trace) noexcept;

/// For the handlers of fork.
void lock_for_fork() noexcept;
void unlock_after_fork() noexcept;

} // namespace profile
} // namespace jit
