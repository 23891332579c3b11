// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Windows, fold and pooling against loops that look at every element by itself.
#include "test/Refused.h"
#include "test/unit/autograd/Differences.h"
#include "test/unit/jit/CompiledTest.h"

namespace jit::test {
namespace {

using Extents = std::vector<std::int64_t>;
Extents extents(const Tensor &x) { return {x.shape().begin(), x.shape().end()}; }

using Values = std::vector<double>;
constexpr double infinity = std::numeric_limits<double>::infinity();

class Windows : public CompiledTest {
protected:
  void SetUp() override {
    CompiledTest::SetUp();
    set_mode(Mode::off);
  }
};

TEST_F(Windows, AreAView) {
  const Tensor x = arange(0, 7, 1, DType::f64);
  const Tensor w = windows(x, 0, {3}, {2});
  EXPECT_EQ(extents(w), (Extents{3, 3}));
  EXPECT_EQ(w.to_vector<double>(), (Values{0, 1, 2, 2, 3, 4, 4, 5, 6}));
  EXPECT_EQ(detail::Access::impl(w)->storage, detail::Access::impl(x)->storage);
  EXPECT_EQ(windows(x, -1, {3}, {1}, {3}).to_vector<double>(), (Values{0, 3, 6}));
  const Tensor grid = reshape(arange(0, 12, 1, DType::f64), {3, 4});
  // Axes in the order given, and of views that lie otherwise.
  EXPECT_EQ(windows(grid, {1, 0}, {4, 2}).to_vector<double>(),
            (Values{0, 4, 1, 5, 2, 6, 3, 7, 4, 8, 5, 9, 6, 10, 7, 11}));
  EXPECT_EQ(windows(flip(grid.T(), 0), 0, {2}, {2})(1, 0).to_vector<double>(), (Values{1, 0}));
  EXPECT_EQ(windows(grid, 0, {1}).shape(2), 1);
}

// What lies in range does not keep its sums there: they are looked at before something is taken.
TEST_F(Windows, SumsAreNoPlacesUnseen) {
  set_mode(Mode::on);
  const Tensor x = arange(5, 7);
  auto traced = trace([&](const Tensor &index) { return take(x, fold(index, 0, {4})); }, {"sums"});
  const Tensor nowhere = zeros({3, 2}, DType::i64), beyond = ones({3, 2}, DType::i64);
  repeat(6, [&](int) {
    EXPECT_EQ(traced(nowhere).to_vector<std::int64_t>(), (std::vector<std::int64_t>{5, 5, 5, 5}));
  });
  EXPECT_THROW(traced(beyond).to_vector<std::int64_t>(), Error);
  EXPECT_EQ(traced(nowhere).to_vector<std::int64_t>(), (std::vector<std::int64_t>{5, 5, 5, 5}));
}

TEST_F(Windows, FoldPutsThemBack) {
  const Tensor x = ones({4, 3}, DType::f64);
  EXPECT_EQ(fold(x, 0, {6}).to_vector<double>(), (Values{1, 2, 3, 3, 2, 1}));
  EXPECT_EQ(fold(x, 0, {12}, {3}).to_vector<double>(), (Values(12, 1)));
  EXPECT_EQ(fold(x, 0, {13}, {3}).to_vector<double>().back(), 0);
  EXPECT_EQ(fold(ones({2, 2}, DType::u8), 0, {3}).to_vector<std::uint8_t>(),
            (std::vector<std::uint8_t>{1, 2, 1}));
  // <fold y, x> = <y, windows x>
  Generator generator(1);
  const Tensor image = normal(generator, {2, 7, 9}, DType::f64);
  const Tensor w = windows(image, {1, 2}, {3, 2}, {2, 3}, {1, 2});
  const Tensor y = normal(generator, w.shape(), DType::f64);
  const Tensor back = fold(y, {1, 2}, {7, 9}, {2, 3}, {1, 2});
  EXPECT_NEAR(sum(back * image).item<double>(), sum(y * w).item<double>(), 1e-12);
}

TEST_F(Windows, Gradients) {
  const Tensor x = testing::numbers({2, 5, 4}, 1, true);
  testing::check_gradients(
      [](const auto &v) { return windows(v[0], {1, 2}, {3, 2}, {1, 2}, {2, 1}); }, {x}, "windows");
  testing::check_gradients([](const auto &v) { return fold(square(v[0]), 1, {11}, {1}, {2}); }, {x},
                           "fold");
}

// Pooling by definition
// ----------------------------------------------------------------------------------------------

struct Case {
  DimList shape, size;
  Pool options;
};

std::int64_t or_else(const DimList &list, std::size_t i, std::int64_t otherwise) {
  return list.size() > 0 ? list[i] : otherwise;
}

/// How many windows begin inside, or in the padding in front.
std::int64_t count_windows(std::int64_t in, std::int64_t size, std::int64_t stride,
                           std::int64_t padding, std::int64_t dilation, bool ceil_mode) {
  std::int64_t count = 0;
  for (std::int64_t begin = -padding;; begin += stride, ++count) {
    const std::int64_t end = begin + (size - 1) * dilation + 1;
    if (end <= in + padding)
      continue;
    const bool one_more =
        ceil_mode && begin < in && begin - stride + (size - 1) * dilation + 1 < in + padding;
    return count + (one_more ? 1 : 0);
  }
}

/// Of the last two axes of [n, h, w]: the largest element and the mean of each window.
void pool_by_loops(const Case &c, const Tensor &x, bool largest, Values &out, DimList &shape) {
  const Values values = x.to_vector<double>();
  std::int64_t in[2], size[2], stride[2], padding[2], dilation[2], count[2];
  for (std::size_t i = 0; i < 2; ++i) {
    in[i] = c.shape[1 + i];
    size[i] = c.size[i];
    stride[i] = or_else(c.options.stride, i, size[i]);
    padding[i] = or_else(c.options.padding, i, 0);
    dilation[i] = or_else(c.options.dilation, i, 1);
    count[i] =
        count_windows(in[i], size[i], stride[i], padding[i], dilation[i], c.options.ceil_mode);
  }
  shape = {c.shape[0], count[0], count[1]};
  for (std::int64_t n = 0; n < c.shape[0]; ++n)
    for (std::int64_t i = 0; i < count[0]; ++i)
      for (std::int64_t j = 0; j < count[1]; ++j) {
        double best = -infinity, total = 0;
        int inside = 0, padded = 0;
        for (std::int64_t k = 0; k < size[0]; ++k)
          for (std::int64_t l = 0; l < size[1]; ++l) {
            const std::int64_t row = i * stride[0] - padding[0] + k * dilation[0];
            const std::int64_t column = j * stride[1] - padding[1] + l * dilation[1];
            padded += row < in[0] + padding[0] && column < in[1] + padding[1];
            if (row < 0 || row >= in[0] || column < 0 || column >= in[1])
              continue;
            ++inside;
            const double value =
                values[static_cast<std::size_t>((n * in[0] + row) * in[1] + column)];
            total += value;
            best = std::isnan(value) || value > best ? value : best;
          }
        const int divisor = c.options.divisor             ? static_cast<int>(*c.options.divisor)
                            : c.options.count_include_pad ? padded
                                                          : inside;
        out.push_back(largest ? best : total / divisor);
      }
}

/// Whole numbers, so that sums are exact.
Tensor whole_numbers(const DimList &shape, DType dtype = DType::f64) {
  std::int64_t size = 1;
  for (const std::int64_t extent : shape)
    size *= extent;
  return reshape((arange(0, size, 1) * 37 % 101).astype(dtype), shape);
}

const Case cases[] = {
    {{2, 6, 6}, {2, 2}, {}},
    {{1, 7, 5}, {3, 3}, {.stride = {2, 2}, .padding = {1, 1}}},
    {{2, 7, 8}, {3, 2}, {.stride = {2, 3}, .padding = {1, 0}, .ceil_mode = true}},
    {{1, 5, 5}, {2, 2}, {.stride = {2, 2}, .padding = {1, 1}, .ceil_mode = true}},
    {{1, 6, 5}, {4, 3}, {.stride = {3, 1}, .padding = {2, 1}, .count_include_pad = false}},
    {{2, 7, 7},
     {3, 3},
     {.stride = {3, 2}, .padding = {1, 1}, .ceil_mode = true, .count_include_pad = false}},
    {{1, 4, 4}, {3, 3}, {.stride = {1, 1}, .divisor = 4}},
    {{1, 12, 5}, {9, 2}, {.stride = {2, 2}, .padding = {4, 0}}}, // not by slices
    {{1, 2, 1}, {3, 2}, {.padding = {1, 1}}},                    // larger than the image
    {{0, 4, 4}, {2, 2}, {}},
};

TEST_F(Windows, PoolsAgreeWithLoops) {
  for (const Case &c : cases) {
    const Tensor x = whole_numbers(c.shape);
    for (const bool largest : {true, false}) {
      Values expected;
      DimList shape;
      pool_by_loops(c, x, largest, expected, shape);
      const Tensor got = largest ? max_pool(x, c.size, c.options) : avg_pool(x, c.size, c.options);
      EXPECT_EQ(extents(got), Extents(shape.begin(), shape.end()))
          << describe(x.dtype(), x.shape());
      EXPECT_EQ(got.to_vector<double>(), expected) << describe(x.dtype(), x.shape()) << largest;
    }
  }
  const Case dilated{{2, 9, 7}, {3, 2}, {.stride = {2, 1}, .padding = {1, 1}, .dilation = {2, 3}}};
  Values expected;
  DimList shape;
  const Tensor x = whole_numbers(dilated.shape) - 50;
  pool_by_loops(dilated, x, true, expected, shape);
  EXPECT_EQ(max_pool(x, dilated.size, dilated.options).to_vector<double>(), expected);
}

TEST_F(Windows, PoolsOfOtherDtypesAndAxes) {
  const Pool padded{.stride = {1}, .padding = {1}};
  const Tensor low = full({4}, -128, DType::i8);
  EXPECT_EQ(max_pool(low, {3}, padded).to_vector<std::int8_t>(),
            (std::vector<std::int8_t>(4, -128)));
  EXPECT_EQ(max_pool(zeros({3}, DType::boolean), {2}, padded).dtype(), DType::boolean);
  EXPECT_EQ(avg_pool(Tensor::copy_of<std::uint8_t>({250, 255, 0}), {2}, {.stride = {1}})
                .to_vector<float>(),
            (std::vector<float>{252.5f, 127.5f}));
  const Tensor gaps = Tensor::copy_of<float>({1, std::nanf(""), 2, -float(infinity)});
  EXPECT_TRUE(std::isnan(max_pool(gaps, {2})(0).item<float>()));
  EXPECT_EQ(max_pool(full({4}, -infinity), {2})(1).item<float>(), -float(infinity));
  const Tensor volume = whole_numbers({1, 2, 4, 4, 4});
  EXPECT_EQ(max_pool(volume, {2, 2, 2}).shape(4), 2);
  EXPECT_TRUE(same_bits(max(volume), max(max_pool(volume, {4, 4, 4}))));
}

TEST_F(Windows, PoolsHaveGradients) {
  const Tensor x = testing::numbers({2, 5, 5}, 1, true);
  for (const Case &c : cases)
    if (c.shape[1] > 4 && c.shape[0] > 0) {
      testing::check_gradients([&](const auto &v) { return max_pool(v[0], c.size, c.options); },
                               {x}, "max_pool");
      testing::check_gradients([&](const auto &v) { return avg_pool(v[0], c.size, c.options); },
                               {x}, "avg_pool");
    }
  // Of equal elements the first gets it all.
  const Tensor slope = grad([](Tensor v) { return max_pool(v, {2}); })(ones({4}, DType::f64));
  EXPECT_EQ(slope.to_vector<double>(), (Values{1, 0, 1, 0}));
  const auto square = [](Tensor v) { return max_pool(v, {2, 2}); };
  EXPECT_EQ(grad(square)(Tensor::copy_of<double>({{0, 1}, {1, 0}})).to_vector<double>(),
            (Values{0, 1, 0, 0}));
}

TEST_F(Windows, Compiled) {
  set_mode(Mode::on);
  for (const Case &c : cases) {
    const auto step = [&](const Tensor &x) {
      const auto pool = [&](Tensor v) {
        return max_pool(v * 2, c.size, c.options) + avg_pool(v, c.size, c.options);
      };
      return concat({flatten(pool(x)), flatten(grad(pool)(x))});
    };
    auto traced = trace(step, {.name = "pool"});
    Tensor x = whole_numbers(c.shape, DType::f32) * 0.37 - 11;
    for (int i = 0; i < 6; ++i) {
      EXPECT_TRUE(same_bits(plainly([&] { return step(x); }), traced(x))) << i;
      x = x * -1.5;
      ASSERT_TRUE(wait_compiled());
    }
    EXPECT_GE(hits(traced), 2u);
  }
}

TEST_F(Windows, RefuseWhatDoesNotFit) {
  const Tensor x = ones({2, 5});
  expect_refused(
      "windows: windows of 6 elements, stride 1 and dilation 1 do not fit axis 1 of f32[2,5]",
      [&] { windows(x, 1, {6}); });
  expect_refused("windows: windows of 0 elements", [&] { windows(x, 1, {0}); });
  expect_refused("windows: windows of 2 elements, stride 0", [&] { windows(x, 1, {2}, {0}); });
  expect_refused("windows: windows of 2 elements, stride 1 and dilation -1",
                 [&] { windows(x, 1, {2}, {1}, {-1}); });
  expect_refused("windows: windows of 9223372036854775807 elements",
                 [&] { windows(x, 1, {INT64_MAX}, {1}, {INT64_MAX}); });
  expect_refused("windows: axis 2 is out of range for f32[2,5]", [&] { windows(x, 2, {1}); });
  expect_refused("windows: axis 1 is repeated", [&] { windows(x, {1, -1}, {1, 1}); });
  expect_refused("windows: an extent, a stride and a dilation are needed for each of 2 axes",
                 [&] { windows(x, {0, 1}, {2}); });
  expect_refused("windows: the result would have more than 8 axes",
                 [&] { windows(ones({1, 1, 1, 1, 1, 1, 1, 1}), 0, {1}); });
  expect_refused(
      "fold: 2 windows of 5 elements, stride 1 and dilation 1 do not fit axis 0 of extent 9",
      [&] { fold(x, 0, {9}); });
  expect_refused(
      "max_pool: windows of 3 elements, stride 1, padding 2 and dilation 1 do not fit axis 1",
      [&] { max_pool(x, {3}, {.stride = {1}, .padding = {2}}); });
  expect_refused("max_pool: needs an extent for each of the last one to three axes of f32[2,5]",
                 [&] { max_pool(x, {1, 1, 1}); });
  expect_refused("avg_pool: takes no dilation", [&] { avg_pool(x, {2}, {.dilation = {2}}); });
  expect_refused("avg_pool: the divisor must not be 0", [&] { avg_pool(x, {2}, {.divisor = 0}); });
}

} // namespace
} // namespace jit::test
