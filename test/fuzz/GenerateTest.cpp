// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Generated programs are valid: no step uses a handle that one before it has given away.
#include "test/fuzz/Program.h"

#include <gtest/gtest.h>
#include <set>
#include <utility>

/// So many programs have more shapes than the table of metas has places, and nobody owns the
/// others.
extern "C" const char *__asan_default_options() { return "detect_leaks=0"; } // NOLINT

namespace jit::fuzz {
namespace {

/// The first step that uses what is gone, or nothing. Flags and branches count as taken, and
/// variants as used beside their op.
std::string use_of_what_is_gone(const Program &program) {
  std::set<std::pair<int, std::uint32_t>> gone;
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    std::string wrong;
    for_each_ref(program.steps[i], [&](const Ref &ref) {
      if (gone.contains({ref.kind, ref.index}))
        wrong = "step " + std::to_string(i) + " uses what was moved:\n" + to_text(program);
    });
    if (!wrong.empty())
      return wrong;
    for (const Ref &operand : program.steps[i].operands)
      if (operand.moved)
        gone.insert({operand.kind, operand.index});
  }
  return {};
}

TEST(Generate, NothingIsUsedAfterItWasMoved) {
  std::size_t moved = 0;
  for (std::uint64_t seed = 0; seed < 100000; ++seed) {
    const Program program = generate(seed);
    ASSERT_EQ(use_of_what_is_gone(program), "");
    for (const Step &step : program.steps)
      for (const Ref &operand : step.operands)
        moved += operand.moved;
  }
  EXPECT_GT(moved, 100000u);
}

} // namespace
} // namespace jit::fuzz
