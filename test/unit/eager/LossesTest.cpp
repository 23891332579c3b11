// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Losses, norms and layers: their formulas in f64, the same bits compiled, rows that do not count.
#include "test/unit/eager/Compared.h"

namespace jit::test {
namespace {

using Losses = CompiledTest;
using Values = std::vector<double>;
constexpr double inf = std::numeric_limits<double>::infinity();
const double nan = std::nan("");

/// Of x and y element by element.
struct ElementLoss {
  std::string name;
  std::function<Tensor(const Tensor &, const Tensor &, Reduction)> function;
  double (*formula)(double, double);
};

const ElementLoss element_losses[] = {
    {"mse", [](auto &x, auto &y, Reduction r) { return mse(x, y, r); },
     [](double x, double y) { return (x - y) * (x - y); }},
    {"l1", [](auto &x, auto &y, Reduction r) { return l1(x, y, r); },
     [](double x, double y) { return std::abs(x - y); }},
    {"huber", [](auto &x, auto &y, Reduction r) { return huber(x, y, 0.5, r); },
     [](double x, double y) {
       const double d = std::abs(x - y);
       return d < 0.5 ? d * d / 2 : 0.5 * (d - 0.25);
     }},
    {"bce", [](auto &x, auto &y, Reduction r) { return bce(x, y, r); },
     [](double x, double y) {
       return -(y * std::max(std::log(x), -100.0) + (1 - y) * std::max(std::log1p(-x), -100.0));
     }},
    {"kl_div", [](auto &x, auto &y, Reduction r) { return kl_div(x, y, false, r); },
     [](double x, double y) { return y == 0 ? 0 : y * (std::log(y) - x); }},
    {"kl_div log", [](auto &x, auto &y, Reduction r) { return kl_div(x, y, true, r); },
     [](double x, double y) { return std::exp(y) * (y - x); }},
    {"hinge", [](auto &x, auto &y, Reduction r) { return hinge(x, y, r); },
     [](double x, double y) { return std::max(0.0, 1 - x * y); }},
    {"poisson_nll",
     [](auto &x, auto &y, Reduction r) { return poisson_nll(x, y, true, false, 0, r); },
     [](double x, double y) { return std::exp(x) - y * x; }},
    {"poisson_nll full",
     [](auto &x, auto &y, Reduction r) { return poisson_nll(x, y * 4, false, true, 1e-8, r); },
     [](double x, double y) {
       const double n = 4 * y;
       const double factorial = n > 1 ? n * std::log(n) - n + std::log(2 * M_PI * n) / 2 : 0;
       return x - n * std::log(x + 1e-8) + factorial;
     }},
    {"gaussian_nll",
     [](auto &x, auto &y, Reduction r) { return gaussian_nll(x, y, x + 1, true, 1e-6, r); },
     [](double x, double y) {
       return (std::log(x + 1) + (x - y) * (x - y) / (x + 1) + std::log(2 * M_PI)) / 2;
     }},
};

TEST_F(Losses, OfElements) {
  const Values xs{0, 0.25, 0.5, 0.75, 1, 0.125}, ys{1, 0, 0.5, 0.125, 1, 0};
  const Tensor x = doubles(xs, {2, 3}), y = doubles(ys, {2, 3});
  for (const ElementLoss &loss : element_losses) {
    SCOPED_TRACE(loss.name);
    Values expected;
    double total = 0;
    for (std::size_t i = 0; i < xs.size(); ++i) {
      expected.push_back(loss.formula(xs[i], ys[i]));
      total += expected.back();
    }
    expect_near(expected, loss.function(x, y, Reduction::none));
    expect_near({total}, loss.function(x, y, Reduction::sum));
    expect_near({total / 6}, loss.function(x, y, Reduction::mean));
    const Tensor single = x.astype(DType::f32), other = y.astype(DType::f32);
    for (const Reduction reduction : {Reduction::mean, Reduction::none})
      compared(loss.name, [&] { return loss.function(single, other, reduction); });
    EXPECT_EQ(loss.function(x(slice(0, 0)), y(slice(0, 0)), Reduction::none).size(), 0);
    EXPECT_TRUE(std::isnan(loss.function(x * nan, y, Reduction::mean).item<double>()));
  }
}

TEST_F(Losses, BoundedLogarithmsHaveNoInfiniteGradient) {
  const Tensor p = doubles({0, 1, 0, 1, 0.5}, {5}), y = doubles({0, 1, 1, 0, 1}, {5});
  expect_near({1, -1, 0, 0, -2},
              grad([&](const Tensor &t) { return bce(t, y, Reduction::sum); })(p));
  const Tensor log_p = doubles({-inf, -1, -inf}, {3}), target = doubles({0, 1, 0}, {3});
  const auto both =
      grad([](const Tensor &a, const Tensor &b) { return kl_div(a, b); }, {0, 1})(log_p, target);
  expect_near({0, -1.0 / 3, 0}, both[0]);
  expect_near({0, 2.0 / 3, 0}, both[1]);
}

/// What cross_entropy means, row by row.
struct Rows {
  Values losses, weights;
};
Rows rows_by_hand(const Values &x, const std::vector<std::int64_t> &labels, const Values &weight,
                  double smoothing, std::int64_t ignored) {
  const std::size_t classes = weight.size();
  Rows rows;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] == ignored) {
      rows.losses.push_back(0);
      rows.weights.push_back(0);
      continue;
    }
    double total = 0;
    for (std::size_t c = 0; c < classes; ++c)
      total += std::exp(x[i * classes + c]);
    const auto log_p = [&](std::size_t c) { return x[i * classes + c] - std::log(total); };
    double smooth = 0;
    for (std::size_t c = 0; c < classes; ++c)
      smooth -= weight[c] * log_p(c) / static_cast<double>(classes);
    const auto label = static_cast<std::size_t>(labels[i]);
    rows.losses.push_back(-(1 - smoothing) * weight[label] * log_p(label) + smoothing * smooth);
    rows.weights.push_back(weight[label]);
  }
  return rows;
}

