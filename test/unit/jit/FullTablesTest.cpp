// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A process that has seen more shapes than the table of metas holds. A program of its own: the
// table stays as it is.
#include "runtime/base/Options.h"
#include "runtime/kernels/SmallOps.h"
#include "runtime/ops/OpTable.h"
#include "test/unit/jit/InterpretingCompiler.h"

#include <tracejit/tracejit.h>

#include <gtest/gtest.h>

namespace jit {
namespace {

using test::hooks;

bool has_place(const Tensor &tensor) { return detail::Access::impl(tensor)->meta->interned; }

class FullTables : public testing::Test {
protected:
  static void SetUpTestSuite() {
    test::plug_in_interpreter();
    set_mode(Mode::on);
    for (std::int64_t rows = 1; rows <= 260; ++rows)
      for (std::int64_t n = 1; n <= 260; ++n)
        zeros({rows, n});
  }
};

TEST_F(FullTables, NewShapesAreTracedAndMatchedByContent) {
  // Made before anything of its shape was recorded: its meta is its own.
  const Tensor x = ones({777, 3});
  ASSERT_FALSE(has_place(x));
  auto f = trace([](const Tensor &v) { return exp(v * 0.5) + 1.0; }, {.name = "new shape"});
  const int ran = hooks().ran;
  const Tensor expected = exp(x * 0.5) + 1.0;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(f(x).to_vector<float>(), expected.to_vector<float>());
    ASSERT_TRUE(wait_compiled());
  }
  ASSERT_EQ(f.explain().size(), 1u);
  EXPECT_EQ(f.explain()[0].state, "active");
  EXPECT_EQ(f.explain()[0].hits, 8u);
  EXPECT_EQ(hooks().ran - ran, 8);
  // Another shape is no hit.
  const Tensor other = ones({777, 4});
  ASSERT_FALSE(has_place(other));
  EXPECT_EQ(f(other).to_vector<float>().size(), 777u * 4);
  EXPECT_EQ(f.explain()[0].hits, 8u);
}

TEST_F(FullTables, ATrialHasItsEagerTurns) {
  mutable_options().trial = true;
  const Tensor x = ones({778, 3});
  ASSERT_FALSE(has_place(x));
  auto f = trace([](const Tensor &v) { return exp(v * 0.5) + 1.0; }, {.name = "tried"});
  for (int i = 0; i < 200; ++i) {
    f(x);
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_NE(f.explain().at(0).state, "trial");
  mutable_options().trial = false;
}

TEST_F(FullTables, AMissGoesOnRecording) {
  const Tensor x = ones({779, 3});
  ASSERT_FALSE(has_place(x));
  auto f = trace(
      [](const Tensor &v, bool more) {
        const Tensor y = v * 0.5 + 1.0;
        return more ? exp(y) : sqrt(y);
      },
      {.name = "branches"});
  for (int i = 0; i < 12; ++i) {
    f(x, i >= 4);
    ASSERT_TRUE(wait_compiled());
  }
  ASSERT_EQ(f.explain().size(), 2u);
  for (const TraceReport &path : f.explain()) {
    EXPECT_EQ(path.state, "active");
    EXPECT_GE(path.hits, 2u);
  }
}

TEST_F(FullTables, AShapeThatComesAgainCostsAsBefore) {
  set_mode(Mode::off);
  Tensor a = ones({12'345});
  ASSERT_FALSE(has_place(a));
  for (int i = 0; i < 100; ++i)
    a = a * 0.5;
  EXPECT_TRUE(has_place(a));
  // The thread remembers the loop, also for operands from before, whose metas stay their own.
  const Tensor early = ones({12'346});
  ASSERT_FALSE(has_place(early));
  for (int i = 0; i < 100; ++i)
    a = early * 0.5;
  Operand value(early), half(0.5);
  Operand *const operands[]{&value, &half};
  Impl *result = run_small(OpKind::multiply, operands);
  ASSERT_NE(result, nullptr);
  EXPECT_TRUE(result->meta->interned);
  release(result);
  set_mode(Mode::on);
}

/// Last: the table is full from here on.
TEST_F(FullTables, WhatCannotBeTracedSaysSo) {
  for (std::int64_t i = 0; i < 70'000; ++i)
    release_meta(intern_contiguous(DType::u8, DimList{i, 1'000}));
  const Tensor x = ones({888, 3});
  ASSERT_FALSE(has_place(x));
  auto f = trace([](const Tensor &v) { return exp(v * 0.5) + 1.0; }, {.name = "full"});
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(f(x).size(), 888 * 3);
    ASSERT_TRUE(wait_compiled());
  }
  const std::vector<TraceReport> reports = f.explain();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].state, "rejected");
  EXPECT_TRUE(reports[0].reject_reason.starts_with("untraceable: ")) << reports[0].reject_reason;
  EXPECT_NE(reports[0].reject_reason.find("multiply at FullTablesTest.cpp:"), std::string::npos)
      << reports[0].reject_reason;
  EXPECT_EQ(reports[0].hits, 0u);
}

TEST_F(FullTables, KnownShapesAreStillTraced) {
  const Tensor x = ones({20, 3});
  ASSERT_TRUE(has_place(x));
  auto f = trace([](const Tensor &v) { return exp(v * 0.5) + 1.0; }, {.name = "known"});
  for (int i = 0; i < 6; ++i) {
    f(x);
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_EQ(f.explain().at(0).hits, 4u);
}

} // namespace
} // namespace jit
