// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// WhyEager: the one reason why a path runs eagerly now.
#pragma once

#include "runtime/jit/Anchor.h"

namespace jit {

/// `otherwise`: a run that takes the path should run its program. Any thread, no lock.
EagerReason why_eager(const Anchor &anchor, const Path &path,
                      EagerReason otherwise = EagerReason::none) noexcept;

/// The same for what was read before.
EagerReason why_eager(const Path &path, const PathLife::Now &life, bool resting,
                      EagerReason otherwise = EagerReason::none) noexcept;

} // namespace jit
