// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Which steps may run side by side, and what threads take at a time.
#include "runtime/program/StepGroups.h"

#include <gtest/gtest.h>

namespace jit::cpu {
namespace {

using Base = Buffer::Base;

Buffer input(std::uint32_t index) { return {Base::input, index, 0, 0, 0, {}, nullptr}; }
Buffer output(std::uint32_t index) { return {Base::output, index, 0, 0, 0, {}, nullptr}; }
Buffer temporary(std::size_t offset, std::size_t bytes) {
  return {Base::arena, 0, offset, bytes, 0, {}, nullptr};
}

/// Steps that each read some buffers and write one.
struct Program {
  Plan plan;
  std::vector<CompiledKernel> kernels;

  explicit Program(std::vector<std::int32_t> donated = std::vector<std::int32_t>(8, -1)) {
    plan.donated_input = std::move(donated);
  }
  /// The work is in halves of what is worth a thread.
  Program &step(std::vector<Buffer> reads, Buffer writes, std::int64_t work = 2) {
    KernelStep step{"k", std::move(reads), 0, {}};
    step.inputs = step.buffers.size();
    step.buffers.push_back(writes);
    plan.steps.push_back({step, {}});
    CompiledKernel &kernel = kernels.emplace_back();
    kernel.units = kernel.grain = work;
    kernel.range = 2;
    return *this;
  }
  std::vector<StepGroup> groups() const {
    std::vector<const CompiledKernel *> list;
    for (std::size_t k = 0; k < plan.steps.size(); ++k)
      list.push_back(std::holds_alternative<KernelStep>(plan.steps[k].what) ? &kernels[k]
                                                                            : nullptr);
    return find_groups(plan, list);
  }
};

using Steps = std::vector<std::uint32_t>;

TEST(StepGroups, OneStepAThread) {
  const auto groups = Program()
                          .step({input(0)}, output(0))
                          .step({input(0)}, output(1))
                          .step({input(1)}, output(2))
                          .groups();
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].pieces, (Steps{0, 1, 2, 3}));
}

TEST(StepGroups, SmallStepsShareAThread) {
  Program program;
  for (std::uint32_t k = 0; k < 7; ++k)
    program.step({input(k)}, output(k), 1);
  program.kernels.back().range = 8;
  const auto groups = program.groups();
  ASSERT_EQ(groups.size(), 1u);
  EXPECT_EQ(groups[0].pieces, (Steps{0, 2, 4, 7})) << "the last step is worth no thread";
}

TEST(StepGroups, TooLittleWork) {
  EXPECT_TRUE(
      Program().step({input(0)}, output(0), 1).step({input(0)}, output(1), 1).groups().empty());
  EXPECT_TRUE(Program().groups().empty());
}

TEST(StepGroups, WhatWasWrittenIsReadLater) {
  const auto groups = Program()
                          .step({input(0)}, temporary(0, 64))
                          .step({input(0)}, temporary(64, 64))
                          .step({temporary(64, 64)}, output(0))
                          .step({temporary(0, 64)}, output(1))
                          .groups();
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[0].pieces, (Steps{0, 1, 2}));
  EXPECT_EQ(groups[1].pieces, (Steps{2, 3, 4}));
}

/// A block that takes over part of one that is read beside it.
TEST(StepGroups, MemoryThatIsUsedAgain) {
  EXPECT_TRUE(Program()
                  .step({temporary(0, 128)}, output(0))
                  .step({input(0)}, temporary(64, 64))
                  .groups()
                  .empty());
  EXPECT_EQ(Program()
                .step({temporary(0, 64)}, output(0))
                .step({input(0)}, temporary(64, 64))
                .groups()
                .size(),
            1u);
}

TEST(StepGroups, AnOutputThatMayBeAnInput) {
  std::vector<std::int32_t> donated{3, -1};
  EXPECT_TRUE(
      Program(donated).step({input(3)}, output(0)).step({input(3)}, output(1)).groups().empty());
  EXPECT_TRUE(
      Program(donated).step({input(3)}, output(1)).step({input(2)}, output(0)).groups().empty());
  EXPECT_EQ(
      Program({-1, -1}).step({input(3)}, output(0)).step({input(3)}, output(1)).groups().size(),
      1u);
}

/// Temporaries may lie in an output that is written later.
TEST(StepGroups, OneOutputTwice) {
  EXPECT_TRUE(Program().step({input(0)}, output(0)).step({input(1)}, output(0)).groups().empty());
  EXPECT_TRUE(Program().step({output(0)}, output(1)).step({input(1)}, output(0)).groups().empty());
}

TEST(StepGroups, StepsThatThreadsShare) {
  Program program;
  program.step({input(0)}, output(0)).step({input(0)}, output(1)).step({input(0)}, output(2));
  program.kernels[1].grain = 1;
  EXPECT_TRUE(program.groups().empty());
  program.kernels[1].grain = 2;
  EXPECT_EQ(program.groups().size(), 1u);
  program.kernels[1].parts = [](std::byte *const *, const std::uint64_t *, std::int64_t,
                                std::int64_t, std::byte *) {};
  EXPECT_TRUE(program.groups().empty());
}

/// Or a program of many such steps would hold the scratch memory of all at once.
TEST(StepGroups, StepsWithScratchMemory) {
  Program program;
  program.step({input(0)}, output(0)).step({input(0)}, output(1)).step({input(0)}, output(2));
  program.kernels[1].scratch_bytes = 64;
  EXPECT_TRUE(program.groups().empty());
}

TEST(StepGroups, OtherStepsBetween) {
  Program program;
  program.step({input(0)}, output(0)).step({input(0)}, output(1));
  program.plan.steps.push_back({LibraryStep{}, {}});
  program.kernels.emplace_back();
  program.step({input(0)}, output(2)).step({input(0)}, output(3));
  const auto groups = program.groups();
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[1].pieces, (Steps{3, 4, 5}));
}

} // namespace
} // namespace jit::cpu