double sum_of(const Values &values) {
  double total = 0;
  for (const double value : values)
    total += value;
  return total;
}

TEST_F(Losses, CrossEntropy) {
  const Values xs{0.5, -1, 2, 0.25, 0.75, -0.5, 3, 1, 0, -2, 0.125, 1.5};
  const std::vector<std::int64_t> labels{2, 0, -100, 1};
  const Tensor x = doubles(xs, {4, 3}), y = Tensor::copy_of(labels, {4});
  const Values ones{1, 1, 1}, uneven{0.5, 2, 1};
  for (const double smoothing : {0.0, 0.25})
    for (const bool weighted : {false, true}) {
      const Values &weight = weighted ? uneven : ones;
      const Rows rows = rows_by_hand(xs, labels, weight, smoothing, -100);
      ClassLoss options{.ignore_index = -100, .smoothing = smoothing};
      if (weighted)
        options.weight = Tensor::copy_of(weight, {3});
      const double mean = sum_of(rows.losses) / sum_of(rows.weights);
      expect_near({mean}, compared("cross_entropy", [&] { return cross_entropy(x, y, options); }));
      options.reduction = Reduction::sum;
      expect_near({sum_of(rows.losses)}, cross_entropy(x, y, options));
      options.reduction = Reduction::none;
      expect_near(rows.losses, cross_entropy(x, y, options));
      if (smoothing == 0)
        expect_near(rows.losses, nll_loss(log_softmax(x, 1), y, options));
    }
  // The same label again, without what is ignored.
  const Tensor kept = doubles(Values(xs.begin(), xs.begin() + 6), {2, 3});
  const Tensor two = Tensor::copy_of<std::int64_t>({2, 0}, {2});
  expect_near({sum_of(rows_by_hand(xs, {2, 0}, ones, 0, -1).losses) / 2}, cross_entropy(kept, two));
}

