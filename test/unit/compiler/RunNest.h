// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Nests compiled and run, against the interpreter of nests.
#pragma once

#include "compiler/cpu/Schedule.h"
#include "test/unit/compiler/TestMemory.h"

#include <initializer_list>
#include <utility>
#include <vector>

namespace jit::cpu::test {

std::vector<jit::test::Memory> memory_of(const std::vector<std::pair<DType, std::size_t>> &sizes);

/// What the nest makes of the memory.
std::vector<jit::test::Memory> interpreted(const Nest &nest, std::vector<jit::test::Memory> memory,
                                           const std::vector<std::uint64_t> &scalars = {});

/// Compiles the nest for an ISA that this machine has, and runs it on these buffers in chunks of
/// `grain` units.
void run_compiled(const Nest &nest, std::vector<std::byte *> buffers, Isa isa, Traffic traffic,
                  std::int64_t grain, const std::vector<std::uint64_t> &scalars = {},
                  const ScheduleChanges &changes = {});

/// Compiles the nest for an ISA, runs it in chunks of `grain` units and compares all memory.
void expect_equal(const Nest &nest, std::vector<jit::test::Memory> memory,
                  std::vector<jit::test::Memory> expected, Isa isa, Traffic traffic,
                  std::int64_t grain, const std::vector<std::uint64_t> &scalars = {},
                  const ScheduleChanges &changes = {});

/// The same for both ISAs, whole and in chunks, with plain and streaming stores.
void expect_equal_everywhere(const Nest &nest, const std::vector<jit::test::Memory> &memory,
                             const std::vector<std::uint64_t> &scalars = {});

} // namespace jit::cpu::test
