// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The compiler that libtracejit opens: front half, then the back end of the target.
#include "compiler/cpu/Artefact.h"
#include "compiler/cpu/CompileKernels.h"
#include "compiler/cuda/CompilePlan.h"
#include "runtime/base/Version.h"
#include "runtime/jit/CompilerNote.h"
#include "runtime/program/PlannedProgram.h"

#include <llvm/Support/raw_ostream.h>

#include <chrono>

namespace jit {
namespace {

class TheCompiler final : public Compiler {
public:
  TheCompiler() : context(make_context()) {}

  CompileResult compile(const Graph &graph, const CompileOptions &options) override {
    const auto start = std::chrono::steady_clock::now();
    const auto since_start = [&] {
      return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start)
          .count();
    };
    CompileResult result;
    if (options.target.gpu.capability != 0) {
      Planned planned = run_front(*context, graph, options);
      result.message = planned.message;
      if (result.message.empty())
        plan_compiler.compile(std::move(planned), options.target.gpu, since_start(), result);
      return result;
    }
    cpu::Engine *engine = engine_for(options.target.isa, result.message);
    if (!engine)
      return result;
    Planned planned = run_front(*context, graph, options);
    result.message = planned.message;
    PlanKernels kernels;
    cpu::KernelCompiler compile(*engine, options.kernels ? *options.kernels : cache,
                                options.verify);
    if (result.message.empty())
      result.message = compile.run(planned, options, kernels);
    if (!result.message.empty())
      return result;
    result.program =
        std::make_unique<PlannedProgram>(std::move(planned.plan), std::move(kernels),
                                         options.target.isa, compile.compiled(), since_start());
    return result;
  }

  Artefact artefact(std::span<const ArtefactFunction> functions,
                    std::span<const Isa> isas) override {
    Artefact failed;
    if (!portable)
      portable = cpu::Engine::create(std::nullopt, failed.message);
    return portable ? cpu::make_artefact(*portable, *context, functions, isas) : failed;
  }

  bool dump(const Graph &graph, const CompileOptions &options, std::string_view stage,
            std::string &text) override {
    for (std::string_view phase : front_phases)
      if (phase == stage) {
        Planned planned = run_front(*context, graph, options, phase);
        text = planned.message.empty() ? front_text(planned, phase) : planned.message;
        return planned.message.empty();
      }
    if (stage == "cuda") {
      const Planned planned = run_front(*context, graph, options);
      text = planned.message;
      if (!text.empty())
        return false;
      gpu::PlanText cuda = gpu::text_of(planned, gpu::Prelude::nvrtc);
      text = cuda.failure.empty() ? std::move(cuda.text) : std::move(cuda.failure);
      return cuda.failure.empty();
    }
    if (stage == "scheduled") {
      const Planned planned = run_front(*context, graph, options);
      const std::string failure =
          planned.message.empty() ? cpu::show_schedules(planned, options, text) : planned.message;
      text = failure.empty() ? text : failure;
      return failure.empty();
    }
    if (stage != "llvm" && stage != "asm") {
      text = "unknown stage: " + std::string(stage);
      return false;
    }
    cpu::Engine *engine = engine_for(options.target.isa, text);
    if (!engine)
      return false;
    const Planned planned = run_front(*context, graph, options);
    const std::unique_ptr<llvm::Module> module = engine->make_module("program");
    text = planned.message;
    if (text.empty())
      text = cpu::lower_all(planned, options, *module);
    if (!text.empty())
      return false;
    if (stage == "asm")
      text = engine->assembly(*module);
    else
      llvm::raw_string_ostream(text) << *module;
    return true;
  }

private:
  cpu::Engine *engine_for(Isa isa, std::string &message) {
    std::unique_ptr<cpu::Engine> &engine = engines[isa == Isa::v4];
    if (!engine)
      engine = cpu::Engine::create(isa, message);
    return engine.get();
  }

  std::unique_ptr<mlir::MLIRContext> context;
  std::unique_ptr<cpu::Engine> engines[2]; ///< by ISA, made when first asked for
  std::unique_ptr<cpu::Engine> portable;   ///< of files that are compiled ahead
  KernelCache cache;
  gpu::PlanCompiler plan_compiler;
};

} // namespace
} // namespace jit

extern "C" {
[[gnu::visibility("default")]] jit::Compiler *tracejit_create_compiler();
}
jit::Compiler *tracejit_create_compiler() { return new jit::TheCompiler; }
TRACEJIT_COMPILER_NOTE(jit::library_version);