TEST_F(Losses, CrossEntropyOverMoreAxes) {
  // [n, classes, d] is [n * d, classes] turned.
  const Tensor x = reshape(astype(arange(24), DType::f64) * 0.3, {2, 3, 4}) - 2.0;
  const Tensor y = reshape(remainder(arange(8) * 5, 3), {2, 4});
  const Tensor rows = reshape(permute_dims(x, {0, 2, 1}), {8, 3});
  const double flat = cross_entropy(rows, flatten(y)).item<double>();
  expect_near({flat}, cross_entropy(x, y));
  const Tensor weight = doubles({0.5, 2, 1}, {3});
  expect_near(
      {cross_entropy(rows, flatten(y), {.weight = weight, .smoothing = 0.1}).item<double>()},
      cross_entropy(x, y, {.weight = weight, .smoothing = 0.1}));
}

TEST_F(Losses, RowsThatDoNotCount) {
  const Tensor x = doubles({1, 2, nan, inf, 0, 0}, {3, 2});
  const Tensor y = Tensor::copy_of<std::int64_t>({1, -1, 0}, {3});
  const ClassLoss ignoring{.ignore_index = -1};
  const auto loss = [&](const Tensor &t) { return cross_entropy(t, y, ignoring); };
  const double first = std::log(1 + std::exp(-1.0));
  expect_near({(first + std::log(2.0)) / 2}, loss(x));
  const Tensor gradient = grad(loss)(x);
  const double p = std::exp(1.0) / (std::exp(1.0) + std::exp(2.0));
  expect_near({p / 2, -p / 2, 0, 0, -0.25, 0.25}, gradient);
  const Tensor none = Tensor::copy_of<std::int64_t>({-1, -1, -1}, {3});
  EXPECT_TRUE(std::isnan(cross_entropy(x, none, ignoring).item<double>()));
  ClassLoss sum = ignoring;
  sum.reduction = Reduction::sum;
  EXPECT_EQ(cross_entropy(x, none, sum).item<double>(), 0);
  const Tensor beyond = Tensor::copy_of<std::int64_t>({1, 5, 0}, {3});
  expect_error([&] { cross_entropy(x, beyond); }, "take_along_axis: ");
}

TEST_F(Losses, SoftLabels) {
  const Tensor x = doubles({0.5, -1, 2, 0, 0, -inf}, {2, 3});
  const Tensor t = doubles({0.25, 0.25, 0.5, 1, 0, 0}, {2, 3});
  const double total = std::log(std::exp(0.5) + std::exp(-1.0) + std::exp(2.0));
  const double first = total - (0.25 * 0.5 - 0.25 + 0.5 * 2);
  expect_near({(first + std::log(2.0)) / 2},
              compared("soft labels", [&] { return cross_entropy(x, t); }));
  const Tensor gradient = grad([&](const Tensor &v) { return cross_entropy(v, t); })(x);
  EXPECT_TRUE(all(isfinite(gradient)).item<bool>());
  // One-hot labels are integer labels, smoothed too.
  const Tensor y = Tensor::copy_of<std::int64_t>({2, 0}, {2});
  const Tensor finite = x(slice(0, 1));
  const double by_label = cross_entropy(finite, y(slice(0, 1)), {.smoothing = 0.1}).item<double>();
  expect_near({by_label},
              cross_entropy(finite, one_hot(y(slice(0, 1)), 3, DType::f64), {.smoothing = 0.1}));
}

TEST_F(Losses, OfVectors) {
  const Tensor a = doubles({1, 0, 3, 4}, {2, 2}), b = doubles({0, 1, 3, 4}, {2, 2});
  const Tensor c = doubles({-1, 0, 0, 0}, {2, 2}), y = doubles({1, -1}, {2});
  expect_near({0, 1}, compared("cosine_similarity", [&] { return cosine_similarity(a, b); }));
  expect_near({std::sqrt(2.0), 0}, pairwise_distance(a, b, 2, 0));
  expect_near({2, 0}, pairwise_distance(a, b, 1, 0));
  expect_near({1, 0.5}, cosine_embedding(a, b, y, 0.5, Reduction::none));
  expect_near({std::max(0.0, 1 + std::sqrt(2.0) - 2), 0},
              compared("triplet", [&] { return triplet(a, b, c, 1, 2, Reduction::none); }), 1e-5);
  expect_near({0.5, 4}, margin_ranking(doubles({1, 4}, {2}), doubles({1, 0.5}, {2}), y, 0.5,
                                       Reduction::none));
  const Tensor distances = compared("cdist", [&] { return cdist(a, b); });
  expect_near({std::sqrt(2.0), std::sqrt(20.0), std::sqrt(18.0), 0}, distances);
  EXPECT_TRUE(cdist(ones({5, 2, 3}), ones({4, 3})).shape() == (DimList{5, 2, 4}));
}

