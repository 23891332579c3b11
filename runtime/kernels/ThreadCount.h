// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How many threads may share a kernel: CPUs, what the user allows, or what a test forces.
#pragma once

#include "runtime/base/AvailableCpus.h"
#include "runtime/base/Export.h"

#include <tracejit/threads.h>

#include <atomic>
#include <cstdint>

namespace jit {

inline constexpr int max_threads = 64;

/// How jobs are shared now. One word, so that a reader sees both or neither.
struct Sharing {
  std::int16_t threads; ///< 0: not known yet
  bool fixed;           ///< exactly so many for every job, whatever CPUs there are
  bool crowded;         ///< more than there are CPUs
};

namespace detail {
TRACEJIT_PRIVATE extern constinit std::atomic<Sharing> sharing;
TRACEJIT_PRIVATE Sharing first_sharing() noexcept;
} // namespace detail

inline Sharing current_sharing() noexcept {
  const Sharing now = detail::sharing.load(std::memory_order_relaxed);
  return now.threads != 0 ? now : detail::first_sharing();
}

/// thread_count() as it was when the CPUs were last looked at. For the way of every op: one load.
inline int threads_now() noexcept { return current_sharing().threads; }

/// Looks at the CPUs again if that was a second ago. `now` is the time stamp counter. For whoever
/// has work to share, also if there is but one thread now.
void refresh_sharing(std::uint64_t now) noexcept;
void refresh_sharing() noexcept;

/// Whoever changes one of these stops the workers first (ThreadPool.cpp).
void store_limit(int n) noexcept;  ///< 0: none
void store_forced(int n) noexcept; ///< 0: no longer

/// Null: the system. The next refresh looks at the CPUs. For tests; `source` must live on.
void set_cpu_source(const CpuSource *source) noexcept;

} // namespace jit
