// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A text that was compiled by hand: its library has no table of kernels.
#include "test/cuda/emu/Prelude.inc"

struct k_args {
  int *out;
};
TJ_KERNEL(32) k(TJ_ARGS(k_args) p) {
  int *const shared = reinterpret_cast<int *>(TJ_SHARED);
  shared[TJ_THREAD] = static_cast<int>(TJ_THREAD);
  TJ_BARRIER();
  p.out[TJ_THREAD] = shared[31 - TJ_THREAD];
}
