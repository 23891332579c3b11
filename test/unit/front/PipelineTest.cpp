// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From a recorded path to a plan, with the verifiers on after every phase.
#include "compiler/Pipeline.h"
#include "passes/Passes.h"
#include "runtime/base/PassNames.h"

#include <gtest/gtest.h>

namespace jit {
namespace {

using Code = OperandCode;

struct Pipeline : testing::Test {
  const Meta *f32(DimList dims) { return intern_contiguous(DType::f32, dims); }

  /// Appends an op; its result types come from the op table.
  Code add(OpKind op, std::vector<Code> operands, AttrWords attrs = {}) {
    std::vector<OperandType> types;
    for (const Code code : operands)
      types.push_back(graph.type_of(code));
    Inferred inferred;
    const auto message = infer({op, attrs, types}, inferred);
    EXPECT_FALSE(message) << *message;
    const auto number = static_cast<std::uint32_t>(graph.ops.size());
    const auto first = static_cast<std::uint32_t>(graph.values.size());
    graph.ops.push_back({op,
                         attrs.empty() ? nullptr : intern_attr(attrs),
                         operands,
                         first,
                         inferred.count,
                         {"user.cpp", number + 1}});
    for (std::uint8_t i = 0; i < inferred.count; ++i) {
      const ResultType &type = inferred.results[i];
      graph.values.push_back({intern_meta(type.dtype, type.dims, type.strides), number, type.view});
    }
    return {Code::value, first};
  }

  Planned run(std::vector<std::string> disabled = {}) {
    CompileOptions options;
    options.verify = true;
    options.disabled_passes = std::move(disabled);
    Planned planned = run_front(*context, graph, options);
    EXPECT_EQ(planned.message, "");
    return planned;
  }

  std::unique_ptr<mlir::MLIRContext> context = make_context();
  Graph graph;
};

TEST_F(Pipeline, ChainIsOneKernelAndMayTakeItsInput) {
  graph.inputs = {f32({8, 6}), f32({6})};
  graph.scalars = {ScalarKind::floating};
  const Code sum = add(OpKind::add, {{Code::input, 0}, {Code::input, 1}});
  const Code half = add(OpKind::multiply, {sum, {Code::scalar, 0}});
  add(OpKind::gelu, {half});
  graph.outputs = {2};
  const Planned planned = run();
  ASSERT_EQ(planned.plan.steps.size(), 1u);
  EXPECT_EQ(planned.plan.steps[0].ops, (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_EQ(planned.plan.donated_input, std::vector<std::int32_t>{0});
  EXPECT_EQ(planned.plan.cells, (std::vector<Cell>{{0, DType::f32}}));
  EXPECT_EQ(planned.plan.kernels_before, 3u);
  EXPECT_EQ(planned.plan.arena_bytes, 0u);
}

TEST_F(Pipeline, WithoutFusionTemporariesShareTheArena) {
  graph.inputs = {f32({100})};
  Code value{Code::input, 0};
  for (int i = 0; i < 6; ++i)
    value = add(OpKind::exp, {value});
  graph.outputs = {5};
  const Planned planned = run({"fuse"});
  EXPECT_EQ(planned.plan.steps.size(), 6u);
  EXPECT_EQ(planned.plan.arena_bytes, 448u); // in place: one block
}

TEST_F(Pipeline, MixedTypesAreConverted) {
  graph.inputs = {intern_contiguous(DType::i64, DimList{5}), f32({5})};
  add(OpKind::add, {{Code::input, 0}, {Code::input, 1}});
  add(OpKind::less, {{Code::value, 0}, {Code::input, 0}});
  graph.outputs = {1};
  EXPECT_EQ(run().plan.steps.size(), 1u);
  EXPECT_EQ(run({pass_names.begin(), pass_names.end()}).plan.steps.size(), 4u);
}

// The pipeline takes no other names.
TEST_F(Pipeline, PassNamesAreThoseOfTheRecords) {
  registerTracejitPasses();
  for (const std::string_view name : pass_names)
    EXPECT_NE(mlir::PassInfo::lookup(name), nullptr) << name;
}

TEST_F(Pipeline, ReturnedInputsAndEmptyTensorsWork) {
  graph.inputs = {f32({0, 3})};
  add(OpKind::exp, {{Code::input, 0}});
  graph.outputs = {0};
  EXPECT_EQ(run().plan.steps.size(), 0u);
}

TEST_F(Pipeline, EveryPhaseHasText) {
  graph.inputs = {f32({4})};
  add(OpKind::exp, {{Code::input, 0}});
  graph.outputs = {0};
  for (const std::string_view phase : front_phases) {
    CompileOptions options;
    options.verify = true;
    Planned planned = run_front(*context, graph, options, phase);
    EXPECT_EQ(planned.message, "");
    EXPECT_NE(front_text(planned, phase).find("exp"), std::string::npos) << phase;
  }
}

} // namespace
} // namespace jit