TEST_F(Losses, Norms) {
  const Tensor x = doubles({3, -4, 0, 0, 1, -1}, {3, 2});
  expect_near({5, 0, std::sqrt(2.0)}, compared("norm", [&] { return vector_norm(x, 1); }));
  expect_near({7, 0, 2}, vector_norm(x, {.axis = 1, .ord = 1}));
  expect_near({4, 0, 1}, vector_norm(x, {.axis = 1, .ord = inf}));
  expect_near({3, 0, 1}, vector_norm(x, {.axis = 1, .ord = -inf}));
  expect_near({2, 0, 2}, vector_norm(x, {.axis = 1, .ord = 0}));
  expect_near({std::cbrt(27.0 + 64), 0, std::cbrt(2.0)},
              compared("norm 3", [&] { return vector_norm(x, {.axis = 1, .ord = 3}); }));
  expect_near({1 / (1.0 / 3 + 1.0 / 4), 0, 0.5}, vector_norm(x, {.axis = 1, .ord = -1}));
  expect_near({std::sqrt(27.0)}, vector_norm(x));
  EXPECT_EQ(vector_norm(x, {.axis = 0, .keepdims = true}).ndim(), 2);
  EXPECT_EQ(vector_norm(arange(3)).dtype(), DType::f32);
  for (const double ord : {2.0, 3.0, 1.5, 0.5}) {
    const Tensor slope =
        grad([ord](const Tensor &t) { return vector_norm(t, {.axis = 1, .ord = ord}); })(x);
    EXPECT_TRUE(all(isfinite(slope)).item<bool>()) << ord;
    expect_near({0, 0}, slope(1));
  }
  expect_near({0.6, -0.8, 0, 0, std::sqrt(0.5), -std::sqrt(0.5)},
              compared("l2_normalize", [&] { return l2_normalize(x); }));
  expect_near({std::log(std::exp(3.0) + std::exp(-4.0) + 2 + std::exp(1.0) + std::exp(-1.0))},
              logsumexp(x, Axes{0, 1}));
  EXPECT_TRUE(logsumexp(x, Axes{1}, true).shape() == (DimList{3, 1}));
  EXPECT_TRUE(logsumexp(ones({2, 3, 4}), Axes{0, 2}).shape() == DimList{3});
}

TEST_F(Losses, Layers) {
  const Tensor x = astype(arange(24), DType::f64) * 0.5 - 3;
  const Tensor rows = reshape(x, {4, 6});
  const Tensor gamma = astype(arange(6), DType::f64) + 1;
  const Tensor normal = compared("rms_norm", [&] { return rms_norm(rows, gamma, 1e-3); });
  const Tensor power = mean(square(rows), {.axis = 1, .keepdims = true});
  EXPECT_TRUE(allclose(normal, rows / sqrt(power + 1e-3) * gamma, {.relative = 1e-14}));

  const Tensor images = reshape(x, {2, 4, 3});
  const Tensor scale = doubles({1, 2, 3, 4}, {4}), shift = doubles({0, 1, 0, -1}, {4});
  const Tensor groups =
      compared("group_norm", [&] { return group_norm(images, 2, scale, shift, 1e-3); });
  const Tensor blocks = reshape(images, {4, 6});
  const auto [v, m] = var_mean(blocks, 1, true);
  const Tensor plain = reshape((blocks - m) / sqrt(v + 1e-3), {2, 4, 3});
  const Tensor column = expand_dims(scale, 1);
  EXPECT_TRUE(allclose(groups, plain * column + expand_dims(shift, 1),
                       {.relative = 1e-13, .absolute = 1e-13}));
  EXPECT_TRUE(
      array_equal(instance_norm(images, scale, shift), group_norm(images, 4, scale, shift)));

  expect_near({3 / (1 + std::exp(-1.0)), 5 / (1 + std::exp(2.0))},
              compared("glu", [] { return glu(doubles({3, 5, 1, -2}, {4})); }));
  const Tensor table = reshape(x, {8, 3});
  const Tensor index = Tensor::copy_of<std::int64_t>({1, 7, 1, 0}, {2, 2});
  EXPECT_TRUE(array_equal(compared("embedding", [&] { return embedding(table, index, 1); }),
                          take(table, index, 0)));
  const Tensor slope = grad([&](const Tensor &t) { return embedding(t, index, 1); })(table);
  expect_near({1, 0, 0, 0, 0, 0, 0, 1}, slope(slice(), 0));
}

