// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Fork.h"

#include "runtime/jit/Anchor.h"
#include "runtime/jit/CompileThread.h"
#include "runtime/jit/Session.h"

#include <mutex>
#include <pthread.h>

namespace jit {
namespace {

std::vector<Anchor *> locked_anchors;

// The compile thread holds the lock of an anchor for moments and takes no other meanwhile; user
// threads only try them.
void before_fork() {
  for (Trace *trace = Trace::all(); trace; trace = trace->next)
    for (Anchor *anchor = trace->anchors.load(std::memory_order_acquire); anchor;
         anchor = anchor->next) {
      anchor->lock.lock();
      locked_anchors.push_back(anchor);
    }
  CompileThread::get().lock_for_fork();
  Session::lock_all();
}

void after_fork(bool child) {
  if (child)
    fence::prepare();
  Session::unlock_all();
  CompileThread::get().unlock_after_fork(child);
  for (Anchor *anchor : locked_anchors)
    anchor->lock.unlock();
  locked_anchors.clear();
}

} // namespace

void survive_fork() {
  static std::once_flag once;
  std::call_once(once, [] {
    pthread_atfork(before_fork, [] { after_fork(false); }, [] { after_fork(true); });
  });
}

} // namespace jit
