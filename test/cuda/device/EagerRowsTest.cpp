// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Eager reductions, row ops and scans on a GPU: the CPU's bits at every border of the mapping, for
// any strides, and never a run on the host.
#include "runtime/base/WithDType.h"
#include "runtime/cuda/OnHost.h"
#include "runtime/cuda/Pack.h"
#include "test/cuda/device/Launches.h"
#include "test/unit/compiler/TestMemory.h"

#include <tracejit/tracejit.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>

namespace jit {
namespace {

using Function = std::function<std::vector<Tensor>(const Tensor &)>;
/// A reduction or scan over some axes.
struct Op {
  const char *name;
  std::function<std::vector<Tensor>(const Tensor &x, Axes axes)> run;
};

class EagerRows : public testing::Test {
protected:
  void SetUp() override {
    if (gpu::pack().kernels.empty())
      GTEST_SKIP() << "this build has no pack: TRACEJIT_CUDA";
  }
};

std::int64_t product(const DimList &shape) {
  std::int64_t size = 1;
  for (std::int64_t extent : Dims(shape))
    size *= extent;
  return size;
}

/// Sums whose order shows, -0 and denormals; some with NaN and infinities.
template <class T> T number(std::mt19937_64 &random, bool wild) {
  if constexpr (std::is_floating_point_v<T>) {
    constexpr T special[] = {T(-0.0), T(0), T(1e-42), T(1e30), T(-1e30)};
    constexpr T bad[] = {T(NAN), T(INFINITY), T(-INFINITY)};
    const auto pick = random() % 64;
    return wild && pick < 3 ? bad[pick]
           : pick < 8       ? special[pick % 5]
                            : static_cast<T>(static_cast<double>(random()) * 0x1p-63 - 1);
  } else {
    return static_cast<T>(random());
  }
}
template <class T> Tensor numbers(const DimList &shape, bool wild = false) {
  if constexpr (std::is_same_v<T, bool>) {
    return numbers<std::int8_t>(shape) > 0;
  } else {
    std::mt19937_64 random(static_cast<std::uint64_t>(product(shape)) + wild);
    std::vector<T> elements(static_cast<std::size_t>(product(shape)));
    for (T &x : elements)
      x = number<T>(random, wild);
    return Tensor::copy_of(elements, shape);
  }
}

template <class T> std::string difference(const Tensor &here, const Tensor &there) {
  const std::vector<T> x = here.to_vector<T>(), y = there.to_vector<T>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const T a = x[i], b = y[i];
    if (!test::same(dtype_of<T>, reinterpret_cast<const std::byte *>(&a),
                    reinterpret_cast<const std::byte *>(&b)))
      return "element " + std::to_string(i) + ": " + std::to_string(a) + " and " +
             std::to_string(b);
  }
  return {};
}

/// Not if the driver finds no code for the pack's modules: it refuses them, and the host computes.
bool has_kernels() {
  const char *folder = std::getenv("TRACEJIT_EMU_PACK");
  return folder && std::filesystem::exists(folder);
}

void expect_same(const Tensor &x, const Function &run, const std::string &what) {
  const std::uint64_t on_host = gpu::host_runs();
  const std::vector<Tensor> here = run(x), there = run(x.to(cuda()));
  for (std::size_t r = 0; r < here.size(); ++r) {
    EXPECT_EQ(there[r].device(), cuda()) << what;
    ASSERT_EQ(there[r].dtype(), here[r].dtype()) << what;
    ASSERT_TRUE(std::ranges::equal(Dims(there[r].shape()), Dims(here[r].shape()))) << what;
    const std::string wrong = with_dtype(here[r].dtype(), [&]<class T>(std::type_identity<T>) {
      return difference<T>(here[r], there[r]);
    });
    ASSERT_EQ(wrong, "") << what << ", result " << r;
  }
  EXPECT_EQ(gpu::host_runs() == on_host, has_kernels()) << what;
}

std::string text(const DimList &shape) {
  std::string all;
  for (std::int64_t extent : Dims(shape))
    all += (all.empty() ? "" : "x") + std::to_string(extent);
  return all;
}

const std::vector<Op> &extrema() {
  static const std::vector<Op> ops{
      {"max", [](const Tensor &x, Axes a) { return std::vector{max(x, Reduce{.axis = a})}; }},
      {"min", [](const Tensor &x, Axes a) { return std::vector{min(x, Reduce{.axis = a})}; }},
      {"argmax", [](const Tensor &x, Axes a) { return std::vector{argmax(x, Reduce{.axis = a})}; }},
      {"argmin", [](const Tensor &x, Axes a) { return std::vector{argmin(x, Reduce{.axis = a})}; }},
  };
  return ops;
}
const std::vector<Op> &sums() {
  static const std::vector<Op> ops{
      {"sum", [](const Tensor &x, Axes a) { return std::vector{sum(x, Reduce{.axis = a})}; }},
      {"prod", [](const Tensor &x, Axes a) { return std::vector{prod(x, Reduce{.axis = a})}; }},
      {"mean", [](const Tensor &x, Axes a) { return std::vector{mean(x, Reduce{.axis = a})}; }},
      {"any", [](const Tensor &x, Axes a) { return std::vector{any(x, Reduce{.axis = a})}; }},
      {"all", [](const Tensor &x, Axes a) { return std::vector{all(x, Reduce{.axis = a})}; }},
  };
  return ops;
}
const Op moments{"var_mean", [](const Tensor &x, Axes a) {
                   const auto [var, mean] = var_mean(x, Variance{.axis = a, .correction = 1});
                   return std::vector{var, mean};
                 }};

std::vector<Op> reductions(DType dtype) {
  std::vector<Op> ops = sums();
  ops.insert(ops.end(), extrema().begin(), extrema().end());
  if (is_float(dtype))
    ops.push_back(moments);
  return ops;
}

template <class T> void check_shape(const DimList &shape, const std::vector<Axes> &all_axes) {
  const Tensor tame = numbers<T>(shape), wild = numbers<T>(shape, true);
  for (const Op &op : reductions(dtype_of<T>))
    for (std::size_t k = 0; k < all_axes.size(); ++k)
      for (const Tensor &x : {tame, wild})
        expect_same(
            x, [&](const Tensor &here) { return op.run(here, all_axes[k]); },
            std::string(op.name) + " of " + std::string(name(dtype_of<T>)) + " " + text(shape) +
                ", axes " + std::to_string(k));
}

TEST_F(EagerRows, RowsOfEveryLength) {
  for (const std::int64_t length :
       {1,  2,   3,   4,   5,   15,   16,   17,   31,   32,   33,    61,    64,
        65, 127, 255, 256, 257, 1009, 4095, 4096, 4097, 8192, 12289, 16384, 16385}) {
    check_shape<float>({3, length}, {Axes{1}});
    check_shape<double>({2, length}, {Axes{1}});
  }
}

TEST_F(EagerRows, ColumnsOfEveryLength) {
  for (const std::int64_t length : {1, 2, 3, 4, 5, 7, 255, 256, 257, 511, 4096, 65536, 65537}) {
    check_shape<float>({length, 3}, {Axes{0}});
    check_shape<double>({length, 2}, {Axes{0}});
  }
  check_shape<float>({13, 1031}, {Axes{0}});
}

// More parts than a warp has threads.
TEST_F(EagerRows, MomentsOfManyParts) {
  for (const DimList &shape : {DimList{2, 4096 * 33 + 1}, DimList{4096 * 65 + 5}})
    expect_same(
        numbers<float>(shape), [](const Tensor &t) { return moments.run(t, Axes{-1}); },
        text(shape));
  expect_same(
      numbers<double>({256 * 33 + 1, 3}), [](const Tensor &t) { return moments.run(t, Axes{0}); },
      "columns");
  expect_same(
      numbers<float>({70, 3, 130}), [](const Tensor &t) { return moments.run(t, Axes{0, 2}); },
      "both");
}

TEST_F(EagerRows, EveryDTypeOverEveryAxes) {
  const auto check = []<class... T>(std::type_identity<T>...) {
    (check_shape<T>({5, 7, 3, 11}, {Axes{0}, Axes{1}, Axes{3}, Axes{0, 2}, Axes{1, 3}, Axes{0, 3},
                                    Axes{0, 1, 3}, Axes{0, 1, 2}, Axes{2, 3}, Axes{}}),
     ...);
  };
  check(std::type_identity<bool>(), std::type_identity<std::int8_t>(),
        std::type_identity<std::uint8_t>(), std::type_identity<std::int16_t>(),
        std::type_identity<std::uint16_t>(), std::type_identity<std::int32_t>());
  check(std::type_identity<std::uint32_t>(), std::type_identity<std::int64_t>(),
        std::type_identity<float>(), std::type_identity<double>());
}

using View = std::pair<const char *, std::function<Tensor(const Tensor &)>>;
const std::vector<View> &views() {
  static const std::vector<View> all{
      {"transposed", [](const Tensor &t) { return permute_dims(t, Axes{2, 1, 0}); }},
      {"backwards", [](const Tensor &t) { return t(slice({}, {}, -1), slice({}, {}, -2)); }},
      {"last axis backwards",
       [](const Tensor &t) { return t(slice(), slice(), slice({}, {}, -1)); }},
      {"every third", [](const Tensor &t) { return t(slice(), slice(), slice(1, {}, 3)); }},
      {"moved by an element", [](const Tensor &t) { return t(slice(), slice(), slice(1, -1)); }},
      {"broadcast",
       [](const Tensor &t) { return broadcast_to(t(0, slice(0, 1)), {9, 5, t.shape().back()}); }},
  };
  return all;
}

TEST_F(EagerRows, Strides) {
  const Tensor x = numbers<float>({6, 37, 130}, true);
  for (const auto &[view_name, view] : views())
    for (const Op &op : reductions(DType::f32))
      for (const Axes &axes : {Axes{0}, Axes{1}, Axes{2}, Axes{0, 2}, Axes{1, 2}, Axes{}})
        expect_same(
            x, [&](const Tensor &t) { return op.run(view(t), axes); },
            std::string(op.name) + " " + view_name);
}

TEST_F(EagerRows, DTypesOfResults) {
  const DType wanted[] = {DType::i8,  DType::u8,  DType::i16, DType::u16, DType::i32,
                          DType::u32, DType::i64, DType::f32, DType::f64};
  const Tensor all[] = {numbers<float>({4, 37}, true), numbers<double>({4, 37}, true),
                        numbers<std::int32_t>({4, 37}), numbers<std::int8_t>({4, 37})};
  for (const Tensor &x : all)
    for (DType dtype : wanted)
      for (const Axes &axes : {Axes{0}, Axes{1}}) {
        const Reduce how{.axis = axes, .dtype = dtype};
        expect_same(
            x, [&](const Tensor &t) { return std::vector{sum(t, how), prod(t, how)}; },
            std::string(name(x.dtype())) + " to " + std::string(name(dtype)));
        if (is_float(dtype))
          expect_same(x, [&](const Tensor &t) { return std::vector{mean(t, how)}; }, "mean");
      }
}

TEST_F(EagerRows, WithoutElements) {
  for (const DimList &shape : {DimList{3, 0}, DimList{0}, DimList{0, 4}})
    for (int axis = 0; axis < static_cast<int>(Dims(shape).size()); ++axis)
      for (const int correction : {0, 1, -1}) {
        const Tensor x = numbers<float>(shape);
        expect_same(
            x,
            [&](const Tensor &t) {
              const auto [var, mean_of] =
                  var_mean(t, Variance{.axis = Axes{axis}, .correction = correction});
              const Reduce how{.axis = Axes{axis}};
              return std::vector{sum(t, how), prod(t, how), mean(t, how), any(t, how),
                                 all(t, how), var,          mean_of};
            },
            text(shape));
      }
  EXPECT_THROW(max(numbers<float>({0}).to(cuda())), Error);
}

TEST_F(EagerRows, FirstWinners) {
  const float inf = INFINITY;
  const std::vector<std::vector<float>> rows{{1, NAN, 2, NAN},     {-inf, -inf, -inf}, {inf, inf},
                                             {-0.0f, 0.0f, -0.0f}, {0.0f, -0.0f},      {NAN},
                                             {3, 5, 5, 1, 5},      {-inf, NAN}};
  for (const std::vector<float> &row : rows)
    for (const std::size_t padding : {0u, 70u, 5000u, 20000u}) {
      std::vector<float> all(padding, row[0]);
      all.insert(all.end(), row.begin(), row.end());
      const Tensor x = Tensor::copy_of(all);
      for (const Op &op : extrema()) {
        expect_same(x, [&](const Tensor &t) { return op.run(t, Axes{0}); }, op.name);
        expect_same(
            x, [&](const Tensor &t) { return op.run(expand_dims(t, 1), Axes{0}); }, op.name);
      }
    }
}

TEST_F(EagerRows, Masks) {
  const Tensor x = numbers<float>({7, 301}), mask = numbers<std::int8_t>({7, 301});
  expect_same(
      x,
      [&](const Tensor &t) {
        const Reduce how{.axis = Axes{1}, .where = mask.to(t.device()) > 40};
        return std::vector{sum(t, how), mean(t, how), max(t, how), argmin(t, how)};
      },
      "masked");
}

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
    const Tensor there = x.to(cuda());
    synchronize();
    test::kernels_launched();
    softmax(there, axis).to_vector<float>();
    return test::kernels_launched();
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(kernels(numbers<float>({9, 256}), 1), Names{"row_softmax_f32_short"});
  EXPECT_EQ(kernels(numbers<float>({9, 257}), 1), Names{"row_softmax_f32_block"});
  EXPECT_EQ(kernels(numbers<float>({9, 4096}), 1), Names{"row_softmax_f32_block"});
  EXPECT_EQ(kernels(numbers<float>({9, 7}), 0),
            (Names{"reduce_max_f32_f32_outer", "subtract_f32_s", "exp_f32_c",
                   "reduce_sum_f32_f32_outer", "divide_f32_c", "multiply_f32_s"}));
}

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
    const Tensor there = numbers<float>(shape).to(cuda());
    synchronize();
    test::kernels_launched();
    cumulative_sum(there, axis).to_vector<float>();
    return test::kernels_launched();
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(kernels({9, 256}, 1), Names{"scan_sum_f32_rows"});
  EXPECT_EQ(kernels({256, 9}, 0), Names{"scan_sum_f32_columns"});
  EXPECT_EQ(kernels({257}, 0),
            (Names{"scan_sum_f32_rows", "scan_sum_f32_carry", "scan_sum_f32_join"}));
  EXPECT_EQ(kernels({257, 2}, 0),
            (Names{"scan_sum_f32_columns", "scan_sum_f32_carry", "scan_sum_f32_join"}));
}

