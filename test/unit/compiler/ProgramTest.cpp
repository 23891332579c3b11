// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Whole programs: compiled against eager, bit for bit.
#include "runtime/base/PassNames.h"
#include "runtime/kernels/ThreadPool.h"
#include "test/unit/compiler/GraphBuilder.h"

#include <gtest/gtest.h>
#include <thread>

namespace jit::test {
namespace {

constexpr DType f32 = DType::f32, f64 = DType::f64, i64 = DType::i64;

class Sizes : public testing::TestWithParam<std::int64_t> {};
INSTANTIATE_TEST_SUITE_P(Program, Sizes, testing::Values(1, 13, 64, 1000, 4099, 100003));

TEST_P(Sizes, Chain) {
  GraphBuilder g;
  auto x = g.input(f32, {GetParam()}), y = g.input(f32, {GetParam()});
  auto k = g.number(ScalarKind::floating);
  auto s = g.op(OpKind::add, {x, y});
  auto e = g.op(OpKind::tanh, {g.op(OpKind::multiply, {s, k})});
  g.output(g.op(OpKind::subtract, {g.op(OpKind::exp, {e}), x}));
  auto program = expect_compiled_equals_eager(g.graph, {0.75});
  ASSERT_TRUE(program);
  EXPECT_EQ(program->info().kernels_after, 1u);
}

TEST_P(Sizes, Promotion) {
  GraphBuilder g;
  auto i = g.input(i64, {GetParam()}), b = g.input(DType::boolean, {GetParam()});
  auto u = g.input(DType::u8, {GetParam()}), d = g.input(f64, {GetParam()});
  g.output(g.op(OpKind::add, {i, u}));
  g.output(g.op(OpKind::divide, {i, u}));
  g.output(g.op(OpKind::where, {b, d, i}));
  g.output(g.op(OpKind::multiply, {u, u}));
  g.output(g.op(OpKind::less, {d, u}));
  expect_compiled_equals_eager(g.graph);
}

TEST_P(Sizes, Sums) {
  GraphBuilder g;
  auto x = g.input(f32, {GetParam()});
  auto square = g.op(OpKind::square, {x});
  g.output(g.op(OpKind::sum, {square}, SumAttrs{{0}, false, f32}.encode()));
  g.output(g.op(OpKind::max, {x}, MaxAttrs{{0}, true}.encode()));
  expect_compiled_equals_eager(g.graph);
}

TEST_P(Sizes, SoftmaxRows) {
  GraphBuilder g;
  auto x = g.input(f32, {7, GetParam()}), b = g.input(f32, {GetParam()});
  auto s = g.op(OpKind::add, {x, b});
  g.output(g.op(OpKind::softmax, {s}, SoftmaxAttrs{1}.encode()));
  g.output(g.op(OpKind::log_softmax, {x}, LogSoftmaxAttrs{1}.encode()));
  expect_compiled_equals_eager(g.graph);
}

TEST_P(Sizes, Norm) {
  GraphBuilder g;
  auto x = g.input(f32, {3, GetParam()});
  auto gamma = g.input(f32, {GetParam()}), beta = g.input(f32, {GetParam()});
  auto eps = g.number(ScalarKind::floating);
  auto n = g.op(OpKind::layer_norm, {x, gamma, beta, eps}, LayerNormAttrs{1}.encode());
  g.output(g.op(OpKind::gelu, {n}));
  expect_compiled_equals_eager(g.graph, {1e-5});
}

TEST_P(Sizes, FirstAxis) {
  GraphBuilder g;
  auto x = g.input(f32, {GetParam(), 37});
  auto m = g.op(OpKind::mean, {x}, MeanAttrs{{0}, true, f32}.encode());
  auto centered = g.op(OpKind::subtract, {x, m});
  g.output(g.op(OpKind::sum, {centered}, SumAttrs{{0}, false, f32}.encode()));
  auto v = g.op(OpKind::var_mean, {x}, VarMeanAttrs{{0}, false, 1}.encode());
  g.output(v);
  g.output({OperandCode::value, v.index() + 1});
  g.output(g.op(OpKind::argmax, {x}, ArgmaxAttrs{{0}, false}.encode()));
  expect_compiled_equals_eager(g.graph);
}

TEST(Program, MatmulWithEpilogue) {
  for (std::int64_t m : {1, 17, 130}) {
    GraphBuilder g;
    auto a = g.input(f32, {m, 65}), b = g.input(f32, {65, 50}), bias = g.input(f32, {50});
    auto c = g.op(OpKind::matmul, {a, b});
    g.output(g.op(OpKind::gelu, {g.op(OpKind::add, {c, bias})}));
    expect_compiled_equals_eager(g.graph);
  }
}

// Columns of C that are no whole vectors, in tiles of every kind: rows, columns, exchanged.
TEST(Program, NarrowMatmulsWithEpilogue) {
  const int threads = thread_count();
  for (const int count : {1, 4})
    for (const DType dtype : {f32, f64, i64})
      for (const std::int64_t n : {1, 2, 3, 7, 10, 16, 17, 31, 100, 127})
        for (const std::int64_t m : {1, 5, 16, 300}) {
          force_thread_count(count);
          GraphBuilder g;
          auto a = g.input(dtype, {m, 400}), b = g.input(dtype, {400, n});
          auto bias = g.input(dtype, {n}), scale = g.input(dtype, {m, 1});
          auto residual = g.input(dtype, {m, n});
          auto c = g.op(OpKind::add, {g.op(OpKind::matmul, {a, b}), bias});
          g.output(g.op(OpKind::add, {g.op(OpKind::multiply, {c, scale}), residual}));
          SCOPED_TRACE(std::to_string(m) + " " + std::to_string(n));
          expect_compiled_equals_eager(g.graph);
        }
  force_thread_count(threads);
}

TEST(Program, BatchesOfNarrowMatmulsWithEpilogue) {
  for (const std::int64_t n : {1, 3, 10, 33}) {
    GraphBuilder g;
    auto a = g.input(f32, {3, 40, 90}), b = g.input(f32, {3, 90, n}), bias = g.input(f32, {n});
    auto scale = g.input(f32, {3, 1, 1});
    auto c = g.op(OpKind::add, {g.op(OpKind::matmul, {a, b}), bias});
    g.output(g.op(OpKind::sigmoid, {g.op(OpKind::multiply, {c, scale})}));
    expect_compiled_equals_eager(g.graph);
  }
}

// Weights stored [out, in]: products that are wanted transposed, of every dtype and with a batch.
TEST(Program, TransposedProducts) {
  for (const DType dtype : {f32, f64, i64})
    for (const std::int64_t n : {1, 3, 40, 70}) {
      GraphBuilder g;
      const auto transposed = [&](OperandCode x) {
        return g.op(OpKind::permute_dims, {x}, PermuteDimsAttrs{{1, 0}}.encode());
      };
      auto x = g.input(dtype, {64, 65}), dy = g.input(dtype, {64, n}), w = g.input(dtype, {n, 65});
      auto gradient = transposed(g.op(OpKind::matmul, {transposed(x), dy}));
      g.output(g.op(OpKind::subtract, {w, g.op(OpKind::multiply, {gradient, gradient})}));
      auto a = g.input(dtype, {3, 20, 30}), b = g.input(dtype, {30, n});
      auto batch = g.op(OpKind::permute_dims, {g.op(OpKind::matmul, {a, b})},
                        PermuteDimsAttrs{{0, 2, 1}}.encode());
      g.output(g.op(OpKind::negative, {batch}));
      expect_compiled_equals_eager(g.graph);
    }
}

TEST(Program, LargeMatmulsOnThreads) {
  GraphBuilder g;
  auto a = g.input(f32, {2, 190, 301}), b = g.input(f32, {301, 277});
  auto residual = g.input(f32, {2, 190, 277}), k = g.number(ScalarKind::floating);
  auto c = g.op(OpKind::multiply, {g.op(OpKind::matmul, {a, b}), k});
  auto y = g.op(OpKind::relu, {g.op(OpKind::add, {c, residual})});
  g.output(y);
  g.output(g.op(OpKind::softmax, {y}, SoftmaxAttrs{2}.encode()));
  expect_compiled_equals_eager(g.graph, {0.125});
}

// Without an epilogue the batch would be one matrix, cut in fewer pieces with less scratch.
TEST(Program, BatchedMatmulsOnThreadsHaveTheirScratchReserved) {
  const int threads = thread_count();
  force_thread_count(4);
  GraphBuilder g;
  auto x = g.input(f32, {4, 2, 355}), y = g.input(f32, {238, 355});
  auto t = g.op(OpKind::permute_dims, {y}, PermuteDimsAttrs{{1, 0}}.encode());
  g.output(g.op(OpKind::relu, {g.op(OpKind::matmul, {x, t})}));
  expect_compiled_equals_eager(g.graph);
  force_thread_count(threads);
}

TEST(Program, RankZeroAndOne) {
  GraphBuilder g;
  auto x = g.input(f64, {}), y = g.input(f64, {1}), k = g.number(ScalarKind::integer);
  auto s = g.op(OpKind::add, {x, k});
  g.output(g.op(OpKind::pow, {s, y}));
  g.output(g.op(OpKind::sum, {y}, SumAttrs{{0}, false, f64}.encode()));
  expect_compiled_equals_eager(g.graph, {3});
}

TEST(Program, MiddleAxis) {
  GraphBuilder g;
  auto x = g.input(f32, {5, 300, 11});
  g.output(g.op(OpKind::sum, {x}, SumAttrs{{1}, false, f32}.encode()));
  g.output(g.op(OpKind::sum, {x}, SumAttrs{{0, 2}, true, f32}.encode()));
  g.output(g.op(OpKind::softmax, {x}, SoftmaxAttrs{1}.encode()));
  g.output(g.op(OpKind::argmax, {x}, ArgmaxAttrs{{1}, false}.encode()));
  expect_compiled_equals_eager(g.graph);
}

// Ops that the library runs, with so much to do that they need scratch.
TEST(Program, LibraryStepsHaveTheirScratchReserved) {
  GraphBuilder g;
  auto x = g.input(f32, {3, 100'003}), y = g.input(f32, {100'003});
  auto wide = g.input(f32, {600, 70}), deep = g.input(f64, {300, 5, 4'500});
  g.output(g.op(OpKind::vecdot, {x, y}));
  g.output(g.op(OpKind::softmax, {wide}, SoftmaxAttrs{0}.encode()));
  g.output(g.op(OpKind::logsumexp, {deep}, LogsumexpAttrs{1}.encode()));
  auto v = g.op(OpKind::var_mean, {deep}, VarMeanAttrs{{0, 2}, false, 1}.encode());
  g.output(v);
  g.output({OperandCode::value, v.index() + 1});
  auto key = g.number(ScalarKind::integer), counter = g.number(ScalarKind::integer);
  g.output(g.op(OpKind::permutation, {key, counter}, PermutationAttrs{5'000}.encode()));
  auto program = expect_compiled_equals_eager(g.graph, {7, 0});
  ASSERT_TRUE(program);
  EXPECT_EQ(program->info().kernels_after, 5u);
}

TEST(Program, TrainingStepOfOneLayer) {
  GraphBuilder g;
  auto x = g.input(f32, {64, 100}), w = g.input(f32, {100, 10}), dy = g.input(f32, {64, 10});
  auto m = g.input(f32, {100, 10}), rate = g.number(ScalarKind::floating);
  auto xt = g.op(OpKind::permute_dims, {x}, PermuteDimsAttrs{{1, 0}}.encode());
  auto gradient = g.op(OpKind::matmul, {xt, dy});
  auto next_m = g.op(OpKind::add, {g.op(OpKind::multiply, {m, rate}), gradient});
  g.output(next_m);
  g.output(g.op(OpKind::subtract, {w, g.op(OpKind::multiply, {next_m, rate})}));
  g.output(g.op(OpKind::sum, {dy}, SumAttrs{{0}, false, f32}.encode()));
  expect_compiled_equals_eager(g.graph, {0.9});
}

// Values used twice at each of many levels: whoever follows uses back to where they come from
// without remembering what it has seen takes 2^64 steps.
using Level = OperandCode(GraphBuilder &, OperandCode);
class Reuse : public testing::TestWithParam<Level *> {};

TEST_P(Reuse, TakesNoMoreThanOneVisitAValue) {
  GraphBuilder g;
  OperandCode x = g.input(f64, {8, 8});
  for (int level = 0; level < 64; ++level)
    x = GetParam()(g, x);
  g.output(x);
  expect_compiled_equals_eager(g.graph);
  for (const std::string_view pass : pass_names) {
    CompileOptions options;
    options.disabled_passes = {std::string(pass)};
    std::string text;
    EXPECT_TRUE(compiler().dump(g.graph, options, "llvm", text)) << pass << ": " << text;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Program, Reuse,
    testing::Values([](GraphBuilder &g, OperandCode x) { return g.op(OpKind::add, {x, x}); },
                    [](GraphBuilder &g, OperandCode x) {
                      return g.op(OpKind::multiply, {x, g.op(OpKind::tanh, {x})});
                    },
                    [](GraphBuilder &g, OperandCode x) { // rows: every level is used in two passes
                      auto most = g.op(OpKind::max, {x}, MaxAttrs{{1}, true}.encode());
                      return g.op(OpKind::subtract, {x, most});
                    },
                    [](GraphBuilder &g, OperandCode x) { // columns
                      auto sum = g.op(OpKind::sum, {x}, SumAttrs{{0}, true, f64}.encode());
                      return g.op(OpKind::add, {g.op(OpKind::negative, {x}), sum});
                    },
                    [](GraphBuilder &g, OperandCode x) {
                      return g.op(OpKind::multiply,
                                  {x, g.op(OpKind::softmax, {x}, SoftmaxAttrs{1}.encode())});
                    },
                    [](GraphBuilder &g, OperandCode x) { // two ways to look at a value
                      auto turned =
                          g.op(OpKind::permute_dims, {x}, PermuteDimsAttrs{{1, 0}}.encode());
                      return g.op(OpKind::maximum, {x, turned});
                    },
                    [](GraphBuilder &g, OperandCode x) { return g.op(OpKind::matmul, {x, x}); },
                    [](GraphBuilder &g, OperandCode x) { // a library op between
                      auto both = g.op(OpKind::concat, {x, x}, ConcatAttrs{0}.encode());
                      return g.op(OpKind::mean,
                                  {g.op(OpKind::reshape, {both}, ReshapeAttrs{{2, 8, 8}}.encode())},
                                  MeanAttrs{{0}, false, f64}.encode());
                    },
                    [](GraphBuilder &g, OperandCode x) {
                      auto small = g.op(OpKind::less, {x, g.op(OpKind::floor, {x})});
                      return g.op(OpKind::where, {small, x, g.op(OpKind::abs, {x})});
                    }));

// As many views of views as a trace may have ops.
TEST(Program, ALongChainOfViews) {
  GraphBuilder g;
  OperandCode x = g.op(OpKind::exp, {g.input(f32, {8, 8})});
  for (int i = 0; i < 4000; ++i)
    x = g.op(OpKind::permute_dims, {x}, PermuteDimsAttrs{{1, 0}}.encode());
  g.output(g.op(OpKind::negative, {x}));
  expect_compiled_equals_eager(g.graph);
  for (const std::string_view pass : pass_names) {
    CompileOptions options;
    options.disabled_passes = {std::string(pass)};
    std::thread([&] { // with the stack of a thread, as the compile thread has
      EXPECT_TRUE(compiler().compile(g.graph, options).program) << pass;
    })
        .join();
  }
}

TEST(Program, Transposed) {
  GraphBuilder g;
  auto x = g.input(f32, {65, 33}), y = g.input(f32, {33, 65});
  auto t = g.op(OpKind::permute_dims, {x}, PermuteDimsAttrs{{1, 0}}.encode());
  g.output(g.op(OpKind::add, {t, y}));
  g.output(g.op(OpKind::sum, {t}, SumAttrs{{1}, false, f32}.encode()));
  g.output(g.op(OpKind::matmul, {t, x}));
  expect_compiled_equals_eager(g.graph);
}

} // namespace
} // namespace jit::test
