// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The parts of a kernel table: one function a source file, which fills its entries.
#pragma once

#include "runtime/kernels/KernelTable.h"

namespace jit::TRACEJIT_ISA {

void add_elements_f32(KernelTable &table) noexcept;
void add_elements_f64(KernelTable &table) noexcept;
void add_elements_i32(KernelTable &table) noexcept;
void add_elements_i64(KernelTable &table) noexcept;
void add_elements_narrow(KernelTable &table) noexcept;
void add_copies(KernelTable &table) noexcept;
void add_conversions(KernelTable &table) noexcept;
void add_reductions(KernelTable &table) noexcept;
void add_outer_reductions(KernelTable &table) noexcept;
void add_scans(KernelTable &table) noexcept;
void add_short_rows(KernelTable &table) noexcept;
void add_random(KernelTable &table) noexcept;

} // namespace jit::TRACEJIT_ISA
