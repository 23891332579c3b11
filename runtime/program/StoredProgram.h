// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiled programs as files: a container of the key, the plan, its kernels and their code.
#pragma once

#include "runtime/base/Result.h"
#include "runtime/program/KernelCache.h"
#include "runtime/program/PlannedProgram.h"
#include "runtime/trace/Graph.h"

#include <string_view>

namespace jit {

/// Equal programs with equal keys give equal bytes. Empty: the program is too large for a file.
std::vector<std::byte> program_to_file(std::string_view key, const PlannedProgram &program);

/// The program that was written with this key, for this graph. Kernels that `known` has are shared,
/// the others are added. Executes nothing; what comes back is as trusted as the file is.
Result<std::unique_ptr<PlannedProgram>> program_from_file(std::span<const std::byte> file,
                                                          const std::string &name,
                                                          std::string_view key, const Graph &graph,
                                                          Isa isa, KernelCache &known);

} // namespace jit
