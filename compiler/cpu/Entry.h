// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Entry: the C functions that a compiled file shows for one trace, around the bodies.
// docs/offline.md says what they do; everything else in the file is local to it.
#pragma once

#include "compiler/cpu/EntryBody.h"
#include "runtime/jit/Compiler.h"
#include "runtime/trace/Demands.h"

#include <string>
#include <vector>

namespace jit::cpu {

struct EntryFunction {
  std::string name; ///< a C identifier, the beginning of all names that are shown
  std::string info; ///< text of NAME_info
  const Graph *graph = nullptr;
  std::vector<EntryInput> inputs; ///< by input of the graph
  Demands demands;                ///< of what the caller gives
  ArtefactFunction::Weights weights;
  std::map<std::uint32_t, std::uint32_t> donated; ///< input by output
  std::vector<LoweredPlan> plans;                 ///< one for each instruction set, the least first
};

/// Adds them to the module. An empty message, or why it cannot be done.
std::string emit_entry(EntryParts &parts, const EntryFunction &function);

} // namespace jit::cpu
