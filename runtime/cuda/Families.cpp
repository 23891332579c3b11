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
  case Family::creation:
    return call.op == OpKind::full ? run_fill(gpu, call) : Launched::no_kernel;
  case Family::contraction:
    return run_contraction(gpu, call);
  case Family::reduction:
    return run_reduction(gpu, call);
  case Family::row:
    return run_row(gpu, call);
  case Family::scan:
    return run_scan(gpu, call);
  case Family::movement:
  case Family::index:
  case Family::sort:
    return Launched::no_kernel;
  }
  return Launched::no_kernel;
}

} // namespace jit::gpu
