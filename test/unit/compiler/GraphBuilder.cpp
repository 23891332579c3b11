// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Graphs by hand, their eager meaning, and the comparison with compiled programs.
#include "test/unit/compiler/GraphBuilder.h"
#include "runtime/program/StoredProgram.h"

#include "runtime/kernels/ThreadPool.h"
#include "runtime/tensor/Arena.h"

#include <gtest/gtest.h>

extern "C" jit::Compiler *tracejit_create_compiler();

namespace jit::test {

Compiler &compiler() {
  static std::unique_ptr<Compiler> the(tracejit_create_compiler());
  return *the;
}

OperandCode GraphBuilder::op(OpKind kind, std::vector<OperandCode> operands, AttrWords attrs) {
  std::vector<OperandType> types;
  for (OperandCode operand : operands)
    types.push_back(graph.type_of(operand));
  Inferred inferred;
  const auto error = infer({kind, attrs, types}, inferred);
  EXPECT_FALSE(error) << *error;
  GraphOp made;
  made.op = kind;
  made.attrs = intern_attr(attrs);
  made.operands = std::move(operands);
  made.first_value = static_cast<std::uint32_t>(graph.values.size());
  made.results = inferred.count;
  for (unsigned k = 0; k < inferred.count; ++k) {
    const ResultType &type = inferred.results[k];
    graph.values.push_back({intern_meta(type.dtype, type.dims, type.strides),
                            static_cast<std::uint32_t>(graph.ops.size()), type.view});
  }
  graph.ops.push_back(std::move(made));
  return {OperandCode::value, graph.ops.back().first_value};
}

std::vector<Memory> random_inputs(const Graph &graph, unsigned seed) {
  std::vector<Memory> inputs;
  for (const Meta *meta : graph.inputs) {
    inputs.emplace_back(meta->dtype, static_cast<std::size_t>(meta->size));
    inputs.back().fill(seed++);
  }
  return inputs;
}

std::vector<Memory> run_eagerly(const Graph &graph, std::vector<Memory> &inputs,
                                const std::vector<Scalar> &numbers) {
  std::vector<Memory> values;
  std::vector<std::byte *> data;
  values.reserve(graph.values.size());
  for (const GraphValue &value : graph.values)
    values.emplace_back(value.meta->dtype, static_cast<std::size_t>(value.meta->size));
  for (Memory &value : values)
    data.push_back(value.first());
  for (const GraphOp &op : graph.ops) {
    std::vector<KernelOperand> operands;
    for (OperandCode code : op.operands)
      switch (code.kind()) {
      case OperandCode::value:
        operands.push_back({graph.meta_of(code), data[code.index()]});
        break;
      case OperandCode::input:
        operands.push_back({graph.meta_of(code), inputs[code.index()].first()});
        break;
      case OperandCode::scalar:
        operands.push_back({nullptr, nullptr, numbers[code.index()]});
        break;
      }
    if (graph.values[op.first_value].view) {
      data[op.first_value] = const_cast<std::byte *>(operands[0].data);
      continue;
    }
    std::vector<KernelResult> results;
    for (unsigned k = 0; k < op.results; ++k)
      results.push_back({graph.values[op.first_value + k].meta, data[op.first_value + k]});
    EXPECT_TRUE(run_kernel({op.op, op.attrs->words, operands, results}));
  }
  std::vector<Memory> outputs;
  for (std::uint32_t output : graph.outputs)
    outputs.push_back(values[output]);
  return outputs;
}

static void run_and_compare(const Program &program, const Graph &graph,
                            const std::vector<Scalar> &numbers,
                            const std::vector<Memory> &expected) {
  std::vector<Memory> inputs = random_inputs(graph), outputs;
  for (const Memory &memory : expected)
    outputs.emplace_back(memory.dtype, memory.elements);
  std::vector<std::byte *> input_pointers, output_pointers;
  for (Memory &memory : inputs)
    input_pointers.push_back(memory.first());
  for (Memory &memory : outputs)
    output_pointers.push_back(memory.first());
  Memory arena(DType::u8, program.info().arena_bytes);
  arena::set_allocation_failure(1); // whatever a run needs has been reserved
  program.run({input_pointers, numbers, output_pointers, arena.first()});
  arena::set_allocation_failure(0);
  for (std::size_t i = 0; i < 128; ++i)
    ASSERT_EQ(arena.first()[arena.elements + i], std::byte{0}) << "wrote behind the arena";
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    const std::size_t size = itemsize(outputs[k].dtype);
    Memory want = expected[k];
    for (std::size_t i = 0; i < outputs[k].elements; ++i)
      ASSERT_TRUE(same(outputs[k].dtype, output_pointers[k] + i * size, want.first() + i * size))
          << "output " << k << " element " << i;
    for (std::size_t i = 0; i < 128; ++i)
      ASSERT_EQ(output_pointers[k][outputs[k].elements * size + i], std::byte{0})
          << "wrote behind output " << k;
  }
}

/// The same program as another process would read it from a file.
static std::unique_ptr<Program> store_and_load(const Program &program, const Graph &graph,
                                               Isa isa) {
  const std::vector<std::byte> file =
      program_to_file("key", dynamic_cast<const PlannedProgram &>(program));
  KernelCache kernels;
  Result<std::unique_ptr<PlannedProgram>> loaded =
      program_from_file(file, "test", "key", graph, isa, kernels);
  EXPECT_TRUE(loaded) << loaded.message();
  if (!loaded)
    return nullptr;
  EXPECT_EQ(program_to_file("key", **loaded), file);
  EXPECT_EQ((*loaded)->info().arena_bytes, program.info().arena_bytes);
  EXPECT_EQ((*loaded)->info().donated_input, program.info().donated_input);
  return std::move(*loaded);
}

std::unique_ptr<Program> expect_compiled_equals_eager(const Graph &graph,
                                                      const std::vector<Scalar> &numbers) {
  std::vector<Memory> inputs = random_inputs(graph);
  const std::vector<Memory> expected = run_eagerly(graph, inputs, numbers);
  std::unique_ptr<Program> program;
  const int threads_before = thread_count();
  for (Isa isa : {Isa::v3, Isa::v4}) {
    if (!isa_supported(isa))
      continue;
    CompileOptions options;
    options.target.isa = isa;
    options.verify = true;
    CompileResult result = compiler().compile(graph, options);
    EXPECT_TRUE(result.program) << result.message;
    if (!result.program)
      return nullptr;
    for (int threads : {1, 2, 4}) {
      force_thread_count(threads);
      SCOPED_TRACE(testing::Message()
                   << "isa v" << (isa == Isa::v4 ? 4 : 3) << ", " << threads << " threads");
      run_and_compare(*result.program, graph, numbers, expected);
    }
    SCOPED_TRACE("read from a file");
    force_thread_count(threads_before); // which decides about scratch
    if (const auto loaded = store_and_load(*result.program, graph, isa))
      run_and_compare(*loaded, graph, numbers, expected);
    program = std::move(result.program);
  }
  force_thread_count(threads_before);
  return program;
}

} // namespace jit::test
