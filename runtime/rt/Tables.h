// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernel tables that are filled as far as a program needs: only the parts that its ops name are
// linked.
#pragma once

#include "runtime/kernels/KernelTable.h"
#include "runtime/rt/Once.h"

namespace jit::rt {

/// What one source of kernels/isa adds, in both levels.
struct Part {
  void (*v3)(KernelTable &) noexcept;
  void (*v4)(KernelTable &) noexcept;
  Once added[2] = {}; ///< by Isa
};

// By the names of those sources, whose namespace is another one (Prelude.h).
#define TRACEJIT_RT_PART(length, part)                                                             \
  void add_v3_##part(KernelTable &) noexcept asm("_ZN3jit2v3" length #part "ERNS_11KernelTableE"); \
  void add_v4_##part(KernelTable &) noexcept asm("_ZN3jit2v4" length #part "ERNS_11KernelTableE"); \
  inline constinit Part part{add_v3_##part, add_v4_##part};
TRACEJIT_RT_PART("16", add_elements_f32)
TRACEJIT_RT_PART("16", add_elements_f64)
TRACEJIT_RT_PART("16", add_elements_i32)
TRACEJIT_RT_PART("16", add_elements_i64)
TRACEJIT_RT_PART("19", add_elements_narrow)
TRACEJIT_RT_PART("10", add_copies)
TRACEJIT_RT_PART("15", add_conversions)
TRACEJIT_RT_PART("14", add_reductions)
TRACEJIT_RT_PART("20", add_outer_reductions)
TRACEJIT_RT_PART("9", add_scans)
TRACEJIT_RT_PART("14", add_short_rows)
TRACEJIT_RT_PART("10", add_random)
#undef TRACEJIT_RT_PART

/// The table of the active ISA, with this part.
void add(Part &part) noexcept;

template <class... Parts> const KernelTable &table_with(Parts &...parts) noexcept {
  (add(parts), ...);
  return active_table();
}

/// With all that reductions use.
inline const KernelTable &table_of_reductions() noexcept {
  return table_with(add_copies, add_conversions, add_reductions, add_outer_reductions,
                    add_short_rows);
}
/// With the functions of all elements.
inline const KernelTable &table_of_elements() noexcept {
  return table_with(add_copies, add_conversions, add_elements_f32, add_elements_f64,
                    add_elements_i32, add_elements_i64, add_elements_narrow);
}

} // namespace jit::rt
