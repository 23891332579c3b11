// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// PerThread: what a thread remembers and static thread-local storage has no room for.
#pragma once

#include "runtime/base/AtThreadExit.h"

#include <array>
#include <atomic>
#include <new>
#include <type_traits>
#include <utility>

namespace jit {

/// One T for each thread that asks for one, found by one load from a thread-local pointer. The
/// loader keeps some 1.7 KB of static thread-local storage for all libraries that are opened late
/// together, so that only pointers may lie there.
///
/// T is zero to begin with and has `void leave_thread() noexcept`, after which another thread may
/// have it, as it is. Until a thread has one, without memory, and when it has ended (destructors of
/// other thread-locals may still run) it sees one zero T that is never written.
template <class T> class PerThread {
public:
  /// Read only, unless its content proves that it is this thread's own.
  static T &get() noexcept { return *mine; }
  /// This thread's own, or nullptr.
  static T *find() noexcept { return mine == &absent ? nullptr : mine; }
  /// The same, made at need. nullptr: no memory, or the thread has cleaned up.
  static T *make() noexcept { return mine == &absent ? open() : mine; }

private:
  static_assert(std::is_trivially_destructible_v<T>);

  [[gnu::noinline]] static T *open() noexcept {
    if (closed)
      return nullptr;
    T *found = nullptr;
    for (std::atomic<T *> &spare : spares)
      if ((found = spare.exchange(nullptr, std::memory_order_acquire)))
        break;
    if (!found && !(found = new (std::nothrow) T()))
      return nullptr;
    at_thread_exit(close);
    return mine = found;
  }

  static void close() noexcept {
    closed = true;
    T *left = std::exchange(mine, &absent);
    left->leave_thread();
    for (std::atomic<T *> &spare : spares) {
      T *none = nullptr;
      if (spare.compare_exchange_strong(none, left, std::memory_order_release))
        return;
    }
    delete left;
  }

  static constinit inline T absent{};
  [[gnu::tls_model("initial-exec")]] static constinit inline thread_local T *mine = &absent;
  [[gnu::tls_model("initial-exec")]] static constinit inline thread_local bool closed = false;
  /// Of threads that have ended. Taken and given without a lock, so that fork cannot find one held.
  static constinit inline std::array<std::atomic<T *>, 16> spares{};
};

} // namespace jit
