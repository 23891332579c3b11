// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every op of the table on a GPU: each dtype, edge shapes, layouts, against the bits of the CPU.
#include "runtime/cuda/OnHost.h"
#include "runtime/cuda/Pack.h"
#include "test/conformance/Cases.h"
#include "test/conformance/KernelCheck.h"
#include "test/fuzz/Check.h"
#include "test/fuzz/Run.h"

#include <gtest/gtest.h>

namespace jit::conformance {
namespace {

class OnDevice : public testing::TestWithParam<OpKind> {};

TEST_P(OnDevice, EqualsTheCpu) {
  const OpInfo &op = info(GetParam());
  std::size_t steps = 0;
  const std::uint64_t on_host = gpu::host_runs();
  for (const DType dtype : all_dtypes) {
    std::size_t number = 0;
    for (const Sample &sample : samples) {
      if (sample.op != op.kind)
        continue;
      fuzz::Program program = cases_of(sample, dtype, number++ == 0);
      if (program.steps.empty())
        continue;
      steps += program.steps.size();
      program.seed = static_cast<std::uint64_t>(dtype) + 1;
      program.calls = 2;
      program.setting.steady = program.setting.on_device = true;
      fuzz::Counts counts;
      EXPECT_EQ(fuzz::check(program, counts), "") << fuzz::to_text(program);
    }
  }
  EXPECT_GE(steps, 2u);
  if (!gpu::pack().kernels.empty()) { // nothing goes to the host
    EXPECT_EQ(gpu::host_runs(), on_host);
  }
}

INSTANTIATE_TEST_SUITE_P(Ops, OnDevice, testing::ValuesIn(every_op()), name_of);

} // namespace
} // namespace jit::conformance
