// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One function a family of ops; run_kernel picks. Those that need scratch return false if none was
// given and none could be had, and have a second function that says how much.
#pragma once

#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/KernelTable.h"

namespace jit {

void run_elementwise(const KernelTable &table, const OpInfo &op, const KernelCall &call) noexcept;
[[nodiscard]] bool run_reduction(const KernelTable &table, const KernelCall &call,
                                 const KernelScratch &given) noexcept;
std::size_t reduction_scratch(const KernelCall &call) noexcept;
[[nodiscard]] bool run_row(const KernelTable &table, const OpInfo &op, const KernelCall &call,
                           const KernelScratch &given) noexcept;
std::size_t row_scratch(const KernelTable &table, const OpInfo &op, const KernelCall &call,
                        std::int64_t workers) noexcept;
[[nodiscard]] bool run_contraction(const KernelTable &table, const KernelCall &call,
                                   const KernelScratch &given) noexcept;
std::size_t contraction_scratch(const KernelCall &call, std::int64_t workers) noexcept;
/// `workers`: that may share a long row.
void run_scan(const KernelTable &table, const KernelCall &call, std::int64_t workers) noexcept;
void run_movement(const KernelTable &table, const KernelCall &call) noexcept;
void run_index(const KernelTable &table, const KernelCall &call) noexcept;
[[nodiscard]] bool run_sort(const KernelTable &table, const KernelCall &call,
                            const KernelScratch &given) noexcept;
std::size_t sort_scratch(const KernelCall &call, std::int64_t workers) noexcept;
[[nodiscard]] bool run_creation(const KernelTable &table, const KernelCall &call,
                                const KernelScratch &given) noexcept;
std::size_t creation_scratch(const KernelCall &call) noexcept;

} // namespace jit
