// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/unit/jit/InterpretingCompiler.h"

#include "runtime/base/Options.h"
#include "runtime/jit/CompileThread.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/ops/Views.h"
#include "runtime/tensor/Impl.h"

#include <tracejit/trace.h>

#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>

namespace jit::test {

InterpreterHooks &hooks() {
  static InterpreterHooks instance;
  return instance;
}

namespace {

class InterpretedProgram final : public Program {
public:
  explicit InterpretedProgram(Graph g) : graph(std::move(g)) {
    details.kernels_before = details.kernels_after = static_cast<std::uint32_t>(graph.ops.size());
    details.compile_ms = 1;
    details.code_bytes = 64;
    details.donated_input.assign(graph.outputs.size(), -1);
    if (hooks().donate)
      plan_donation();
  }

  bool run(const ProgramCall &call) const noexcept override {
    hooks().ran.fetch_add(1);
    if (const auto tell = hooks().on_run.load())
      tell(graph.ops.size());
    std::vector<std::byte *> places(graph.values.size());
    std::vector<std::unique_ptr<std::byte[]>> blocks;
    for (const GraphOp &op : graph.ops)
      run_op(op, call, places, blocks);
    // Written at the end, so that a donated input is read to the last op.
    for (std::size_t j = 0; j < graph.outputs.size(); ++j) {
      const std::uint32_t v = graph.outputs[j];
      std::memcpy(call.outputs[j], places[v], graph.values[v].meta->bytes());
      if (hooks().wrong && graph.values[v].meta->bytes())
        call.outputs[j][0] ^= std::byte{1};
    }
    return true;
  }

private:
  void plan_donation() {
    std::vector<bool> taken(graph.inputs.size());
    for (std::size_t j = 0; j < graph.outputs.size(); ++j)
      for (std::size_t k = 0; k < graph.inputs.size(); ++k)
        if (!taken[k] && graph.inputs[k] == graph.values[graph.outputs[j]].meta) {
          details.donated_input[j] = static_cast<std::int32_t>(k);
          taken[k] = true;
          break;
        }
  }

  void run_op(const GraphOp &op, const ProgramCall &call, std::vector<std::byte *> &places,
              std::vector<std::unique_ptr<std::byte[]>> &blocks) const {
    std::vector<KernelOperand> operands;
    std::vector<OperandType> types;
    DimList starts;
    for (OperandCode code : op.operands) {
      KernelOperand operand;
      operand.meta = graph.meta_of(code);
      if (code.kind() == OperandCode::scalar) {
        operand.scalar = call.scalars[code.index()];
        if (op.op == OpKind::slice)
          starts.push_back(operand.scalar.as_int());
      } else {
        operand.data =
            code.kind() == OperandCode::value ? places[code.index()] : call.inputs[code.index()];
      }
      operands.push_back(operand);
      types.push_back(graph.type_of(code));
    }
    const AttrWords attrs = op.attrs ? AttrWords(op.attrs->words) : AttrWords();
    if (graph.values[op.first_value].view) {
      const auto bytes = view_offset({op.op, attrs, types}, starts) *
                         static_cast<std::int64_t>(itemsize(operands[0].meta->dtype));
      places[op.first_value] = const_cast<std::byte *>(operands[0].data) + bytes;
      return;
    }
    std::vector<KernelResult> results;
    for (std::uint8_t r = 0; r < op.results; ++r) {
      const Meta *meta = graph.values[op.first_value + r].meta;
      blocks.push_back(std::make_unique<std::byte[]>(meta->bytes() + 128));
      auto address = reinterpret_cast<std::uintptr_t>(blocks.back().get());
      places[op.first_value + r] = blocks.back().get() + (64 - address % 64) % 64;
      results.push_back({meta, places[op.first_value + r]});
    }
    if (!run_kernel({op.op, attrs, operands, results}))
      std::abort();
  }

  Graph graph;
};

class InterpretingCompiler final : public Compiler {
public:
  CompileResult compile(const Graph &graph, const CompileOptions &) override {
    hooks().asked.fetch_add(1);
    std::this_thread::sleep_for(std::chrono::milliseconds(hooks().delay_ms));
    if (hooks().refuse)
      return {nullptr, "refused by the test"};
    hooks().compiled.fetch_add(1);
    return {std::make_unique<InterpretedProgram>(graph), ""};
  }
  bool dump(const Graph &, const CompileOptions &, std::string_view, std::string &text) override {
    text = "nothing to dump";
    return false;
  }
};

} // namespace

std::unique_ptr<Compiler> make_interpreter() { return std::make_unique<InterpretingCompiler>(); }

void plug_in_interpreter() {
  static std::once_flag once;
  std::call_once(once, [] { CompileThread::get().set_compiler(make_interpreter()); });
  Options &options = mutable_options();
  options.trial = options.budget = false;
  options.flush_every = 0;
  options.defer = DeferChoice::on;
  hooks().refuse = hooks().wrong = hooks().donate = false;
  set_mode(Mode::on);
}

bool is_pending(const Tensor &tensor) {
  return detail::Access::impl(tensor)->where.load().state() == Where::pending;
}

} // namespace jit::test
