// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every op of the table x dtypes x edge shape x layout x instruction set x thread count, eager and
// compiled, bit by bit. Cases come from the samples of the records: a new op needs no line here.
#include "test/DisabledPasses.h"
#include "test/conformance/Cases.h"
#include "test/conformance/KernelCheck.h"
#include "test/fuzz/Check.h"
#include "test/fuzz/Run.h"

#include <tracejit/compiler.h>

#include <gtest/gtest.h>

namespace jit::conformance {
namespace {

class Compiled : public testing::TestWithParam<OpKind> {
protected:
  void SetUp() override {
    disabled = test::disabled_passes();
    mutable_options().trial = false;
    mutable_options().budget = false;
    ASSERT_TRUE(enable_compiler());
  }

  std::vector<std::string> disabled;
};

/// Sample number i of an op with a dtype. Integers that are cast to f32 first, and what further
/// samples add for dtypes that are no floats, differ little from op to op: one in three is
/// compiled.
bool is_drawn(const OpInfo &op, DType dtype, std::size_t i) {
  const bool every = i == 0 && op.types != TypeRule::floating;
  return every || is_float(dtype) || meets(op, dtype, i, 3);
}

TEST_P(Compiled, EqualsEager) {
  const OpInfo &op = info(GetParam());
  std::uint64_t cases = 0;
  for (const DType dtype : all_dtypes) {
    std::size_t number = 0;
    for (const Sample &sample : samples) {
      if (sample.op != op.kind || !is_drawn(op, dtype, number++))
        continue;
      fuzz::Program program = cases_of(sample, dtype, number == 1);
      cases += program.steps.size();
      if (program.steps.empty())
        continue;
      program.seed = static_cast<std::uint64_t>(dtype) + 1;
      program.calls = 5;
      program.setting.steady = true;
      program.setting.disabled = disabled;
      program.setting.thread_list = {1, 2, 4};
      for (const Isa isa : {Isa::v3, Isa::v4}) {
        if (!isa_supported(isa))
          continue;
        program.setting.isa = isa;
        fuzz::Counts counts;
        EXPECT_EQ(fuzz::check(program, counts), "") << fuzz::to_text(program);
        EXPECT_GE(counts.hits, 3u) << fuzz::to_text(program);
        for (const auto &[reason, times] : counts.rejects)
          ADD_FAILURE() << reason;
      }
      if (op.family == Family::creation && sample.operands.empty())
        break;
    }
  }
  EXPECT_GE(cases, 2u);
}

INSTANTIATE_TEST_SUITE_P(Ops, Compiled, testing::ValuesIn(every_op()), name_of);

} // namespace
} // namespace jit::conformance
