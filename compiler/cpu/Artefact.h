// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From traces to an object file that other programs link.
#pragma once

#include "compiler/cpu/Engine.h"
#include "runtime/jit/Compiler.h"

#include <mlir/IR/MLIRContext.h>

namespace jit::cpu {

/// `portable` makes code for any x86-64, but for functions that say what they need.
Artefact make_artefact(Engine &portable, mlir::MLIRContext &context,
                       std::span<const ArtefactFunction> functions, std::span<const Isa> isas);

} // namespace jit::cpu
