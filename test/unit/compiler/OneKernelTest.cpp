// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs that gather and join, compiled against eager: nothing is copied that need not be.
#include "test/unit/compiler/GraphBuilder.h"

#include <gtest/gtest.h>

namespace jit::test {
namespace {

constexpr DType f32 = DType::f32, i64 = DType::i64;

/// Places in [-extent, extent) out of any integers.
OperandCode places(GraphBuilder &g, DimList shape) {
  const auto low = g.number(ScalarKind::integer), high = g.number(ScalarKind::integer);
  return g.op(OpKind::clip, {g.input(i64, shape), low, high});
}
std::vector<Scalar> range_of(std::int64_t extent) { return {-extent, extent - 1}; }

OperandCode sum(GraphBuilder &g, OperandCode x, std::int64_t axis) {
  return g.op(OpKind::sum, {x}, SumAttrs{{axis}, true, f32}.encode());
}

/// `count`: kernels and calls of the library.
void expect_kernels(const GraphBuilder &g, const std::vector<Scalar> &numbers, unsigned count) {
  const auto program = expect_compiled_equals_eager(g.graph, numbers);
  ASSERT_TRUE(program);
  EXPECT_EQ(program->info().kernels_after, count);
}

class OneKernel : public testing::TestWithParam<std::int64_t> {
protected:
  const std::int64_t n = GetParam();
};
INSTANTIATE_TEST_SUITE_P(Program, OneKernel, testing::Values(1, 3, 64, 1000, 5003));

TEST_P(OneKernel, TakeIntoElementwise) {
  GraphBuilder g;
  const auto x = g.input(f32, {50, n}), y = g.input(f32, {7, n});
  const auto taken = g.op(OpKind::take, {x, places(g, {7})}, TakeAttrs{0}.encode());
  g.output(g.op(OpKind::exp, {g.op(OpKind::add, {taken, y})}));
  expect_kernels(g, range_of(50), 1);
}

TEST_P(OneKernel, TakeOfElements) {
  GraphBuilder g;
  const auto x = g.input(f32, {n}), y = g.input(f32, {4099});
  const auto taken = g.op(OpKind::take, {x, places(g, {4099})}, TakeAttrs{0}.encode());
  g.output(g.op(OpKind::multiply, {taken, y}));
  expect_kernels(g, range_of(n), 1);
}

TEST_P(OneKernel, TakeOfColumns) {
  GraphBuilder g;
  const auto x = g.input(f32, {n, 20});
  const auto taken = g.op(OpKind::take, {x, places(g, {3, 5})}, TakeAttrs{1}.encode());
  g.output(g.op(OpKind::square, {taken}));
  expect_kernels(g, range_of(20), 1);
}

TEST_P(OneKernel, TakeAlongAxis) {
  for (const std::int64_t axis : {0, 1}) {
    GraphBuilder g;
    const auto x = g.input(f32, {11, n}), b = g.input(f32, {1, n});
    const auto index = places(g, axis == 0 ? DimList{5, n} : DimList{11, 2 * n});
    const auto taken = g.op(OpKind::take_along_axis, {x, index}, TakeAlongAxisAttrs{axis}.encode());
    g.output(axis == 0 ? g.op(OpKind::add, {taken, b}) : g.op(OpKind::negative, {taken}));
    expect_kernels(g, range_of(axis == 0 ? 11 : n), 1);
  }
}

/// The rows of a table, each divided by the root of its mean square.
TEST_P(OneKernel, EmbeddingAndNorm) {
  GraphBuilder g;
  const auto table = g.input(f32, {50, n}), gamma = g.input(f32, {n});
  const auto rows = g.op(OpKind::take, {table, places(g, {9})}, TakeAttrs{0}.encode());
  const auto root = g.op(OpKind::sqrt, {sum(g, g.op(OpKind::square, {rows}), 1)});
  g.output(g.op(OpKind::multiply, {g.op(OpKind::divide, {rows, root}), gamma}));
  expect_kernels(g, range_of(50), 1);
}

/// What is gathered from must be there first.
TEST_P(OneKernel, TakeOfWhatIsComputed) {
  GraphBuilder g;
  const auto x = g.input(f32, {50, n});
  const auto made = g.op(OpKind::tanh, {x});
  g.output(g.op(OpKind::take, {made, places(g, {9})}, TakeAttrs{0}.encode()));
  expect_kernels(g, range_of(50), 2);
}

TEST_P(OneKernel, ConcatOfComputedParts) {
  GraphBuilder g;
  const auto x = g.input(f32, {n, 40}), y = g.input(f32, {n, 20});
  const auto first = g.op(OpKind::exp, {x}), second = g.op(OpKind::tanh, {y});
  g.output(g.op(OpKind::concat, {first, second}, ConcatAttrs{1}.encode()));
  expect_kernels(g, {}, 2);
}

TEST_P(OneKernel, ConcatOfOneComputation) {
  GraphBuilder g;
  const auto x = g.input(f32, {n, 16});
  const auto root = g.op(OpKind::sqrt, {sum(g, g.op(OpKind::square, {x}), 1)});
  const auto unit = g.op(OpKind::divide, {x, root});
  const auto both =
      g.op(OpKind::concat, {unit, g.op(OpKind::negative, {unit}), unit}, ConcatAttrs{0}.encode());
  g.output(unit);
  g.output(both);
  expect_kernels(g, {}, 1);
}

/// A product stores its rows where they will lie; what else is joined is copied there.
TEST_P(OneKernel, ConcatOfAProduct) {
  GraphBuilder g;
  const auto x = g.input(f32, {n, 24}), w = g.input(f32, {24, 40}), b = g.input(f32, {40});
  const auto y = g.input(f32, {n, 5});
  const auto product = g.op(OpKind::matmul, {x, w});
  g.output(g.op(OpKind::concat, {y, product}, ConcatAttrs{1}.encode()));
  const auto relu = g.op(OpKind::relu, {g.op(OpKind::add, {product, b})});
  g.output(g.op(OpKind::concat, {relu, product}, ConcatAttrs{0}.encode()));
  expect_kernels(g, {}, 2);
}

/// A joined value is read, updated in place and returned.
TEST_P(OneKernel, ReadingWhatWasJoined) {
  GraphBuilder g;
  const auto x = g.input(f32, {3, n}), y = g.input(f32, {2, n});
  const auto joined = g.op(OpKind::concat, {g.op(OpKind::exp, {x}), g.op(OpKind::tanh, {y})},
                           ConcatAttrs{0}.encode());
  const auto centered = g.op(OpKind::subtract, {joined, sum(g, joined, 1)});
  g.output(g.op(OpKind::add, {centered, joined}));
  expect_kernels(g, {}, 3);
}

/// What is padded is computed inside only. Behind a border of other numbers, it is reduced.
TEST_P(OneKernel, PadOfWhatIsComputed) {
  for (const DType dtype : {f32, DType::f64, DType::u32, DType::i32}) {
    GraphBuilder g;
    const auto x = g.input(dtype, {60, n}), y = g.input(dtype, {63, n + 5});
    const auto outside = g.number(is_integer(dtype) ? ScalarKind::integer : ScalarKind::floating);
    const auto squared = g.op(OpKind::square, {x});
    const auto padded =
        g.op(OpKind::pad, {squared, outside}, PadAttrs{{1, 5}, {2, 0}, {0, 0}}.encode());
    g.output(g.op(OpKind::subtract, {padded, y}));
    g.output(g.op(OpKind::max, {padded}, MaxAttrs{{1}, false}.encode()));
    const auto program = expect_compiled_equals_eager(g.graph, {2});
    ASSERT_TRUE(program);
    EXPECT_LE(program->info().kernels_after, n <= 64 ? 1u : 2u); // of four
  }
}

/// Small enough that work beyond the borders costs less than a kernel more.
TEST(PaddedTwice, IsOneKernel) {
  GraphBuilder g;
  const auto x = g.input(f32, {40, 30}), one = g.number(ScalarKind::floating),
             two = g.number(ScalarKind::floating);
  const auto inner = g.op(OpKind::pad, {g.op(OpKind::square, {x}), one},
                          PadAttrs{{1, 1}, {1, 1}, {0, 0}}.encode());
  const auto outer = g.op(OpKind::pad, {g.op(OpKind::negative, {inner}), two},
                          PadAttrs{{0, 2}, {3, 1}, {0, 0}}.encode());
  g.output(g.op(OpKind::negative, {outer}));
  expect_kernels(g, {0.5, 0.25}, 1);
}

/// An index that is padded with what is a place too.
TEST_P(OneKernel, PadOfWhatIsGathered) {
  GraphBuilder g;
  const auto x = g.input(f32, {50, n}), outside = g.number(ScalarKind::floating);
  const auto rows = g.op(OpKind::take, {x, places(g, {60})}, TakeAttrs{0}.encode());
  const auto padded = g.op(OpKind::pad, {rows, outside}, PadAttrs{{1, 2}, {0, 3}, {0, 0}}.encode());
  g.output(g.op(OpKind::square, {padded}));
  std::vector<Scalar> numbers = {0.5};
  for (const Scalar &number : range_of(50))
    numbers.push_back(number);
  expect_kernels(g, numbers, 1);
}

/// Nothing is computed in its place: one call of the library copies all.
TEST_P(OneKernel, ConcatOfInputs) {
  GraphBuilder g;
  const auto x = g.input(f32, {n, 40}), y = g.input(f32, {n, 20});
  g.output(g.op(OpKind::concat, {x, y, x}, ConcatAttrs{1}.encode()));
  expect_kernels(g, {}, 1);
}

} // namespace
} // namespace jit::test
