// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The front half of the compiler: from a recorded path to a plan and its kernels.
#pragma once

#include "runtime/jit/Compiler.h"
#include "runtime/program/Plan.h"

#include <mlir/IR/BuiltinOps.h>
#include <mlir/IR/OwningOpRef.h>

#include <memory>
#include <string_view>

namespace jit {

/// Phases in order; the back end adds llvm, object and asm.
inline constexpr std::string_view front_phases[] = {"trace", "simplified", "laidout", "fused",
                                                    "planned"};

struct Planned {
  mlir::OwningOpRef<mlir::ModuleOp> module; ///< kernels, by name
  Plan plan;                                ///< empty unless the last phase was reached
  std::string message;                      ///< not empty: it failed, and why
};

/// A context with our dialects; make one a process (it costs milliseconds).
std::unique_ptr<mlir::MLIRContext> make_context();

/// Runs the phases up to `last` (one of front_phases). A plan that holds more than its budget is
/// made again without copies of what lies in columns, then with fewer merges, and if that is too
/// much by an eighth, without any.
Planned run_front(mlir::MLIRContext &context, const Graph &graph, const CompileOptions &options,
                  std::string_view last = "planned");

/// Text of what run_front gave for that phase.
std::string front_text(Planned &planned, std::string_view phase);

} // namespace jit
