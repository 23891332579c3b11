// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A kernel that can be run, and how its units are shared among threads.
#pragma once

#include "runtime/program/CodeMapping.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace jit {

/// Lowering.h says what the arguments are.
using KernelFunction = void(std::byte *const *buffers, const std::uint64_t *scalars,
                            std::int64_t begin, std::int64_t end, std::byte *scratch);

/// Units are independent, so no number here can change a bit.
struct CompiledKernel {
  KernelFunction *function = nullptr;
  std::int64_t units = 1;
  std::int64_t grain = 1;        ///< units of a chunk
  std::int64_t range = 1;        ///< units that are worth a thread
  std::size_t scratch_bytes = 0; ///< of a chunk, a multiple of 64
  /// Runs instead of `function` when an output lies where an input does, if there is one.
  KernelFunction *update = nullptr;
  /// Runs first, on the scratch of the one chunk: partial results of long rows.
  KernelFunction *parts = nullptr;
  std::int64_t part_units = 0, part_grain = 1;
  std::int64_t chunks() const {
    return units <= grain ? units > 0 : (units + grain - 1) / grain; // a division is slow
  }
};

/// A kernel and the memory that its code lies in.
struct KernelCode {
  std::string key; ///< all that decides about the code
  CompiledKernel kernel;
  std::shared_ptr<const CodeMapping> mapping;
  std::size_t bytes = 0; ///< of its blob
  std::size_t blob = 0;  ///< which of the mapping's it is

  std::span<const std::byte> code() const { return {mapping->place(blob), bytes}; }
};

/// The kernels of a program by the names in its plan; equal ones are one.
using PlanKernels = std::map<std::string, std::shared_ptr<const KernelCode>>;

} // namespace jit
