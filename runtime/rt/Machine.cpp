// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The processor: its instruction sets and its caches, from cpuid alone.
#include "runtime/kernels/CacheSizes.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/rt/Once.h"
#include "runtime/rt/rt.h"

namespace jit {
namespace {

/// Level of x86-64 that kernels are taken of; 0: not known yet.
constinit std::atomic<int> level{0};

constinit rt::Once looked;
constinit CacheSizes caches;

} // namespace

Isa detected_isa() noexcept {
  __builtin_cpu_init();
  return __builtin_cpu_supports("x86-64-v4") ? Isa::v4 : Isa::v3;
}

Isa active_isa() noexcept {
  int now = level.load(std::memory_order_relaxed);
  if (now == 0) {
    now = detected_isa() == Isa::v4 ? 4 : 3;
    level.store(now, std::memory_order_relaxed);
  }
  return now == 4 ? Isa::v4 : Isa::v3;
}

const CacheSizes &cache_sizes() noexcept {
  looked.run([] { ask_cpuid(system_caches(), caches); });
  return caches;
}

} // namespace jit

void tj_rt1_test_isa(std::int32_t wanted) { jit::level.store(wanted, std::memory_order_relaxed); }
