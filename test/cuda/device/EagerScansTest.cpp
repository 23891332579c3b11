// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Eager scans on a GPU: blocks, rows of blocks, from both ends, for all dtypes and strides.
#include "test/cuda/device/EagerCompare.h"

namespace jit::test {
namespace {

std::vector<Tensor> scans(const Tensor &x, int axis) {
  std::vector<Tensor> all;
  for (bool reverse : {false, true}) {
    const Scan how{.axis = axis, .reverse = reverse};
    all.push_back(cumulative_sum(x, how));
    all.push_back(cumulative_prod(x, how));
    if (is_float(x.dtype()))
      all.push_back(linear_scan(x * 0.5, x, axis, reverse));
  }
  return all;
}
template <class T> void check_scans(const DimList &shape, bool wild = false) {
  const Tensor x = numbers<T>(shape, wild);
  for (int axis = 0; axis < x.ndim(); ++axis)
    expect_same(
        x, [&](const Tensor &t) { return scans(t, axis); },
        std::string(name(dtype_of<T>)) + " " + text(shape) + ", axis " + std::to_string(axis));
}

TEST_F(EagerRows, ScansOfEveryLength) {
  for (const std::int64_t length : {1, 2, 16, 17, 32, 33, 61, 255, 256, 257, 513, 1009, 16385}) {
    check_scans<float>({length}, length % 2 == 0);
    check_scans<double>({3, length});
    check_scans<std::int64_t>({length, 2});
  }
  check_scans<float>({300, 5});
  check_scans<float>({2, 513, 7});
  check_scans<float>({0, 3});
  check_scans<float>({70000}, true);
  check_scans<float>({601, 3, 1});
}

TEST_F(EagerRows, DTypesOfScans) {
  check_scans<bool>({3, 260});
  check_scans<std::int8_t>({3, 260});
  check_scans<std::uint8_t>({3, 260});
  check_scans<std::int16_t>({3, 260});
  check_scans<std::uint16_t>({3, 260});
  check_scans<std::int32_t>({3, 260});
  check_scans<std::uint32_t>({3, 260});
  const Tensor all[] = {numbers<float>({2, 260}, true) * 300.f, numbers<std::int32_t>({2, 260})};
  for (const Tensor &x : all)
    for (DType dtype : {DType::i8, DType::u8, DType::i16, DType::u16, DType::i32, DType::u32,
                        DType::i64, DType::f32, DType::f64})
      expect_same(
          x,
          [&](const Tensor &t) {
            const Scan how{.axis = 1, .dtype = dtype};
            return std::vector{cumulative_sum(t, how), cumulative_prod(t, how)};
          },
          "to " + std::string(name(dtype)));
}

TEST_F(EagerRows, StridesOfScans) {
  const Tensor x = numbers<float>({6, 37, 300});
  for (const auto &[view_name, view] : views())
    for (int axis : {0, 1, -1})
      expect_same(
          x, [&](const Tensor &t) { return scans(view(t), axis < 0 ? view(t).ndim() - 1 : axis); },
          view_name);
}

TEST_F(EagerRows, LaunchesOfScans) {
  const auto kernels = [](const DimList &shape, int axis) {
    return kernels_of(numbers<float>(shape),
                      [&](const Tensor &t) { return std::vector{cumulative_sum(t, axis)}; });
  };
  EXPECT_EQ(kernels({9, 256}, 1), Names{"scan_sum_f32_rows"});
  EXPECT_EQ(kernels({256, 9}, 0), Names{"scan_sum_f32_columns"});
  EXPECT_EQ(kernels({257}, 0),
            (Names{"scan_sum_f32_rows", "scan_sum_f32_carry", "scan_sum_f32_join"}));
  EXPECT_EQ(kernels({257, 2}, 0),
            (Names{"scan_sum_f32_columns", "scan_sum_f32_carry", "scan_sum_f32_join"}));
}

} // namespace
} // namespace jit::test