TEST_F(Losses, GradientsAreCompiled) {
  const Tensor x = reshape(ramp(12), {4, 3}), y = Tensor::copy_of<std::int64_t>({2, -1, 0, 1}, {4});
  compared("gradient of cross_entropy", [&] {
    return grad([&](const Tensor &t) {
      return cross_entropy(t, y, {.ignore_index = -1, .smoothing = 0.1});
    })(x);
  });
  compared("gradient of group_norm", [&] {
    return grad([](const Tensor &t) {
      return sum(square(group_norm(reshape(t, {2, 2, 3}), 1, ones({2}), zeros({2}))));
    })(x);
  });
  const auto by_hand = custom_gradient(
      [](const Tensor &t) { return log1p(exp(t)); },
      [](const Tensor &t, const Tensor &, const Tensor &dy) { return dy * sigmoid(t); });
  compared("custom_gradient", [&] { return grad(by_hand)(x) + by_hand(x); });
  compared("custom_gradient, twice",
           [&] { return grad([&](const Tensor &t) { return sum(grad(by_hand)(t)); })(x); });
}

TEST_F(Losses, Errors) {
  const Tensor x = ones({2, 3}), y = zeros({2}, DType::i64);
  expect_error(
      [&] { cross_entropy(x, zeros({3}, DType::i64)); },
      "cross_entropy: needs logits [n,classes,...] and labels [n,...], got f32[2,3] and i64[3]");
  expect_error([&] { cross_entropy(x, y, {.smoothing = 2}); }, "cross_entropy: smoothing must be");
  expect_error([&] { cross_entropy(x, y, {.weight = ones({2})}); },
               "cross_entropy: needs a weight for each of 3 classes, got f32[2]");
  expect_error([&] { cross_entropy(x, ones({2})); },
               "cross_entropy: labels that are probabilities");
  expect_error([&] { nll_loss(x, y, {.smoothing = 0.5}); }, "nll_loss: smoothing is for");
  expect_error([&] { huber(x, x, 0); }, "huber: delta must be above 0");
  expect_error([&] { vector_norm(x, {.axis = 2}); }, "vector_norm: axis 2 is out of range");
  expect_error([&] { vector_norm(x, {.ord = nan}); }, "vector_norm: the order is NaN");
  expect_error([&] { cosine_similarity(x, ones({4})); }, "cosine_similarity: shapes");
  expect_error([&] { cdist(x, ones({2, 4})); }, "cdist: needs rows of one length");
  expect_error([&] { glu(x); }, "glu: axis 1 of f32[2,3] is odd");
  expect_error([&] { rms_norm(x, ones({2})); }, "rms_norm: needs gamma [3]");
  expect_error([&] { group_norm(x, 2, ones({3}), ones({3})); }, "group_norm: the channels of");
  expect_error([&] { embedding(x, y, 5); }, "embedding: padding 5 is no row");
  expect_error([&] { mse(x, Tensor()); }, "mse: operand is an empty tensor");
  EXPECT_EQ(sum(x).item<float>(), 6); // and all is usable
}

} // namespace
} // namespace jit::test
