// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The rows of the table event x activity that Segment decides by.
#pragma once

#include "runtime/jit/Segment.h"

namespace jit {

/// Ops are followed from here on, from the begin of the segment.
void follow(ThreadTrace &t, bool hashing) noexcept;

/// After a session was closed: its run may have been undone for want of memory.
void look_for_lost(ThreadTrace &t) noexcept;

/// The ends of a segment; the activity has been taken away. Why it ran eagerly, or none.
EagerReason end_matching(ThreadTrace &t, ExitReason reason, const Impl *observed) noexcept;
EagerReason end_following(ThreadTrace &t, ExitReason reason) noexcept;
/// False: no memory, so the recording is forgotten.
bool finish_recording(ThreadTrace &t, Graph &graph) noexcept;

} // namespace jit
