// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Fork.h"

#include "runtime/jit/Anchor.h"
#include "runtime/jit/CompileThread.h"
#include "runtime/jit/Session.h"

#include <pthread.h>

namespace jit {

/// Everything the runtime's threads may hold, in one order. Nobody who holds one of these waits for
/// another: user threads only try the first two kinds.
static void lock_all() {
  CompileThread::get().lock_for_fork();
  for (Trace *trace = Trace::all(); trace; trace = trace->next)
    for (Anchor *anchor = trace->anchors.load(); anchor; anchor = anchor->next)
      anchor->lock.lock();
  for (Session *session = Session::all(); session; session = session->next)
    session->lock_for_fork();
}

static void unlock_all() {
  for (Session *session = Session::all(); session; session = session->next)
    session->unlock_after_fork();
  for (Trace *trace = Trace::all(); trace; trace = trace->next)
    for (Anchor *anchor = trace->anchors.load(); anchor; anchor = anchor->next)
      anchor->lock.unlock();
  CompileThread::get().unlock_after_fork();
}

static void in_child() {
  CompileThread::get().abandon();
  unlock_all();
}

void prepare_for_fork() noexcept {
  static const int registered = pthread_atfork(lock_all, unlock_all, in_child);
  static_cast<void>(registered);
}

} // namespace jit
