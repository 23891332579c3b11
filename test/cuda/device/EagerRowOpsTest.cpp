// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Eager row ops on a GPU: short rows, rows of a block, and longer ones step by step.
#include "test/cuda/device/EagerCompare.h"

namespace jit::test {
namespace {

std::vector<Tensor> row_ops(const Tensor &x, int axis) {
  return {softmax(x, axis), log_softmax(x, axis), logsumexp(x, axis)};
}
Tensor normalised(const Tensor &x) {
  const std::int64_t n = x.shape().back();
  const Tensor weights = (reshape(arange(0, 2 * n, 1, x.dtype()), {n, 2}) * 0.25).to(x.device());
  return layer_norm(x, permute_dims(weights, Axes{1, 0})(0),
                    flip(permute_dims(weights, Axes{1, 0})(1)), 1e-3);
}
template <class T> void check_rows(const DimList &shape) {
  for (const bool wild : {false, true}) {
    const Tensor x = numbers<T>(shape, wild) * T(8);
    for (int axis = 0; axis < x.ndim(); ++axis)
      expect_same(
          x, [&](const Tensor &t) { return row_ops(t, axis); },
          text(shape) + ", axis " + std::to_string(axis));
    expect_same(
        x, [&](const Tensor &t) { return std::vector{normalised(t)}; },
        "layer_norm " + text(shape));
  }
}

TEST_F(EagerRows, RowOpsOfEveryLength) {
  for (const std::int64_t length :
       {1,   2,   3,   4,   5,    8,    16,   17,   31,   61,    64,   65,
        255, 256, 257, 300, 1021, 1025, 4095, 4096, 4097, 16384, 16385}) {
    check_rows<float>({5, length});
    check_rows<double>({3, length});
  }
  check_rows<float>({67, 5});
  check_rows<float>({2, 300, 3});
  check_rows<float>({7});
}

TEST_F(EagerRows, RowsThatAreInfinite) {
  const float inf = INFINITY;
  const Tensor x = Tensor::copy_of({{-inf, -inf, -inf, -inf, -inf},
                                    {inf, 0.f, 1.f, -inf, inf},
                                    {NAN, 0.f, 1.f, 2.f, 3.f},
                                    {-0.f, 0.f, 1e-42f, -1e-42f, 0.f}});
  for (int axis : {0, 1})
    expect_same(x, [&](const Tensor &t) { return row_ops(t, axis); }, "infinite");
  expect_same(x, [&](const Tensor &t) { return std::vector{normalised(t)}; }, "infinite");
}

TEST_F(EagerRows, StridesOfRowOps) {
  const Tensor x = numbers<float>({6, 37, 300});
  for (const auto &[view_name, view] : views())
    expect_same(
        x,
        [&](const Tensor &t) {
          std::vector<Tensor> all = row_ops(view(t), -1);
          all.push_back(normalised(view(t)));
          return all;
        },
        view_name);
}

TEST_F(EagerRows, LaunchesOfRowOps) {
  const auto kernels = [](const Tensor &x, int axis) {
    return kernels_of(x, [&](const Tensor &t) { return std::vector{softmax(t, axis)}; });
  };
  EXPECT_EQ(kernels(numbers<float>({9, 256}), 1), Names{"row_softmax_f32_short"});
  EXPECT_EQ(kernels(numbers<float>({9, 257}), 1), Names{"row_softmax_f32_block"});
  EXPECT_EQ(kernels(numbers<float>({9, 4096}), 1), Names{"row_softmax_f32_block"});
  EXPECT_EQ(kernels(numbers<float>({9, 7}), 0),
            (Names{"reduce_max_f32_f32_outer", "subtract_f32_s", "exp_f32_c",
                   "reduce_sum_f32_f32_outer", "divide_f32_c", "multiply_f32_s"}));
}

} // namespace
} // namespace jit::test
