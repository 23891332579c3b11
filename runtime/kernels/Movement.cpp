// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that copy elements to new places.
#include "runtime/kernels/Copy.h"
#include "runtime/kernels/Families.h"
#include "runtime/ops/Attributes.h"

namespace jit {

void run_movement(const KernelTable &table, const KernelCall &call) noexcept {
  const KernelResult &result = call.results[0];
  const DimList strides = row_major_strides(result.meta->dims());
  const std::int64_t axis = AttrReader(call.attrs).integer(); // concat is the only one
  const auto step = static_cast<std::int64_t>(itemsize(result.meta->dtype));
  std::int64_t at = 0;
  for (const KernelOperand &operand : call.operands) {
    copy_view(table, view_of(*operand.meta, operand.data),
              {result.data + at * strides[static_cast<std::size_t>(axis)] * step,
               result.meta->dtype, strides.begin()});
    at += operand.meta->dim_values[axis];
  }
}

} // namespace jit
