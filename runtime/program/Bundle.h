// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bundle: functions in one container: their traces, constants, and code for some instruction sets.
#pragma once

#include "runtime/base/Result.h"
#include "runtime/program/Container.h"
#include "runtime/program/KernelCache.h"
#include "runtime/program/PlannedProgram.h"
#include "runtime/trace/Graph.h"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace jit {

/// What a function is called, and its values.
struct BundleNames {
  std::string function;
  std::vector<std::string> inputs, numbers, outputs; ///< inputs: of the graph, constants too
};

struct BundleSource {
  BundleNames names;
  const Graph *graph = nullptr;
  /// By input: its bytes, from the lowest address.
  std::map<std::uint32_t, std::span<const std::byte>> constants;
  /// By instruction set.
  std::map<Isa, const PlannedProgram *> programs;
  /// For GPUs, by compute capability (90: 9.0): files of runtime/cuda/StoredGpuProgram.h.
  std::map<int, std::vector<std::byte>> gpu_code = {};
};
/// Equal functions give equal bytes. A message if one is too large.
TRACEJIT_PRIVATE Result<std::vector<std::byte>>
write_bundle(std::span<const BundleSource> functions);

struct BundleFunction {
  BundleNames names;
  Graph graph;
  std::map<std::uint32_t, std::span<const std::byte>> constants; ///< in the file
  /// For the instruction set that was asked for, or a lower one; null: `why_no_program`.
  std::unique_ptr<PlannedProgram> program;
  std::string why_no_program;
  /// The same as for BundleSource, in the file, their digests not compared.
  std::map<int, Section> gpu_code = {};
};
struct BundleOptions {
  bool code = true;             ///< read programs
  bool verify_constants = true; ///< their digests
  Isa isa = Isa::v3;            ///< the best that the processor has
  std::string table_digest;     ///< in hexadecimal, to be compared; empty: any
};
/// The functions of a file, which has to stay where it is for the constants. Safe on any bytes:
/// code is as trusted as the file is, and nothing of it is executed here. At least one function.
TRACEJIT_PRIVATE Result<std::vector<BundleFunction>> read_bundle(std::span<const std::byte> file,
                                                                 const std::string &name,
                                                                 const BundleOptions &options,
                                                                 KernelCache &kernels);

/// SHA-256 of a bundle's table in hexadecimal. Precondition: it has been read.
TRACEJIT_PRIVATE std::string table_digest(std::span<const std::byte> file);

} // namespace jit
