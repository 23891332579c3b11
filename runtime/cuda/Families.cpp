// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/Families.h"

#include "runtime/ops/OpTable.h"

namespace jit::gpu {

Launched run_family(Gpu &gpu, const KernelCall &call) noexcept {
  switch (info(call.op).family) {
  case Family::elementwise:
    return run_elementwise(gpu, call);
  case Family::view: // a reshape whose strides allow no view
    return run_reshape(gpu, call);
  case Family::movement:
    return run_movement(gpu, call);
  case Family::index:
    return run_index(gpu, call);
  case Family::creation:
    return run_creation(gpu, call);
  case Family::sort:
    return run_sort(gpu, call);
  case Family::contraction:
    return run_contraction(gpu, call);
  case Family::reduction:
    return run_reduction(gpu, call);
  case Family::row:
    return run_row(gpu, call);
  case Family::scan:
    return run_scan(gpu, call);
  }
  return Launched::no_kernel;
}

} // namespace jit::gpu
