// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The default generator and distributions: the same numbers in every mode, new ones at each call.
#include "test/unit/eager/Compared.h"

#include <set>
#include <thread>

namespace jit::test {
namespace {

using Random = CompiledTest;

struct Draw {
  std::string name;
  std::function<Tensor()> of_default;
  std::function<Tensor(Generator &)> of_generator;
};

const Draw draws[] = {
    {"uniform", [] { return uniform({3, 5}); }, [](Generator &g) { return uniform(g, {3, 5}); }},
    {"normal f64", [] { return normal({7}, DType::f64); },
     [](Generator &g) { return normal(g, {7}, DType::f64); }},
    {"randint", [] { return randint(-3, 4, {11}); },
     [](Generator &g) { return randint(g, -3, 4, {11}); }},
    {"bernoulli", [] { return bernoulli(0.25, {13}); },
     [](Generator &g) { return bernoulli(g, 0.25, {13}); }},
    {"exponential", [] { return exponential({5}); },
     [](Generator &g) { return exponential(g, {5}); }},
    {"categorical", [] { return categorical(zeros({6, 4})); },
     [](Generator &g) { return categorical(g, zeros({6, 4})); }},
    {"permutation", [] { return permutation(9); }, [](Generator &g) { return permutation(g, 9); }},
    {"shuffle", [] { return shuffle(arange(8)); },
     [](Generator &g) { return shuffle(g, arange(8)); }},
    {"truncated_normal", [] { return truncated_normal({5}); },
     [](Generator &g) { return truncated_normal(g, {5}); }},
    {"dropout", [] { return dropout(ones({4, 5}), 0.25); },
     [](Generator &g) { return dropout(ones({4, 5}), 0.25, g); }},
};

TEST_F(Random, TheDefaultGeneratorIsAGenerator) {
  for (const Draw &draw : draws) {
    SCOPED_TRACE(draw.name);
    seed(42);
    Generator generator(42);
    for (int i = 0; i < 3; ++i)
      EXPECT_TRUE(same_bits(draw.of_generator(generator), draw.of_default()));
    seed(42);
    Generator again(42);
    EXPECT_TRUE(same_bits(draw.of_generator(again), draw.of_default()));
  }
}

/// A traced step draws at each call what an eager one would.
TEST_F(Random, CompiledCodeDrawsNewNumbers) {
  for (const Draw &draw : draws) {
    SCOPED_TRACE(draw.name);
    const auto step = [&] { return draw.of_default() * 2 + 1; };
    seed(7);
    std::vector<Tensor> eager;
    for (int i = 0; i < 6; ++i)
      eager.push_back(plainly(step));
    seed(7);
    auto traced = trace(step, {.name = draw.name});
    repeat(6, [&](int i) {
      EXPECT_TRUE(same_bits(eager[static_cast<std::size_t>(i)], traced())) << i;
    });
    EXPECT_GE(hits(traced), 1u);
    if (draw.name != "bernoulli")
      EXPECT_FALSE(array_equal(eager[4], eager[5]));
    set_mode(Mode::check);
    seed(7);
    EXPECT_TRUE(same_bits(eager[0], traced()));
    set_mode(Mode::on);
  }
}

TEST_F(Random, ThreadsShareTheDefaultGenerator) {
  seed(1);
  std::vector<std::vector<float>> drawn(4);
  std::vector<std::thread> threads;
  for (std::vector<float> &numbers : drawn)
    threads.emplace_back([&numbers] {
      for (int i = 0; i < 200; ++i)
        for (const float number : uniform({4}).to_vector<float>())
          numbers.push_back(number);
    });
  for (std::thread &thread : threads)
    thread.join();
  std::multiset<float> together, alone;
  for (const std::vector<float> &numbers : drawn)
    together.insert(numbers.begin(), numbers.end());
  seed(1);
  for (int i = 0; i < 800; ++i)
    for (const float number : uniform({4}).to_vector<float>())
      alone.insert(number);
  EXPECT_TRUE(together == alone) << "no range was given twice";
}

TEST_F(Random, Distributions) {
  seed(3);
  const std::int64_t n = 200'000;
  const auto near = [](const Tensor &value, double expected, double within) {
    EXPECT_NEAR(value.astype(DType::f64).item<double>(), expected, within);
  };
  const Tensor e = exponential({n}, DType::f64);
  near(mean(e), 1, 0.01);
  near(var(e), 1, 0.03);
  EXPECT_GE(min(e).item<double>(), 0);
  const Tensor b = bernoulli(0.3, {n}).astype(DType::f64);
  near(mean(b), 0.3, 0.005);
  const Tensor by_row = bernoulli(Tensor::copy_of({0.0, 0.5, 1.0}, {3}), {n / 10, 3});
  near(mean(by_row(slice(), 0)), 0, 0);
  near(mean(by_row(slice(), 1)), 0.5, 0.02);
  near(mean(by_row(slice(), 2)), 1, 0);
  const Tensor r = randint(-2, 3, {n});
  EXPECT_EQ(min(r).item<int>(), -2);
  EXPECT_EQ(max(r).item<int>(), 2);
  for (int k = -2; k < 3; ++k)
    near(mean((r == k).astype(DType::f64)), 0.2, 0.005);
  const Tensor wide = randint(INT64_MIN, INT64_MAX, {n}).astype(DType::f64);
  near(mean(wide) / 0x1p63, 0, 0.005);
  near(max(wide) / 0x1p63, 1, 0.001);
  EXPECT_EQ(min(randint(0, 256, {n}, DType::u8)).item<int>(), 0);
  EXPECT_EQ(max(randint(0, 256, {n}, DType::u8)).item<int>(), 255);
  const double logits[] = {0, std::log(2.0), std::log(5.0),
                           -std::numeric_limits<double>::infinity()};
  const Tensor c = categorical(broadcast_to(Tensor::copy_of(logits), {n, 4}));
  near(mean((c == 0).astype(DType::f64)), 1.0 / 8, 0.005);
  near(mean((c == 1).astype(DType::f64)), 2.0 / 8, 0.005);
  near(mean((c == 2).astype(DType::f64)), 5.0 / 8, 0.005);
  const Tensor t = truncated_normal({n}, -1, 2, DType::f64);
  EXPECT_GE(min(t).item<double>(), -1);
  EXPECT_LE(max(t).item<double>(), 2);
  near(mean(t), 0.2296, 0.005); // (density(-1) - density(2)) / (distribution(2) - distribution(-1))
  near(mean((t < 0.5).astype(DType::f64)), 0.65088, 0.005);
  const Tensor d = dropout(ones({n}), 0.25);
  near(mean(d), 1, 0.01);
  near(mean((d == 0).astype(DType::f64)), 0.25, 0.005);
}

TEST_F(Random, Dropout) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(sum(dropout(ones({9}), 1)).item<float>(), 0);
  EXPECT_EQ(sum(dropout(full({9}, nan), 1.0)).item<float>(), 0);
  EXPECT_TRUE(array_equal(dropout(arange(9), 0.0), arange(9)));
  Generator g(1), same(1);
  const Tensor x = full({50}, 3.0);
  const Tensor slope = grad([&](const Tensor &v) { return dropout(v, 0.5, g); })(x);
  EXPECT_TRUE(array_equal(slope * 3, dropout(x, 0.5, same)));
}

TEST_F(Random, Errors) {
  expect_error([] { randint(3, 3, {2}); }, "randint: needs low < high");
  expect_error([] { randint(0, 257, {2}, DType::u8); }, "randint: the number 256 does not fit u8");
  expect_error([] { randint(-1, 5, {2}, DType::u16); }, "randint: the number -1 does not fit u16");
  expect_error([] { randint(0, 2, {2}, DType::f32); }, "randint: f32 is not a dtype of integers");
  expect_error([] { bernoulli(ones({3}), {2, 2}); }, "bernoulli: probabilities f32[3] do not");
  expect_error([] { categorical(ones({3}), 1); }, "categorical: axis 1 is out of range");
  expect_error([] { truncated_normal({2}, 1, 1); },
               "truncated_normal: needs -5 <= low < high <= 5");
  expect_error([] { dropout(ones({2}), 1.5); }, "dropout: the probability must be in [0, 1]");
  expect_error([] { shuffle(Tensor(1)); }, "shuffle: axis 0 is out of range");
  expect_error([] { normal({-1}); }, "normal: ");
  seed(5);
  const Tensor first = normal({2});
  seed(5);
  EXPECT_TRUE(same_bits(first, normal({2}))); // and all is usable
}

} // namespace
} // namespace jit::test
