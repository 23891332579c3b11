// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/base/AsymmetricFence.h"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace jit::fence {

std::atomic<bool> detail::one_sided{false};

void prepare() noexcept {
  const bool registered =
      syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
  detail::one_sided.store(registered, std::memory_order_seq_cst);
}

void heavy() noexcept {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (detail::one_sided.load(std::memory_order_relaxed))
    syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

} // namespace jit::fence
