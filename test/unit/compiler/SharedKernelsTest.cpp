// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Equal kernels are compiled once, whichever program they belong to.
#include "test/unit/compiler/GraphBuilder.h"

#include <gtest/gtest.h>

namespace jit::test {
namespace {

constexpr DType f32 = DType::f32;

/// Layers of a matmul and what follows it; `width` makes the kernels those of this test alone.
Graph layers(int count, std::int64_t width) {
  GraphBuilder g;
  OperandCode x = g.input(f32, {5, width});
  for (int layer = 0; layer < count; ++layer) {
    const OperandCode w = g.input(f32, {width, width});
    const OperandCode y = g.op(OpKind::matmul, {x, w});
    x = g.op(OpKind::add, {g.op(OpKind::tanh, {g.op(OpKind::multiply, {y, y})}), x});
  }
  g.output(x);
  return g.graph;
}

CompileResult compile(const Graph &graph, Isa isa = Isa::v3) {
  CompileOptions options;
  options.target.isa = isa;
  options.verify = true;
  CompileResult result = compiler().compile(graph, options);
  EXPECT_TRUE(result.program) << result.message;
  return result;
}

TEST(SharedKernels, EqualLayersAreOneKernel) {
  const CompileResult one = compile(layers(24, 11));
  EXPECT_GE(one.program->info().kernels_after, 24u);
  EXPECT_EQ(one.program->info().kernels_compiled, 1u);
  const CompileResult two = compile(layers(30, 11));
  EXPECT_EQ(two.program->info().kernels_compiled, 0u);
  EXPECT_EQ(two.program->info().code_bytes, one.program->info().code_bytes);
  expect_compiled_equals_eager(layers(7, 11));
}

TEST(SharedKernels, AnotherIsaOrExtentIsAnotherKernel) {
  EXPECT_EQ(compile(layers(2, 12)).program->info().kernels_compiled, 1u);
  EXPECT_EQ(compile(layers(2, 13)).program->info().kernels_compiled, 1u);
  if (active_isa() == Isa::v4)
    EXPECT_EQ(compile(layers(2, 12), Isa::v4).program->info().kernels_compiled, 1u);
}

TEST(SharedKernels, CodeOutlivesTheProgramThatMadeIt) {
  CompileResult one = compile(layers(3, 14));
  const CompileResult two = compile(layers(4, 14));
  EXPECT_EQ(two.program->info().kernels_compiled, 0u);
  one.program.reset();
  expect_compiled_equals_eager(layers(4, 14));
}

/// A module holds eight kernels at most: the seams between modules must not show.
TEST(SharedKernels, ManyDifferentKernels) {
  GraphBuilder g;
  for (std::int64_t n = 40; n < 60; ++n)
    g.output(g.op(OpKind::exp, {g.op(OpKind::tanh, {g.input(f32, {n, 3})})}));
  const CompileResult result = compile(g.graph);
  EXPECT_EQ(result.program->info().kernels_compiled, 20u);
  expect_compiled_equals_eager(g.graph);
}

} // namespace
} // namespace jit::test