// A chunk a team, parts by a second launch, and parts of parts by a third.
TEST_F(EagerRows, LaunchesOfLongRows) {
  const auto kernels = [](const Tensor &x, Axes axes) {
    const Tensor there = x.to(cuda());
    synchronize();
    test::kernels_launched();
    sum(there, Reduce{.axis = axes}).to_vector<float>();
    return test::kernels_launched();
  };
  using Names = std::vector<std::string>;
  const std::string inner = "reduce_sum_f32_f32_inner", outer = "reduce_sum_f32_f32_outer";
  EXPECT_EQ(kernels(numbers<float>({4096}), Axes{}), Names{inner});
  EXPECT_EQ(kernels(numbers<float>({3, 4097}), Axes{1}), (Names{inner, inner}));
  EXPECT_EQ(kernels(numbers<float>({256, 5}), Axes{0}), Names{outer});
  EXPECT_EQ(kernels(numbers<float>({257, 5}), Axes{0}), (Names{outer, outer}));
  EXPECT_EQ(kernels(numbers<float>({3, 5, 7}), Axes{0, 2}), (Names{inner, outer}));
  const Tensor x = numbers<float>({4096 * 4096 + 5});
  EXPECT_EQ(kernels(x, Axes{}), (Names{inner, inner, inner}));
  expect_same(x, [&](const Tensor &t) { return std::vector{sum(t)}; }, "three levels");
}

} // namespace
} // namespace jit
