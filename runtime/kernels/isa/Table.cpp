// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/isa/Parts.h"

namespace jit::TRACEJIT_ISA {

static KernelTable make_table() noexcept {
  KernelTable table{};
  add_elements_f32(table);
  add_elements_f64(table);
  add_elements_i32(table);
  add_elements_i64(table);
  add_elements_narrow(table);
  add_copies(table);
  add_conversions(table);
  add_reductions(table);
  add_outer_reductions(table);
  add_scans(table);
  add_short_rows(table);
  add_random(table);
  return table;
}

const KernelTable &table() noexcept {
  static const KernelTable made = make_table();
  return made;
}

} // namespace jit::TRACEJIT_ISA
