// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The compiler that libtracejit opens: front half, then the x86 back end.
#include "compiler/cpu/Backend.h"
#include "runtime/base/Version.h"
#include "runtime/jit/CompilerNote.h"

#include <llvm/Support/raw_ostream.h>

#include <chrono>

namespace jit {
namespace {

class TheCompiler final : public Compiler {
public:
  TheCompiler() : context(make_context()) {}

  CompileResult compile(const Graph &graph, const CompileOptions &options) override {
    const auto start = std::chrono::steady_clock::now();
    CompileResult result;
    cpu::LoweredKernels lowered;
    Planned planned;
    cpu::Engine *engine = lower(graph, options, planned, lowered, result.message);
    if (!engine)
      return result;
    std::vector<std::string> names;
    for (const auto &[name, kernel] : lowered.kernels) {
      names.push_back(name);
      if (kernel.part_units > 0)
        names.push_back(name + ".parts");
      if (kernel.may_update)
        names.push_back(name + ".update");
    }
    std::unique_ptr<cpu::Code> code;
    if (!names.empty()) {
      code = engine->compile(*lowered.module, names, result.message);
      if (!code)
        return result;
      std::size_t k = 0;
      for (auto &[name, kernel] : lowered.kernels) {
        kernel.function = reinterpret_cast<cpu::KernelFunction *>(code->functions[k++]);
        if (kernel.part_units > 0)
          kernel.parts = reinterpret_cast<cpu::KernelFunction *>(code->functions[k++]);
        if (kernel.may_update)
          kernel.update = reinterpret_cast<cpu::KernelFunction *>(code->functions[k++]);
      }
    }
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    result.program =
        std::make_unique<cpu::CpuProgram>(std::move(planned.plan), std::move(lowered.kernels),
                                          std::move(code), options.isa, took.count());
    return result;
  }

  bool dump(const Graph &graph, const CompileOptions &options, std::string_view stage,
            std::string &text) override {
    for (std::string_view phase : front_phases)
      if (phase == stage) {
        Planned planned = run_front(*context, graph, options, phase);
        text = planned.message.empty() ? front_text(planned, phase) : planned.message;
        return planned.message.empty();
      }
    if (stage != "llvm" && stage != "asm") {
      text = "unknown stage: " + std::string(stage);
      return false;
    }
    cpu::LoweredKernels lowered;
    Planned planned;
    cpu::Engine *engine = lower(graph, options, planned, lowered, text);
    if (!engine)
      return false;
    text.clear();
    if (stage == "asm")
      text = engine->assembly(*lowered.module);
    else
      llvm::raw_string_ostream(text) << *lowered.module;
    return true;
  }

private:
  /// Everything up to LLVM IR; null and a message if it failed.
  cpu::Engine *lower(const Graph &graph, const CompileOptions &options, Planned &planned,
                     cpu::LoweredKernels &lowered, std::string &message) {
    std::unique_ptr<cpu::Engine> &engine = engines[options.isa == Isa::v4];
    if (!engine)
      engine = cpu::Engine::create(options.isa, message);
    if (!engine)
      return nullptr;
    planned = run_front(*context, graph, options);
    message = planned.message;
    if (message.empty())
      message = cpu::lower_kernels(planned, *engine, options.verify, lowered);
    return message.empty() ? engine.get() : nullptr;
  }

  std::unique_ptr<mlir::MLIRContext> context;
  std::unique_ptr<cpu::Engine> engines[2]; ///< by ISA, made when first asked for
};

} // namespace
} // namespace jit

extern "C" {
[[gnu::visibility("default")]] jit::Compiler *tracejit_create_compiler();
}
jit::Compiler *tracejit_create_compiler() { return new jit::TheCompiler; }
TRACEJIT_COMPILER_NOTE(jit::library_version);
