// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/OwnerLock.h"

#include <gtest/gtest.h>
#include <mutex>
#include <thread>

namespace jit {
namespace {

/// Counts without atomics: two holders at once would lose counts, and the thread sanitizer sees it.
TEST(OwnerLockTest, OwnerAndOthersExcludeEachOther) {
  fence::prepare();
  OwnerLock lock;
  std::uint64_t count = 0;
  constexpr std::uint64_t by_owner = 300'000, by_other = 3'000;
  std::atomic<bool> begun{false};
  const auto other = [&] {
    while (!begun.load())
      std::this_thread::yield();
    for (std::uint64_t i = 0; i < by_other; ++i) {
      const std::lock_guard guard(lock);
      ++count;
    }
  };
  std::thread first(other), second(other);
  lock.own();
  begun = true;
  for (std::uint64_t i = 0; i < by_owner; ++i) {
    const OwnerGuard guard(lock);
    ++count;
  }
  first.join();
  second.join();
  EXPECT_EQ(count, by_owner + 2 * by_other);
}

TEST(OwnerLockTest, NewsOfOthersAreSeenUntilTheyAreTaken) {
  fence::prepare();
  OwnerLock lock;
  lock.own();
  const auto tries = [&] {
    const bool free = lock.try_lock_as_owner();
    lock.unlock_as_owner();
    return free;
  };
  const auto change = [&](bool news) {
    std::thread([&] {
      const std::lock_guard guard(lock);
      if (news)
        lock.leave_news();
    }).join();
  };
  EXPECT_TRUE(tries());
  change(false);
  EXPECT_TRUE(tries());
  change(true);
  EXPECT_FALSE(tries());
  change(false); // they are still there
  EXPECT_FALSE(tries());
  {
    const OwnerGuard guard(lock); // which is no longer wanted
    lock.take_news();
  }
  EXPECT_TRUE(tries());
}

TEST(OwnerLockTest, AnotherThreadCanBecomeTheOwner) {
  fence::prepare();
  OwnerLock lock;
  std::uint64_t count = 0;
  for (int turn = 0; turn < 4; ++turn)
    std::thread([&] {
      lock.own();
      for (int i = 0; i < 1'000; ++i) {
        const OwnerGuard guard(lock);
        ++count;
      }
      lock.disown();
      const std::lock_guard guard(lock);
      ++count;
    }).join();
  EXPECT_EQ(count, 4'004u);
}

} // namespace
} // namespace jit
