// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Plans and their kernels as the sections of a file, of one version of the library.
#pragma once

#include "runtime/base/Result.h"
#include "runtime/program/CompiledKernel.h"
#include "runtime/program/Plan.h"
#include "runtime/trace/Graph.h"

#include <span>

namespace jit {

/// Section `plan`. Deterministic.
std::vector<std::byte> plan_to_bytes(const Plan &plan);

/// The plan of a program for the graph. Safe on any bytes: whatever is read, running the plan
/// computes no address outside of the graph's inputs and outputs, its constants and its arena, as
/// long as its kernels compute none and indices are as the graph's ops check them.
Result<Plan> plan_from_bytes(std::span<const std::byte> bytes, const Graph &graph);

/// Sections `kernels` and `code`.
struct KernelBytes {
  std::vector<std::byte> kernels, code;
};
KernelBytes kernels_to_bytes(const PlanKernels &kernels);

/// A kernel of a file: all but its addresses.
struct StoredKernel {
  std::vector<std::string> names; ///< in the plan
  std::string key;
  CompiledKernel kernel;
  bool has_update = false, has_parts = false;
  std::uint64_t place = 0, bytes = 0; ///< in section `code`
  std::vector<std::uint64_t> entries; ///< offsets in there of function, update and parts
};
/// Safe on any bytes: places lie inside `code_bytes`, and scratch memory can be computed.
Result<std::vector<StoredKernel>> kernels_from_bytes(std::span<const std::byte> bytes,
                                                     std::size_t code_bytes);

} // namespace jit
