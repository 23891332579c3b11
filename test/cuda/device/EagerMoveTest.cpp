// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that move elements or make them, on a GPU: the bits of the CPU, by kernels of the pack.
#include "test/cuda/device/LaunchNames.h"
#include "test/cuda/device/Launches.h"
#include "test/cuda/device/SameBits.h"

namespace jit {
namespace {

using test::all_dtypes;
using test::compare;
using test::compare_moved;
using test::launch_log;
using test::some_numbers;

class EagerMove : public testing::Test {
protected:
  void SetUp() override {
    if (gpu::pack().kernels.empty())
      GTEST_SKIP() << "built without kernels for GPUs";
  }
};

TEST_F(EagerMove, Concat) {
  for (const DType dtype : all_dtypes)
    for (const int axis : {0, 1, 2}) {
      DimList x{5, 3, 7}, y = x, z = x;
      y[static_cast<std::size_t>(axis)] = 1;
      z[static_cast<std::size_t>(axis)] = 0;
      compare_moved(
          {some_numbers(dtype, x, 1), some_numbers(dtype, y, 2), some_numbers(dtype, z, 3)},
          [&](const auto &xs) { return concat({xs[0], xs[1], xs[2], xs[0]}, axis); },
          "concat " + std::string(name(dtype)) + " axis " + std::to_string(axis));
    }
}

TEST_F(EagerMove, ConcatOfViews) {
  for (const DType dtype : {DType::u8, DType::i16, DType::f32, DType::f64})
    compare(
        {some_numbers(dtype, {7, 11, 6}, 4)},
        [](const auto &xs) {
          const Tensor back = permute_dims(xs[0], {2, 1, 0});                     // [6, 11, 7]
          const Tensor apart = permute_dims(xs[0], {2, 1, 0})(slice({}, {}, -2)); // [3, 11, 7]
          const Tensor one = broadcast_to(back(slice(2, 3)), {4, 11, 7});
          return concat({back, apart, one, back(slice(0, 0))}, 0) * 1;
        },
        "views");
}

TEST_F(EagerMove, ConcatOfManyIsALaunchForEach) {
  std::vector<Tensor> parts;
  for (int k = 0; k < 300; ++k)
    parts.push_back(some_numbers(DType::f32, {3, k % 5}, static_cast<unsigned>(k)));
  compare(parts, [](const auto &xs) { return concat(xs, 1); }, "300 operands");
}

TEST_F(EagerMove, NeighboursMoveTogether) {
  const auto names = [](DType dtype, DimList x, DimList y, int axis) {
    const Tensor a = some_numbers(dtype, x, 1).to(cuda()), b = some_numbers(dtype, y, 2).to(cuda());
    return launch_log.of([&] { concat({a, b}, axis); });
  };
  EXPECT_EQ(names(DType::f32, {37, 5}, {37, 4}, 1), "copy_4_s copy_4_s");
  EXPECT_EQ(names(DType::f32, {37, 6}, {37, 4}, 1), "copy_8_s copy_8_s");
  EXPECT_EQ(names(DType::u8, {3, 8}, {3, 16}, 1), "copy_8_s copy_8_s");
  EXPECT_EQ(names(DType::u8, {3, 2}, {3, 4}, 1), "copy_2_s copy_2_s");
  EXPECT_EQ(names(DType::i16, {3, 3}, {3, 1}, 1), "copy_2_s copy_2_s");
  EXPECT_EQ(names(DType::boolean, {3, 3}, {3, 1}, 1), "copy_1_s copy_1_s");
  EXPECT_EQ(names(DType::f64, {3, 2}, {3, 2}, 1), "copy_16_s copy_16_s");
  EXPECT_EQ(names(DType::f64, {3, 1}, {3, 3}, 1), "copy_8_s copy_8_s");
  EXPECT_EQ(names(DType::u8, {3, 64}, {3, 32}, 1), "copy_16_s copy_16_s");
  // Without gaps: 16 bytes at an access.
  EXPECT_EQ(names(DType::f32, {5, 3}, {2, 3}, 0), "cast_f32_f32_c cast_f32_f32_c");
  EXPECT_EQ(names(DType::f32, {5, 0}, {5, 3}, 1), "cast_f32_f32_c");
}

TEST_F(EagerMove, NeighboursAtAnyAddress) {
  for (const DType dtype : {DType::u8, DType::i16, DType::f32, DType::f64}) {
    const std::string what = "even " + std::string(name(dtype));
    compare_moved(
        {some_numbers(dtype, {3, 16}, 1), some_numbers(dtype, {3, 32}, 2)},
        [](const auto &xs) { return concat({xs[0], xs[1]}, 1); }, what);
    compare_moved(
        {some_numbers(dtype, {3, 16}, 1)},
        [](const auto &xs) { return take(xs[0], full({5}, 2).to(xs[0].device()), 0); }, what);
    for (const std::int64_t start : {0, 1, 2, 3, 4, 8})
      compare(
          {some_numbers(dtype, {3, 64}, 1), some_numbers(dtype, {3, 32}, 2)},
          [&](const auto &xs) { return slice_update(xs[0], xs[1], {0, start}); }, what);
  }
}

TEST_F(EagerMove, Pad) {
  for (const DType dtype : all_dtypes) {
    const std::string what = "pad " + std::string(name(dtype));
    compare_moved(
        {some_numbers(dtype, {5, 7}, 5)},
        [](const auto &xs) { return pad(xs[0], {1, 0}, {0, 2}, 1); }, what);
    compare(
        {some_numbers(dtype, {5, 7}, 5)},
        [](const auto &xs) { return pad(xs[0], {0, 3}, {2, 1}, 0, {2, 1}); }, what);
    compare(
        {some_numbers(dtype, {5, 7}, 6)},
        [](const auto &xs) {
          return pad(permute_dims(xs[0], {1, 0})(slice({}, {}, -1)), {2, 2}, {1, 1}, 1, {0, 2});
        },
        what);
    compare(
        {some_numbers(dtype, {0, 3}, 6)},
        [](const auto &xs) { return pad(xs[0], {2, 1}, {1, 0}, 1); }, what);
    compare({some_numbers(dtype, {}, 6)}, [](const auto &xs) { return pad(xs[0], {}, {}); }, what);
  }
  const Tensor x = some_numbers(DType::f32, {5, 7}, 5).to(cuda());
  EXPECT_EQ(launch_log.of([&] { pad(x, {1, 0}, {0, 2}, 7); }), "cast_f32_f32_c copy_4_s");
}

TEST_F(EagerMove, SliceUpdate) {
  for (const DType dtype : all_dtypes) {
    const std::string what = "slice_update " + std::string(name(dtype));
    compare_moved(
        {some_numbers(dtype, {5, 7}, 7), some_numbers(dtype, {2, 3}, 8)},
        [](const auto &xs) { return slice_update(xs[0], xs[1], {1, 6}, {2, -3}); }, what);
    compare(
        {some_numbers(dtype, {5, 7}, 7), some_numbers(dtype, {7, 3}, 8)},
        [](const auto &xs) {
          return slice_update(xs[0], permute_dims(xs[1], {1, 0}), {4, 0}, {-2, 1});
        },
        what);
    compare(
        {some_numbers(dtype, {5, 7}, 7), some_numbers(dtype, {0, 3}, 8)},
        [](const auto &xs) { return slice_update(xs[0], xs[1], {9, 1}); }, what);
  }
}

TEST_F(EagerMove, AnUpdateInPlaceIsOneLaunch) {
  Tensor x = some_numbers(DType::f32, {5, 7}, 7), there = x.to(cuda()) * 1;
  const Tensor y = some_numbers(DType::f32, {5, 3}, 8), y_there = y.to(cuda());
  const float *const before = there.data<float>().data();
  there = there * 1; // what was looked at has a copy
  EXPECT_NE(before, nullptr);
  EXPECT_EQ(launch_log.of([&] { there.at(slice(), slice(1, 4)) = y_there; }), "copy_4_s");
  x.at(slice(), slice(1, 4)) = y;
  test::expect_same(there, x * 1, "in place");
}

TEST_F(EagerMove, Fold) {
  for (const DType dtype : all_dtypes) {
    if (dtype == DType::boolean)
      continue;
    const std::string what = "fold " + std::string(name(dtype));
    compare_moved(
        {some_numbers(dtype, {5, 3, 3}, 9)},
        [](const auto &xs) { return fold(xs[0], {1}, {7}, {2}); }, what);
    compare(
        {some_numbers(dtype, {2, 3, 2, 2, 3}, 10)},
        [](const auto &xs) { return fold(xs[0], {1, 2}, {5, 6}, {1, 2}, {2, 1}); }, what);
    compare(
        {some_numbers(dtype, {11, 4, 3}, 10)},
        [](const auto &xs) {
          return fold(permute_dims(xs[0], {1, 0, 2})(slice(), slice({}, {}, -1)), {1}, {13});
        },
        what);
    compare(
        {some_numbers(dtype, {0, 4, 3}, 10)}, [](const auto &xs) { return fold(xs[0], {1}, {6}); },
        what);
  }
}

/// Made on both, by generators that begin alike.
void compare_made(const std::function<Tensor(Generator &)> &make, const std::string &what) {
  Generator one(42), other(42);
  make(one);
  make(other); // the counter is not 0
  const std::uint64_t on_host = gpu::host_runs();
  Tensor got;
  {
    const DeviceScope there(cuda());
    got = make(one);
  }
  EXPECT_EQ(got.device(), cuda()) << what;
  EXPECT_EQ(gpu::host_runs(), on_host) << what;
  test::expect_same(got, make(other), what);
}

TEST_F(EagerMove, RandomNumbers) {
  for (const std::int64_t size : {0, 1, 2, 3, 4, 5, 7, 1021, 4099}) {
    const std::string what = std::to_string(size) + " of ";
    for (const DType dtype : {DType::f32, DType::f64}) {
      compare_made([&](Generator &g) { return uniform(g, {size}, dtype); }, what + "uniform");
      compare_made([&](Generator &g) { return normal(g, {size}, dtype); }, what + "normal");
    }
    for (const DType dtype : test::index_dtypes)
      compare_made([&](Generator &g) { return randint(g, 3, 100, {size}, dtype); },
                   what + "randint");
    compare_made([&](Generator &g) { return randint(g, -5, INT64_MAX, {size}); }, what + "randint");
    compare_made([&](Generator &g) { return permutation(g, size); }, what + "permutation");
  }
  compare_made([](Generator &g) { return bernoulli(g, 0.3, {31}); }, "bernoulli");
  compare_made([](Generator &g) { return exponential(g, {31}); }, "exponential");
  compare_made([](Generator &g) { return truncated_normal(g, {31}); }, "truncated_normal");
  const DeviceScope there(cuda());
  EXPECT_EQ(launch_log.of([] { uniform({1000}); }), "uniform_f32");
  EXPECT_EQ(launch_log.of([] { permutation(700); }), "random_pairs merge_tiles_long places_long_s");
  EXPECT_EQ(launch_log.of([] { permutation(3000); }),
            "random_pairs merge_tiles_long merge_long merge_long places_long_s");
}

TEST_F(EagerMove, Ranges) {
  for (const DType dtype : all_dtypes)
    if (dtype != DType::boolean) {
      const std::string what(name(dtype));
      compare_made([&](Generator &) { return arange(0, 101, 7, dtype); }, what);
      if (!is_unsigned(dtype))
        compare_made([&](Generator &) { return arange(9, -90, -13, dtype); }, what);
      compare_made([&](Generator &) { return arange(3, 3, 1, dtype); }, what);
    }
  for (const DType dtype : {DType::f32, DType::f64}) {
    compare_made([&](Generator &) { return arange(0.1, 700, 0.7, dtype); }, "fractions");
    compare_made([&](Generator &) { return linspace(-1, 3, 1009, dtype); }, "linspace");
    compare_made([&](Generator &) { return eye(7, 5, -1, dtype); }, "eye");
  }
  compare_made([&](Generator &) { return arange(INT64_MIN, INT64_MAX, INT64_MAX / 3); }, "far");
}

TEST_F(EagerMove, FunctionsThatMove) {
  const Tensor x = some_numbers(DType::f32, {7, 5}, 11);
  compare({x}, [](const auto &xs) { return roll(xs[0], 3); }, "roll");
  compare({x}, [](const auto &xs) { return tile(xs[0], {2, 3}); }, "tile");
  compare({x}, [](const auto &xs) { return repeat(xs[0], 3, 1); }, "repeat");
  compare({x}, [](const auto &xs) { return pad_reflect(xs[0], {2, 1}, {1, 3}); }, "pad_reflect");
  compare({x}, [](const auto &xs) { return stack({xs[0], xs[0] * 2}, 1); }, "stack");
  compare({x}, [](const auto &xs) { return triu(xs[0], 1); }, "triu");
  compare({x}, [](const auto &xs) { return diag(flatten(xs[0])(slice(0, 9)), 2); }, "diag");
}

} // namespace
} // namespace jit
