// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/WhyEager.h"

#include "runtime/jit/CompileThread.h"
#include "runtime/jit/Mode.h"

namespace jit {

/// Of a path that has no program and was not rejected.
static EagerReason why_without_program(const Path &path, PathState state) noexcept {
  const CompileThread &thread = CompileThread::get();
  if (!thread.had_compiler())
    return EagerReason::no_compiler;
  if (state == PathState::compiling)
    return EagerReason::compiling;
  if (thread.is_paused())
    return EagerReason::paused;
  if (state == PathState::queued)
    return EagerReason::queued;
  return path.crowded_out.load(std::memory_order_relaxed) ? EagerReason::evicted
                                                          : EagerReason::seen_once;
}

EagerReason why_eager(const Path &path, const PathLife::Now &life, bool resting,
                      EagerReason otherwise) noexcept {
  const Mode now = mode(); // in mode log the programs of before run on
  if (now == Mode::off || now == (life.has_program() ? Mode::check : Mode::log))
    return EagerReason::mode;
  if (life.state == PathState::rejected)
    return eager_reason(life.reason);
  if (!life.has_program())
    return why_without_program(path, life.state);
  return resting ? EagerReason::resting : otherwise;
}

EagerReason why_eager(const Anchor &anchor, const Path &path, EagerReason otherwise) noexcept {
  return why_eager(path, path.life.now(), anchor.state.resting(), otherwise);
}

} // namespace jit
