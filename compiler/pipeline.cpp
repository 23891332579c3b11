// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The whole front half, in the order of its phases. Passes can be switched off by their names.
#include "compiler/Pipeline.h"
#include "compiler/Planner.h"
#include "compiler/import/Import.h"
#include "passes/Passes.h"
#include "runtime/base/PassNames.h"
#include "runtime/jit/PeakMemory.h"

#include <mlir/IR/Verifier.h>

#include <algorithm>

using namespace mlir;

namespace jit {

std::unique_ptr<MLIRContext> make_context() {
  auto context = std::make_unique<MLIRContext>(MLIRContext::Threading::DISABLED);
  context->loadDialect<trace::TraceDialect, kernel::KernelDialect>();
  return context;
}

namespace {

class Front {
public:
  Front(const CompileOptions &options, std::string_view last) : options(options), last(last) {}

  void pass(PassName name, llvm::function_ref<void(trace::FuncOp)> run) const {
    if (std::ranges::find(options.disabled_passes, name.text) == options.disabled_passes.end())
      run(program);
  }

  /// Ends a phase; true if it was the last one or left wrong IR.
  bool done(std::string_view phase, Planned &planned) const {
    if (options.verify && failed(verify(*planned.module)))
      planned.message = "wrong IR after phase " + std::string(phase);
    return phase == last || !planned.message.empty();
  }

  trace::FuncOp program;

private:
  const CompileOptions &options;
  std::string_view last;
};

} // namespace

static std::uint32_t count_kernels(const Graph &graph) {
  return static_cast<std::uint32_t>(std::ranges::count_if(
      graph.values, [](const GraphValue &value) { return !value.view && value.meta->size > 0; }));
}

// `turn`: as for lift; false afterwards if nothing was copied.
static Planned run_phases(MLIRContext &context, const Graph &graph, const CompileOptions &options,
                          std::string_view last, std::size_t peak_bytes, bool &turn) {
  Planned planned;
  Front front(options, last);
  // Verifiers report through the context; their text becomes the message.
  ScopedDiagnosticHandler handler(&context, [&](Diagnostic &diagnostic) {
    planned.message += (planned.message.empty() ? "" : "; ") + diagnostic.str();
    return success();
  });

  planned.module = import_graph(&context, graph);
  front.program = *planned.module->getOps<trace::FuncOp>().begin();
  if (front.done("trace", planned))
    return planned;

  front.pass("simplify", simplify);
  front.pass("fold", fold);
  front.pass("cse", cse);
  front.pass("dce", dce);
  if (front.done("simplified", planned))
    return planned;

  front.pass("layout", layout);
  if (front.done("laidout", planned))
    return planned;

  front.pass("expand-rows", expand_rows);
  front.pass("cse", cse);
  turn = lift(front.program, turn);
  front.pass("dce", dce);
  front.pass("fuse", [&](trace::FuncOp program) {
    fuse_within(program, static_cast<std::int64_t>(peak_bytes));
  });
  dissolve_joins(front.program);
  cut(front.program);
  front.pass("merge-axes", merge_axes);
  front.pass("keep", keep);
  if (front.done("fused", planned))
    return planned;

  planned.plan = make_plan(front.program, options.donated);
  planned.plan.kernels_before = count_kernels(graph);
  front.program.erase();
  front.done("planned", planned);
  return planned;
}

static std::size_t peak_of_plan(const Graph &graph, const Plan &plan) {
  ProgramInfo info;
  info.arena_bytes = plan.arena_bytes;
  info.donated_input = plan.donated_input;
  return peak_of_program(graph, info);
}

Planned run_front(MLIRContext &context, const Graph &graph, const CompileOptions &options,
                  std::string_view last) {
  const std::size_t by_ops = peak_of_ops(graph), allowed = by_ops + options.memory_budget;
  bool turn = true;
  Planned planned = run_phases(context, graph, options, last, allowed, turn);
  const auto holds_more_than = [&](std::size_t bytes) {
    return last == "planned" && planned.message.empty() &&
           peak_of_plan(graph, planned.plan) > bytes;
  };
  // Copies of what lies in columns are memory that ops do not take.
  if (turn && holds_more_than(allowed)) {
    turn = false;
    planned = run_phases(context, graph, options, last, allowed, turn);
  }
  // Gaps between blocks, and what the model of fusion does not know.
  if (holds_more_than(allowed))
    planned = run_phases(context, graph, options, last, by_ops, turn);
  if (holds_more_than(allowed + allowed / 8)) {
    CompileOptions unfused = options;
    unfused.disabled_passes.push_back("fuse");
    planned = run_phases(context, graph, unfused, last, by_ops, turn);
  }
  return planned;
}

std::string front_text(Planned &planned, std::string_view phase) {
  std::string text = phase == "planned" ? to_string(planned.plan) : "";
  llvm::raw_string_ostream stream(text);
  planned.module->print(stream);
  return text;
}

} // namespace jit
