// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Weights that stay the same over calls are kept packed, eagerly and compiled, and let go when
// their bytes change or nobody holds them.
#include "test/unit/jit/CompiledTest.h"

#include <tracejit/memory.h>

#include <utility>

namespace jit::test {
namespace {

constexpr std::int64_t inputs = 320, results = 200, rows = 16;
constexpr int packing_use = 8;

class Weights : public CompiledTest {
protected:
  static Tensor weights(float begin = 0) {
    std::vector<float> values(inputs * results);
    for (std::size_t i = 0; i < values.size(); ++i)
      values[i] = begin + 0.01f * static_cast<float>(i % 101) - 0.5f;
    return Tensor::copy_of(values, {results, inputs});
  }
  static Tensor batch() { return reshape(ramp(rows * inputs, 0.001f), {rows, inputs}); }
  static Tensor linear(const Tensor &x, const Tensor &w) {
    return matmul(x, permute_dims(w, {1, 0}));
  }
  static std::int64_t packed() { return memory_stats().packed_bytes; }
};

TEST_F(Weights, EagerProductsPackWhatTheyReadAgainAndAgain) {
  set_mode(Mode::off);
  const Tensor x = batch();
  {
    const Tensor w = weights();
    const Tensor expected = linear(x, w);
    for (int use = 2; use < packing_use; ++use)
      EXPECT_TRUE(same_bits(expected, linear(x, w)));
    EXPECT_EQ(packed(), 0);
    EXPECT_TRUE(same_bits(expected, linear(x, w)));
    EXPECT_GT(packed(), inputs * results * 4);
    EXPECT_TRUE(same_bits(expected, linear(x, w)));
    EXPECT_TRUE(same_bits(expected, linear(x, w.contiguous())));
  }
  EXPECT_EQ(packed(), 0);
}

TEST_F(Weights, VectorsThatWereAdoptedArePackedToo) {
  set_mode(Mode::off);
  const Tensor x = batch();
  {
    const Tensor w = Tensor::adopt(std::vector<float>(inputs * results, 0.5f), {results, inputs});
    const Tensor expected = linear(x, w.contiguous() * 1.0);
    for (int i = 0; i < packing_use; ++i)
      EXPECT_TRUE(same_bits(expected, linear(x, w)));
    EXPECT_GT(packed(), 0);
  }
  EXPECT_EQ(packed(), 0);
}

TEST_F(Weights, CompiledProductsReadThemPacked) {
  auto f =
      trace([](const Tensor &x, const Tensor &w) { return relu(linear(x, w) + 1.0); }, {"linear"});
  const Tensor x = batch();
  {
    const Tensor w = weights();
    const Tensor expected = plainly([&] { return relu(linear(x, w) + 1.0); });
    repeat(4, [&](int) { f(x, w); });
    ASSERT_GE(hits(f), 1u);
    const Tensor other = weights(1); // as many bytes, and never seen by an eager product
    const Tensor expected_other = plainly([&] { return relu(linear(x, other) + 1.0); });
    const std::int64_t before = packed();
    const std::uint64_t runs = hits(f);
    for (int i = 0; i < packing_use; ++i)
      EXPECT_TRUE(same_bits(expected_other, f(x, other)));
    EXPECT_EQ(hits(f), runs + packing_use);
    EXPECT_GT(packed(), before);
    EXPECT_TRUE(same_bits(expected, f(x, w)));
  }
  synchronize();
  EXPECT_EQ(packed(), 0);
}

TEST_F(Weights, OutputThatTakesTheirMemoryIsNotTakenForThem) {
  Variable w(weights(), {"w"});
  auto step = trace(
      [&](const Tensor &x) {
        const Tensor y = sum(linear(x, w));
        w -= w * 0.5 + 0.25;
        return y;
      },
      {"step"});
  auto look = trace([&](const Tensor &x) { return linear(x, w) + 1.0; }, {"look"});
  const Tensor x = batch();
  const auto run = [&](int steps) {
    w = weights();
    std::vector<Tensor> seen;
    for (int i = 0; i < steps; ++i) {
      for (int k = 0; k < packing_use + 1; ++k)
        seen.push_back(look(x));
      synchronize();
      seen.push_back(step(x));
      synchronize();
      wait_compiled();
    }
    return seen;
  };
  const std::vector<Tensor> expected = plainly([&] { return run(8); });
  const std::vector<Tensor> seen = run(8);
  for (std::size_t i = 0; i < seen.size(); ++i)
    EXPECT_TRUE(same_bits(expected[i], seen[i])) << i;
  EXPECT_GE(hits(step), 4u);
  EXPECT_GE(hits(look), 16u);
}

} // namespace
} // namespace jit::test
