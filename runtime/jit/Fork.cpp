// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Fork.h"

#include "runtime/jit/Anchor.h"
#include "runtime/jit/CompileThread.h"
#include "runtime/jit/KeptProfile.h"
#include "runtime/jit/Profile.h"
#include "runtime/jit/Segment.h"
#include "runtime/jit/Session.h"

#include <mutex>
#include <new>
#include <pthread.h>
#include <utility>

namespace jit {
namespace {

/// Calls f for every anchor there is now.
template <class F> void for_each_anchor(F f) {
  for (Trace *trace = Trace::all(); trace; trace = trace->next)
    for (Anchor *anchor = trace->anchors.load(std::memory_order_acquire); anchor;
         anchor = anchor->next)
      f(*anchor);
}

// The compile thread holds the lock of an anchor for moments and takes no other meanwhile; user
// threads only try them.
void before_fork() {
  Trace::lock_for_fork();
  profile::lock_for_fork();
  kept::lock_for_fork();
  for_each_anchor([](Anchor &anchor) {
    anchor.known.lock.lock();
    anchor.known.held_for_fork = true;
  });
  CompileThread::get().lock_for_fork();
  Session::lock_all();
}

void after_fork(bool child) {
  if (child) {
    fence::prepare();
    thread_trace.set_session(thread_trace.session); // the fence may be another
    thread_trace.expect_nothing();
  }
  Session::unlock_all(child);
  CompileThread::get().unlock_after_fork(child);
  // Anchors that were added meanwhile are not locked.
  for_each_anchor([child](Anchor &anchor) {
    if (child)
      for (const std::shared_ptr<Path> &path : anchor.known.paths())
        path->unlock_in_child();
    if (std::exchange(anchor.known.held_for_fork, false))
      anchor.known.lock.unlock();
  });
  kept::unlock_after_fork();
  profile::unlock_after_fork();
  Trace::unlock_after_fork();
}

} // namespace

void survive_fork() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (pthread_atfork(before_fork, [] { after_fork(false); }, [] { after_fork(true); }) != 0)
      throw std::bad_alloc(); // and the next call tries again
  });
}

} // namespace jit
