// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiler: what libtracejit-compiler plugs in. No LLVM type appears here.
#pragma once

#include "runtime/base/ScheduleFields.h"
#include "runtime/base/Sha256.h"
#include "runtime/kernels/Target.h"
#include "runtime/program/KernelCache.h"
#include "runtime/program/Program.h"
#include "runtime/trace/Graph.h"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jit {
namespace gpu {
struct GpuCode;
}

struct Impl;

struct CompileOptions {
  Target target;
  std::vector<std::string> disabled_passes; ///< names as in Passes.td
  bool verify = false;                      ///< run the verifiers at phase boundaries
  /// Bytes that temporaries and outputs may take above what the ops hold one by one. Fusion keeps
  /// launches apart for it, and no bit depends on it.
  std::size_t memory_budget = std::size_t{1} << 20;
  ScheduleChanges schedule; ///< what is set by hand; no bit depends on it
  /// Which input an output is to take the memory of, where that can be; the others go as they come.
  std::map<std::uint32_t, std::uint32_t> donated = {};
  /// Kernels that there are already, and where new ones go; null: those of this compiler.
  KernelCache *kernels = nullptr;
};

struct CompileResult {
  std::unique_ptr<Program> program; ///< null: `message` says why
  std::string message;
  /// Of a program for a GPU: what it was loaded from. Without a device, but with its capability in
  /// the target, there is this alone.
  std::shared_ptr<const gpu::GpuCode> gpu = nullptr;
};

/// One trace of a file that is compiled ahead. docs/offline.md says what the file shows.
struct ArtefactFunction {
  const Graph *graph = nullptr;
  CompileOptions options; ///< all but the instruction set
  std::string name;       ///< a C identifier, the beginning of all names that are shown
  std::string info;       ///< what NAME_info says
  /// Inputs that become part of the file: ready tensors that look like the inputs.
  std::map<std::uint32_t, const Impl *> constants;
  /// Where they lie in a file of weights, if there is one (`bytes` > 0): the byte of their lowest
  /// address. The code then has one more input behind the others.
  struct Weights {
    std::uint64_t bytes = 0;
    Digest digest{};
    std::map<std::uint32_t, std::uint64_t> places = {};
  } weights = {};
};
struct Artefact {
  std::vector<char> object;  ///< an ELF object; empty: `message` says why
  std::vector<char> archive; ///< with the object in it
  bool needs_rt = false;     ///< it is to be linked with libtracejit-rt
  std::string message;
};

/// Used by one thread at a time, the compile thread. Never throws.
class Compiler {
public:
  virtual ~Compiler() = default;
  virtual CompileResult compile(const Graph &graph, const CompileOptions &options) = 0;

  /// An object that other programs link, for one or two instruction sets, the least first. The same
  /// functions give the same bytes, on any machine.
  virtual Artefact artefact(std::span<const ArtefactFunction>, std::span<const Isa>) {
    return {{}, {}, false, "this compiler makes no files"};
  }

  /// Text of the graph after a phase: trace, simplified, laidout, fused, planned,
  /// scheduled, llvm, asm.
  /// Returns false and an error message in `text` for an unknown stage or a failure.
  virtual bool dump(const Graph &graph, const CompileOptions &options, std::string_view stage,
                    std::string &text) = 0;
};

/// The symbol that the compiler library exports (C linkage); it makes the one compiler of the
/// process. The interface above is C++ and may change with any version, so only a library whose
/// CompilerNote has our library_version is used.
using CreateCompiler = Compiler *();
inline constexpr const char *create_compiler_symbol = "tracejit_create_compiler";

} // namespace jit
