// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Eager reductions on a GPU at every border of the mapping, for all dtypes, axes and strides.
#include "test/cuda/device/EagerCompare.h"

namespace jit::test {
namespace {

/// A reduction or scan over some axes.
struct Op {
  const char *name;
  std::function<std::vector<Tensor>(const Tensor &x, Axes axes)> run;
};

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

// A chunk a team, parts by a second launch, and parts of parts by a third.
TEST_F(EagerRows, LaunchesOfLongRows) {
  const auto kernels = [](const Tensor &x, Axes axes) {
    return kernels_of(x,
                      [&](const Tensor &t) { return std::vector{sum(t, Reduce{.axis = axes})}; });
  };
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
} // namespace jit::test
