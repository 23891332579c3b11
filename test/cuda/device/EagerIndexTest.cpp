// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops whose places come from tensors of integers, sorting and searching, on a GPU.
#include "test/Refused.h"
#include "test/cuda/device/LaunchNames.h"
#include "test/cuda/device/Launches.h"
#include "test/cuda/device/SameBits.h"

namespace jit {
namespace {

using test::all_dtypes;
using test::compare;
using test::compare_moved;
using test::driver_calls;
using test::index_dtypes;
using test::launch_log;
using test::some_numbers;

class EagerIndex : public testing::Test {
protected:
  void SetUp() override {
    if (gpu::pack().kernels.empty())
      GTEST_SKIP() << "built without kernels for GPUs";
  }
};

/// Indices in [-extent, extent), or from 0 on; many twice.
Tensor some_indices(DType dtype, DimList shape, std::int64_t extent, unsigned seed) {
  const std::int64_t low = is_unsigned(dtype) ? 0 : -extent;
  Generator generator(seed);
  return randint(generator, low, extent, shape, dtype);
}

TEST_F(EagerIndex, Take) {
  for (const DType dtype : all_dtypes)
    for (const int axis : {0, 1, 2})
      for (const DimList &shape : {DimList{}, DimList{1}, DimList{0}, DimList{13}, DimList{2, 3}})
        compare_moved(
            {some_numbers(dtype, {5, 7, 3}, 1),
             some_indices(DType::i64, shape, axis == 2 ? 3 : 5, 2)},
            [&](const auto &xs) { return take(xs[0], xs[1], axis); },
            "take " + std::string(name(dtype)) + " axis " + std::to_string(axis));
}

TEST_F(EagerIndex, IndicesOfAnyIntegers) {
  for (const DType dtype : index_dtypes) {
    const std::string what(name(dtype));
    const Tensor x = some_numbers(DType::f32, {5, 7}, 1), i = some_indices(dtype, {11, 3}, 5, 3);
    compare_moved({x, i}, [](const auto &xs) { return take(xs[0], xs[1], 0); }, what);
    compare(
        {x, i}, [](const auto &xs) { return take(xs[0], permute_dims(xs[1], {1, 0}), 1); }, what);
    compare(
        {x, i},
        [](const auto &xs) {
          return take_along_axis(permute_dims(xs[0], {1, 0}), xs[1](slice(0, 7), slice({}, {}, -1)),
                                 1);
        },
        what);
    compare(
        {x, some_indices(dtype, {5, 1}, 7, 4)},
        [](const auto &xs) { return take_along_axis(xs[0], xs[1], 1); }, what);
    compare({abs(i)}, [](const auto &xs) { return one_hot(xs[0], 6); }, what);
    compare(
        {abs(i)}, [](const auto &xs) { return one_hot(permute_dims(xs[0], {1, 0}), 7, DType::i8); },
        what);
  }
}

TEST_F(EagerIndex, OneHotOfEveryDType) {
  for (const DType dtype : all_dtypes) {
    const Tensor i = abs(some_indices(DType::i64, {17}, 5, 3));
    compare_moved(
        {i}, [&](const auto &xs) { return one_hot(xs[0], 6, dtype); }, std::string(name(dtype)));
    compare({i(slice(0, 0))}, [&](const auto &xs) { return one_hot(xs[0], 6, dtype); }, "none");
    compare({i(slice(0, 0))}, [&](const auto &xs) { return one_hot(xs[0], 0, dtype); }, "none");
  }
}

TEST_F(EagerIndex, RowsMoveInWholeWords) {
  const Tensor i = some_indices(DType::i64, {7}, 5, 3).to(cuda());
  const auto names = [&](DType dtype, DimList shape, int axis) {
    const Tensor x = some_numbers(dtype, shape, 1).to(cuda());
    return launch_log.of([&] { take(x, i, axis); });
  };
  EXPECT_EQ(names(DType::f32, {5, 6}, 0), "gather_8_s");
  EXPECT_EQ(names(DType::f32, {5, 7}, 0), "gather_4_s");
  EXPECT_EQ(names(DType::f32, {5, 8}, 0), "gather_16_s");
  EXPECT_EQ(names(DType::u8, {5, 24}, 0), "gather_8_s");
  EXPECT_EQ(names(DType::i16, {5, 2}, 0), "gather_4_s");
  EXPECT_EQ(names(DType::u8, {6, 16}, 1), "gather_1_s");
  // Of rows that are an odd number of elements apart.
  compare(
      {some_numbers(DType::i16, {5, 7}, 1), i.to({})},
      [](const auto &xs) { return take(xs[0](slice(), slice(0, 4)), xs[1], 0); }, "odd step");
}

constexpr ScatterMode modes[] = {ScatterMode::set, ScatterMode::add, ScatterMode::multiply,
                                 ScatterMode::minimum, ScatterMode::maximum};
bool takes(ScatterMode mode, DType dtype) {
  return dtype != DType::boolean || (mode != ScatterMode::add && mode != ScatterMode::multiply);
}

TEST_F(EagerIndex, ScatterWithFewIndices) {
  for (const DType dtype : all_dtypes)
    for (const ScatterMode mode : modes) {
      if (!takes(mode, dtype))
        continue;
      const std::string what =
          std::string(name(dtype)) + " mode " + std::to_string(static_cast<int>(mode));
      const Tensor x = some_numbers(dtype, {5, 7}, 1);
      compare_moved(
          {x, some_indices(DType::i32, {13}, 5, 2), some_numbers(dtype, {13, 7}, 3)},
          [&](const auto &xs) { return scatter(xs[0], xs[1], xs[2], 0, mode); }, what);
      compare(
          {x, some_indices(DType::u8, {3, 4}, 7, 2), some_numbers(dtype, {5, 3, 4}, 3)},
          [&](const auto &xs) { return scatter(xs[0], xs[1], xs[2], 1, mode); }, what);
      compare(
          {x, some_indices(DType::i64, {13, 7}, 5, 2), some_numbers(dtype, {13, 7}, 3)},
          [&](const auto &xs) { return scatter_along_axis(xs[0], xs[1], xs[2], 0, mode); }, what);
      compare(
          {x, some_indices(DType::i64, {}, 5, 2), some_numbers(dtype, {7}, 3)},
          [&](const auto &xs) { return scatter(xs[0], xs[1], xs[2], 0, mode); }, what);
      compare(
          {x, some_indices(DType::i64, {0}, 5, 2), some_numbers(dtype, {0, 7}, 3)},
          [&](const auto &xs) { return scatter(xs[0], xs[1], xs[2], 0, mode); }, what);
    }
}

TEST_F(EagerIndex, ScatterOfViews) {
  const Tensor x = some_numbers(DType::f32, {7, 5}, 1), i = some_indices(DType::i64, {4, 3}, 5, 2);
  const Tensor updates = some_numbers(DType::f32, {7, 3, 4}, 3);
  compare(
      {x, i, updates},
      [](const auto &xs) {
        return scatter(permute_dims(xs[0], {1, 0}), permute_dims(xs[1], {1, 0}),
                       permute_dims(xs[2], {1, 2, 0}), 0, ScatterMode::add);
      },
      "axes of the index that are not one axis");
  compare(
      {x, i(0), updates},
      [](const auto &xs) {
        return scatter(permute_dims(xs[0], {1, 0}), xs[1],
                       permute_dims(xs[2], {1, 2, 0})(slice(), 1), 0, ScatterMode::add);
      },
      "transposed");
}

TEST_F(EagerIndex, ScatterWithManyIndices) {
  for (const DType dtype : all_dtypes)
    for (const ScatterMode mode : modes) {
      if (!takes(mode, dtype))
        continue;
      const std::string what =
          std::string(name(dtype)) + " mode " + std::to_string(static_cast<int>(mode));
      for (const std::int64_t count : {65, 1021, 2503}) {
        compare(
            {some_numbers(dtype, {31}, 1), some_indices(DType::i32, {count}, 31, 2),
             some_numbers(dtype, {count}, 3)},
            [&](const auto &xs) { return scatter(xs[0], xs[1], xs[2], 0, mode); }, what);
        compare(
            {some_numbers(dtype, {3, 31, 2}, 1), some_indices(DType::i64, {count}, 31, 2),
             some_numbers(dtype, {3, count, 2}, 3)},
            [&](const auto &xs) { return scatter(xs[0], xs[1], xs[2], 1, mode); }, what);
      }
      compare(
          {some_numbers(dtype, {3, 31, 2}, 1), some_indices(DType::i64, {3, 1031, 2}, 31, 2),
           some_numbers(dtype, {3, 1031, 2}, 3)},
          [&](const auto &xs) { return scatter_along_axis(xs[0], xs[1], xs[2], 1, mode); }, what);
      compare(
          {some_numbers(dtype, {31, 5}, 1), some_indices(DType::i8, {67, 5}, 31, 2),
           some_numbers(dtype, {67, 5}, 3)},
          [&](const auto &xs) { return scatter_along_axis(xs[0], xs[1], xs[2], 0, mode); }, what);
    }
  const Tensor x = zeros({31}).to(cuda()), one = ones({65}).to(cuda());
  const Tensor i = some_indices(DType::i32, {65}, 31, 2).to(cuda());
  EXPECT_EQ(launch_log.of([&] { scatter_add(x, i, one); }),
            "cast_f32_f32_c place_pairs_s merge_tiles_short scatter_runs_f32_s");
  EXPECT_EQ(launch_log.of([&] { scatter_add(x, i(slice(0, 64)), one(slice(0, 64))); }),
            "index_range_s cast_f32_f32_c scatter_f32_s");
}

TEST_F(EagerIndex, CountsAreAddedInOrder) {
  // Sums that depend on their order.
  const Tensor i = some_indices(DType::i64, {4001}, 3, 5);
  const Tensor x = abs(i), weights = some_numbers(DType::f32, {4001}, 6) * 1e-3;
  compare({x, weights}, [](const auto &xs) { return bincount(xs[0], xs[1], 7); }, "bincount");
  compare({x}, [](const auto &xs) { return bincount(xs[0], 7); }, "bincount");
}

TEST_F(EagerIndex, RangesAreReadOnce) {
  for (const DType dtype : index_dtypes) {
    const Tensor i = some_indices(dtype, {37}, 5, 3), there = i.to(cuda()) * 1;
    const Tensor x = some_numbers(DType::f32, {5, 7}, 1).to(cuda());
    const auto reads = driver_calls("MemcpyDtoHAsync");
    EXPECT_EQ(launch_log.of([&] { take(x, there, 0); }), "index_range_s gather_4_s") << name(dtype);
    EXPECT_EQ(driver_calls("MemcpyDtoHAsync"), reads + 1);
    EXPECT_EQ(launch_log.of([&] { take(x, there, 0); }), "gather_4_s") << name(dtype);
    EXPECT_EQ(driver_calls("MemcpyDtoHAsync"), reads + 1);
  }
  // Of a view; of so many that blocks share them.
  const Tensor many = some_indices(DType::i32, {3, 5003}, 5, 3).to(cuda()) * 1;
  const Tensor x = some_numbers(DType::f32, {5}, 1).to(cuda());
  EXPECT_EQ(launch_log.of([&] { take(x, many, 0); }), "index_range_s index_range_s gather_4_s");
  EXPECT_EQ(launch_log.of([&] { take(x, permute_dims(many, {1, 0}), 0); }),
            "index_range_s index_range_s gather_4_s");
  // Whoever has looked at them has them here.
  const Tensor seen = many * 1;
  seen.to_vector<std::int32_t>();
  EXPECT_EQ(launch_log.of([&] { take(x, seen, 0); }), "gather_4_s");
}

TEST_F(EagerIndex, ErrorsAreAtTheirLine) {
  const Tensor x = some_numbers(DType::f32, {5, 7}, 1), there = x.to(cuda());
  const auto expect = [](const std::string &message, auto f,
                         std::source_location call = std::source_location::current()) {
    EXPECT_EQ(test::expect_refused(message, f, call), ErrorCode::invalid_argument);
  };
  for (const DType dtype : index_dtypes)
    for (const std::int64_t count : {1, 1009, 9001})
      for (const std::int64_t at : {std::int64_t{0}, count / 2, count - 1}) {
        Tensor i = zeros({count}, dtype);
        i.at(at) = 5;
        const Tensor bad = i.to(cuda()) * 1;
        expect("take: index 5 is out of range: indices must be in [-5, 5)",
               [&] { take(there, bad, 0); });
        expect("one_hot: index 5 is out of range: indices must be in [0, 5)",
               [&] { one_hot(bad, 5); });
        if (is_unsigned(dtype))
          continue;
        i.at(at) = -8;
        const Tensor low = i.to(cuda()) * 1;
        expect("take: index -8 is out of range: indices must be in [-7, 7)",
               [&] { take(there, low, 1); });
        expect("scatter: index -8 is out of range: indices must be in [-5, 5)",
               [&] { scatter(there, low, zeros({count, 7}).to(cuda()), 0); });
      }
  for (const std::int64_t far : {INT64_MIN, INT64_MAX, std::int64_t{1} << 32}) {
    const Tensor bad = (full({3}, far).to(cuda()) * 1);
    expect("take: index " + std::to_string(far) + " is out of range: indices must be in [-5, 5)",
           [&] { take(there, bad, 0); });
  }
  // The next op works.
  test::expect_same(take(there, full({1}, -1).to(cuda()), 0), take(x, full({1}, -1), 0), "next");
}

TEST_F(EagerIndex, SortOfEveryDType) {
  for (const DType dtype : all_dtypes)
    for (const std::int64_t size : {1, 2, 3, 31, 1023, 1024, 1025, 2048, 3001})
      for (const bool descending : {false, true}) {
        const std::string what = std::to_string(size) + " of " + std::string(name(dtype));
        const Tensor x = some_numbers(dtype, {size}, 1);
        compare_moved(
            {x}, [&](const auto &xs) { return sort(xs[0], {.descending = descending}); }, what);
        compare(
            {x}, [&](const auto &xs) { return argsort(xs[0], {.descending = descending}); }, what);
      }
}

TEST_F(EagerIndex, SortAlongAxes) {
  for (const DType dtype : {DType::boolean, DType::u8, DType::i32, DType::f32, DType::f64})
    for (const DimList &shape : {DimList{7, 5, 3}, DimList{301, 1, 4}, DimList{1, 1, 1},
                                 DimList{0, 3, 2}, DimList{2, 1030, 3}, DimList{67, 1, 601}})
      for (const int axis : {0, 1, 2}) {
        const std::string what = std::string(name(dtype)) + " axis " + std::to_string(axis);
        const Tensor x = some_numbers(dtype, shape, 1);
        compare({x}, [&](const auto &xs) { return sort(xs[0], {.axis = axis}); }, what);
        compare(
            {x},
            [&](const auto &xs) {
              return argsort(permute_dims(xs[0], {2, 0, 1})(slice({}, {}, -1)),
                             {.axis = axis, .descending = true});
            },
            what);
      }
  const Tensor x = some_numbers(DType::f32, {5, 301}, 1);
  for (const std::int64_t k : {1, 2, 300, 301})
    for (const bool largest : {true, false}) {
      compare({x}, [&](const auto &xs) { return top_k(xs[0], k, 1, largest).first; }, "top_k");
      compare({x}, [&](const auto &xs) { return top_k(xs[0], k, 1, largest).second; }, "top_k");
    }
  EXPECT_EQ(launch_log.of([there = x.to(cuda())] { sort(there); }),
            "sort_pairs_f32_s merge_tiles_short places_short_s gather_4_s");
}

TEST_F(EagerIndex, Searchsorted) {
  for (const DType dtype : all_dtypes)
    for (const Side side : {Side::left, Side::right})
      for (const std::int64_t size : {0, 1, 2, 3, 101}) {
        const Tensor x = sort(some_numbers(dtype, {size}, 1));
        const auto search = [&](const auto &xs) { return searchsorted(xs[0], xs[1], side); };
        const std::string what = std::to_string(size) + " of " + std::string(name(dtype));
        compare_moved({x, some_numbers(dtype, {7, 11}, 2)}, search, what);
        compare({some_numbers(dtype, {size}, 1), some_numbers(dtype, {7}, 2)}, search,
                what + " in no order");
        compare(
            {x, some_numbers(dtype, {7, 11}, 2)},
            [&](const auto &xs) {
              return searchsorted(xs[0](slice({}, {}, 2)), permute_dims(xs[1], {1, 0}), side);
            },
            what);
      }
}

Tensor shuffle_of(const Tensor &x) {
  Generator generator(3);
  return shuffle(generator, x);
}

TEST_F(EagerIndex, FunctionsOnSorting) {
  const Tensor x = some_numbers(DType::f32, {211}, 1);
  compare({x}, [](const auto &xs) { return isin(xs[0], xs[0](slice(0, 20))); }, "isin");
  compare({x}, [](const auto &xs) { return kthvalue(xs[0], 9).first; }, "kthvalue");
  compare({x}, [](const auto &xs) { return shuffle_of(xs[0]); }, "shuffle");
  compare({x}, [](const auto &xs) { return nonzero(xs[0] > 0, 200, -1); }, "nonzero");
  compare({x}, [](const auto &xs) { return compress(xs[0], xs[0] > 0, 99); }, "compress");
  compare(
      {x, arange(0, 400, 31, DType::f32)},
      [](const auto &xs) { return histogram(abs(xs[0]), xs[1]); }, "histogram");
  compare({x}, [](const auto &xs) { return unique_values(xs[0]); }, "unique_values");
}

} // namespace
} // namespace jit
