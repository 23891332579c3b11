// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The paths that earlier processes had programs for, kept by themselves in the folder of the cache:
// a file for each module whose source makes traces. Never an error: what is not there is learned.
#pragma once

#include "runtime/jit/Publisher.h"

#include <cstdint>
#include <source_location>

namespace jit::kept {

/// Gives a new trace the paths that are known of it, without tries. Nobody else may have seen the
/// trace.
void attach(Trace &trace, const std::source_location &site) noexcept;
/// The same for the traces that were made before the compiler was enabled. By the compile thread.
void attach_late(Publisher &publisher) noexcept;

/// There is something to be written: a path has a program, or has it no more. True if it is the
/// first since all was written. Any thread.
bool changed() noexcept;
/// When it shall be written, by now_ns(); 0: there is nothing.
std::uint64_t due_ns() noexcept;
/// Writes what has changed. Waits for nobody: what another thread or process holds stays as it is.
void write() noexcept;

/// For the handlers of fork.
void lock_for_fork() noexcept;
void unlock_after_fork() noexcept;

} // namespace jit::kept
