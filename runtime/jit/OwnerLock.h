// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// OwnerLock: a lock that its owner takes all the time and others almost never.
#pragma once

#include "runtime/base/AsymmetricFence.h"

#include <atomic>
#include <cstdint>
#include <utility>

namespace jit {

/// The owner takes and releases it with plain stores; the others pay for that with a heavy fence.
/// Dekker's algorithm; the fences as in Dice, Huang, Yang, "Asymmetric Dekker Synchronization"
/// (2001). Waiters spin briefly, then sleep in short turns, so that a preempted holder is not spun
/// upon. Precondition: fence::prepare() has been called.
class OwnerLock {
public:
  /// Makes this thread the owner. Precondition: there is none, or it is in no lock.
  void own() noexcept { owner.store(this_thread(), std::memory_order_relaxed); }
  void disown() noexcept { owner.store(nullptr, std::memory_order_relaxed); }

  void lock() noexcept { is_owner() ? lock_as_owner() : lock_from_outside(); }
  void unlock() noexcept { is_owner() ? unlock_as_owner() : unlock_from_outside(); }

  /// In the child of a fork, by the thread that forked while it held the lock: nobody holds it, and
  /// who wanted it, or was about to step back from it, is not there.
  void unlock_in_child() noexcept {
    held.store(0, std::memory_order_relaxed);
    wanted.store(free_state(), std::memory_order_relaxed);
  }

  void lock_as_owner() noexcept {
    held.store(1, std::memory_order_relaxed);
    fence::light();
    if (wanted.load(std::memory_order_acquire) == taken) [[unlikely]]
      let_others_go_first();
  }
  /// The same but for waiting: false if another thread wants it, or has left news. Either way
  /// `unlock_as_owner` follows. Precondition: fence::is_one_sided().
  bool try_lock_as_owner() noexcept {
    held.store(1, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    return wanted.load(std::memory_order_acquire) == 0;
  }
  /// By another thread than the owner, which holds it: the owner has to look at what has changed.
  void leave_news() noexcept { has_news = true; }
  /// By the owner, which holds it.
  void take_news() noexcept {
    if (!std::exchange(has_news, false)) [[likely]]
      return;
    std::uint32_t seen = news;
    wanted.compare_exchange_strong(seen, 0, std::memory_order_acq_rel, std::memory_order_relaxed);
  }
  void unlock_as_owner() noexcept { held.store(0, std::memory_order_release); }

  bool is_owner() const noexcept { return owner.load(std::memory_order_relaxed) == this_thread(); }
  /// Whether this thread is the owner and holds it.
  bool is_held_by_owner() const noexcept {
    return is_owner() && held.load(std::memory_order_relaxed);
  }

private:
  static const void *this_thread() noexcept { return __builtin_thread_pointer(); }
  void let_others_go_first() noexcept;
  void lock_from_outside() noexcept;
  void unlock_from_outside() noexcept { wanted.store(free_state(), std::memory_order_release); }
  std::uint32_t free_state() const noexcept { return has_news ? news : 0; }

  std::atomic<const void *> owner{nullptr};
  std::atomic<std::uint32_t> held{0}; ///< by the owner
  /// taken: held or about to be held by another thread. So is `news`, for who tries only once.
  static constexpr std::uint32_t taken = 1, news = 2;
  std::atomic<std::uint32_t> wanted{0};
  bool has_news = false; ///< under the lock
};

/// Holds a lock that this thread owns.
class OwnerGuard {
public:
  explicit OwnerGuard(OwnerLock &lock) noexcept : lock(lock) { lock.lock_as_owner(); }
  ~OwnerGuard() { lock.unlock_as_owner(); }
  OwnerGuard(const OwnerGuard &) = delete;

private:
  OwnerLock &lock;
};

} // namespace jit
