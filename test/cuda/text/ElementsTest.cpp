// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Text = plain, for every element function of every dtype: bits, with NaN as a class, in three
// orders of the threads.
#include "runtime/base/WithDType.h"
#include "test/cuda/text/EmulatedText.h"
#include "test/cuda/text/TextSamples.h"
#include "test/unit/compiler/TestMemory.h"
#include "test/unit/scalar/Inputs.h"

#include <gtest/gtest.h>

#include <set>

namespace jit::gpu::test {
namespace {

using jit::test::Memory;
constexpr std::size_t rounded =
    (sample_points + 31) / 32 * 32; // the plain loops take whole vectors

/// Element i of operand `position` of `arity`: combinations of edges first, then random numbers.
void fill(Memory &memory, int position, int arity) {
  with_dtype(memory.dtype, [&]<class T>(std::type_identity<T>) {
    std::mt19937_64 random(static_cast<unsigned>(100 * arity + position));
    const std::vector<T> edge = scalar_test::edges<T>();
    std::size_t stride = 1, combinations = 1;
    for (int i = 0; i < arity; ++i) {
      stride *= i < position ? edge.size() : 1;
      combinations *= edge.size();
    }
    for (std::size_t i = 0; i < rounded; ++i) {
      const bool in_order = i < combinations && i < rounded / 2;
      const T x = in_order            ? edge[i / stride % edge.size()]
                  : random() % 8 == 0 ? edge[random() % edge.size()]
                                      : scalar_test::random_value<T>(random);
      std::memcpy(memory.first() + i * sizeof(T), &x, sizeof(T));
    }
  });
}

void expect_same(const EmulatedText &text, const Sample &sample) {
  const scalar_test::Kernel &kernel = *sample.kernel;
  std::vector<Memory> operands;
  const void *pointers[3] = {};
  std::uint64_t argument[4] = {};
  for (int i = 0; i < kernel.arity; ++i) {
    operands.emplace_back(kernel.operands[i], rounded);
    fill(operands.back(), i, kernel.arity);
  }
  for (std::size_t i = 0; i < operands.size(); ++i) {
    pointers[i] = operands[i].first();
    argument[i] = reinterpret_cast<std::uint64_t>(operands[i].first());
  }
  Memory expected(kernel.result, rounded);
  kernel.run(pointers, expected.first(), rounded);
  for (Order order : orders) {
    Memory got(kernel.result, rounded);
    argument[kernel.arity] = reinterpret_cast<std::uint64_t>(got.first());
    const unsigned blocks =
        order == Order::descending ? 2 : static_cast<unsigned>(sample.result.units);
    text.launch(sample.name, argument, blocks, 256, order);
    ASSERT_FALSE(EmulatedText::take_misaligned()) << sample.name;
    const std::size_t size = itemsize(kernel.result);
    for (std::size_t i = 0; i < sample_points; ++i)
      ASSERT_TRUE(
          jit::test::same(kernel.result, expected.first() + i * size, got.first() + i * size))
          << sample.name << " differs at element " << i;
    const std::vector<std::byte> nothing((rounded - sample_points) * size);
    ASSERT_EQ(std::memcmp(got.first() + sample_points * size, nothing.data(), nothing.size()), 0)
        << sample.name << " stores beyond its points";
  }
}

TEST(Elements, AllFunctionsOfAllDtypes) {
  ModuleText module;
  const std::vector<Sample> samples = add_samples(module);
  const EmulatedText text(module);
  for (const Sample &sample : samples) {
    ASSERT_TRUE(text.has(sample.name)) << sample.name;
    expect_same(text, sample);
  }
}

TEST(Elements, EveryFunctionHasOne) {
  std::set<std::string> seen;
  for (const scalar_test::Kernel &kernel : plain::test_kernels())
    seen.insert(std::string(kernel.name).substr(0, std::string_view(kernel.name).find('<')));
#define TRACEJIT_SCALAR_FUNCTION(name) EXPECT_TRUE(seen.contains(#name)) << #name;
#include "runtime/ops/ScalarFunctions.inc"
#undef TRACEJIT_SCALAR_FUNCTION
}

} // namespace
} // namespace jit::gpu::test
