// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products, einsum, grids, padding and interpolation: by hand or by loops, and the same bits
// compiled.
#include "test/unit/eager/Compared.h"

#include <map>

namespace jit::test {
namespace {

using Products = CompiledTest;
using Values = std::vector<double>;

Tensor numbers(DimList shape, std::int64_t first = 0) {
  std::int64_t size = 1;
  for (const std::int64_t extent : shape)
    size *= extent;
  return reshape(arange(first, first + size, 1, DType::f64), shape);
}

/// einsum by its definition: a loop over all labels. No ellipsis, no extents of 1 that broadcast.
Values by_loops(const std::string &equation, const std::vector<Tensor> &xs) {
  const std::size_t arrow = equation.find("->");
  std::vector<std::string> terms{""};
  for (const char c : equation.substr(0, arrow))
    if (c == ',')
      terms.emplace_back();
    else
      terms.back() += c;
  const std::string result = equation.substr(arrow + 2);
  std::map<char, std::int64_t> extents;
  for (std::size_t t = 0; t < terms.size(); ++t)
    for (std::size_t i = 0; i < terms[t].size(); ++i)
      extents[terms[t][i]] = xs[t].shape()[i];
  std::int64_t size = 1, points = 1;
  for (const char c : result)
    size *= extents[c];
  for (const auto &[label, extent] : extents)
    points *= extent;
  std::vector<Values> elements;
  for (const Tensor &x : xs)
    elements.push_back(x.to_vector<double>());
  Values out(static_cast<std::size_t>(size));
  for (std::int64_t point = 0; point < points; ++point) {
    std::map<char, std::int64_t> at;
    std::int64_t rest = point;
    for (const auto &[label, extent] : extents) {
      at[label] = rest % extent;
      rest /= extent;
    }
    const auto place = [&](const std::string &labels) {
      std::int64_t index = 0;
      for (const char c : labels)
        index = index * extents[c] + at[c];
      return static_cast<std::size_t>(index);
    };
    double product = 1;
    for (std::size_t t = 0; t < terms.size(); ++t)
      product *= elements[t][place(terms[t])];
    out[place(result)] += product;
  }
  return out;
}

TEST_F(Products, Einsum) {
  const Tensor a = numbers({2, 3}), b = numbers({3, 4}, 1), c = numbers({4, 2}, -3);
  const Tensor square = numbers({3, 3}), cube = numbers({2, 3, 2}), batch = numbers({2, 4, 3}, -7);
  const std::pair<std::string, std::vector<Tensor>> cases[] = {
      {"ij,jk->ik", {a, b}},
      {"ij,jk->ki", {a, b}},
      {"ij->ji", {a}},
      {"ij->", {a}},
      {"ij->i", {a}},
      {"ii->", {square}},
      {"ii->i", {square}},
      {"iji->j", {cube}},
      {"iji->ij", {cube}},
      {"i,j->ij", {b(0), a(0)}},
      {"i,i->", {a(0), b(slice(), 0)}},
      {"ij,ij->ij", {a, a}},
      {"ij,ij->", {a, a}},
      {"ij,jk,ki->", {a, b, c}},
      {"ij,jk,kl->il", {a, b, c}},
      {"bij,bkj->bik", {batch, batch}},
      {"bij,jk->bik", {batch, b}},
      {"ij,k->j", {a, b(0)}},
      {"bij,b->ij", {batch, a(slice(), 0)}},
      {"ij,i,j->ij", {a, c(0), b(slice(), 1)}},
      {"bij,bij->b", {batch, batch}},
      {"ab,cd->dbca", {a, b}},
  };
  for (const auto &[equation, xs] : cases) {
    SCOPED_TRACE(equation);
    expect_near(by_loops(equation, xs), compared(equation, [&] { return einsum(equation, xs); }));
    std::vector<Tensor> single, whole;
    for (const Tensor &x : xs) {
      single.push_back(x.astype(DType::f32));
      whole.push_back(x.astype(DType::i64));
    }
    expect_near(by_loops(equation, xs), einsum(equation, single));
    const Tensor exact = einsum(equation, whole);
    EXPECT_EQ(exact.dtype(), DType::i64);
    expect_near(by_loops(equation, xs), exact);
  }
}

TEST_F(Products, EinsumWithoutArrowAndWithEllipsis) {
  const Tensor a = numbers({2, 3}), b = numbers({3, 4}), batch = numbers({5, 2, 3});
  EXPECT_TRUE(array_equal(einsum("ij,jk", {a, b}), matmul(a, b)));
  EXPECT_TRUE(array_equal(einsum("ba", {a}), a.T()));
  EXPECT_TRUE(array_equal(einsum("ii", {numbers({3, 3})}), Tensor(12.0)));
  EXPECT_TRUE(array_equal(einsum(" ij , jk -> ik ", {a, b}), matmul(a, b)));
  EXPECT_TRUE(array_equal(einsum("...ij,...jk->...ik", {batch, b}), matmul(batch, b)));
  EXPECT_TRUE(array_equal(einsum("...ij,jk", {batch, b}), matmul(batch, b)));
  EXPECT_TRUE(array_equal(einsum("i...->...", {a}), sum(a, 0)));
  EXPECT_TRUE(array_equal(einsum("...->...", {a}), a));
  EXPECT_TRUE(
      array_equal(einsum("...ii->...i", {numbers({2, 3, 3})}), diagonal(numbers({2, 3, 3}))));
  EXPECT_TRUE(array_equal(einsum("...i,...i->...", {batch, a}), sum(batch * a, -1)));
  // Extents of 1 broadcast, whether they are kept or summed.
  EXPECT_TRUE(array_equal(einsum("ij,ij->ij", {a, numbers({1, 3})}), a * numbers({1, 3})));
  EXPECT_TRUE(array_equal(einsum("ij,ij->", {a, numbers({2, 1})}), sum(a * numbers({2, 1}))));
  EXPECT_TRUE(array_equal(einsum("ij,jk->ik", {a(slice(), slice(0, 1)), b}),
                          sum(expand_dims(a(slice(), slice(0, 1)), 2) * b, 1)));
  EXPECT_EQ(einsum("ij,jk->ik", {zeros({0, 3}), zeros({3, 4})}).size(), 0);
  EXPECT_EQ(sum(einsum("ij,jk->ik", {zeros({2, 0}), zeros({0, 4})})).item<float>(), 0);
}

TEST_F(Products, EinsumErrors) {
  const Tensor a = numbers({2, 3});
  const auto begins = [&](const std::string &equation, std::vector<Tensor> xs,
                          const std::string &rest) {
    expect_error([&] { einsum(equation, xs); }, "einsum: \"" + equation + "\"" + rest);
  };
  begins("ij,j!k->ik", {a, a}, ", position 4: expected a letter");
  begins("ij-ik", {a}, ", position 2: expected");
  begins("ij->ik->", {a}, ", position 6: expected");
  begins("i..j", {a}, ", position 1: an ellipsis has three dots");
  begins("...i...", {a}, ", position 4: a second ellipsis");
  begins("ij,jk->ik", {a}, ": 2 terms for 1 tensors");
  begins("ijk->i", {a}, ": term 0 has 3 labels for 2 axes");
  begins("i->i", {a}, ": term 0 has 1 labels for 2 axes");
  begins("ii->i", {a}, ": label 'i' has extents 2 and 3");
  begins("ij,ij->", {a, a.T()}, ": label 'i' has extents 2 and 3");
  begins("ij->ik", {a}, ": label 'k' of the result is in no term");
  begins("ij->ii", {a}, ": label 'i' of the result is repeated");
  begins("...i,...i->i", {a, zeros({4, 3})}, ": axes of '...' do not broadcast: extents 2 and 4");
  expect_error([] { einsum("i", {Tensor()}); }, "einsum: operand is an empty tensor");
}

TEST_F(Products, OfTwoTensors) {
  const Tensor a = numbers({2, 3}), b = numbers({3, 4}), cube = numbers({3, 4, 2});
  const Tensor u = numbers({3}, 1), v = numbers({3}, -1);
  expect_near(by_loops("i,j->ij", {u, v}), compared("outer", [&] { return outer(u, v); }));
  EXPECT_EQ(outer(a, b).shape(0), 6);
  expect_near(by_loops("ij,kj->ik", {a, a}), compared("inner", [&] { return inner(a, a); }));
  EXPECT_TRUE(array_equal(inner(a, Tensor(2.0)), a * 2));
  expect_near({sum(a * a).item<double>()}, compared("vdot", [&] { return vdot(a, a); }));
  expect_near(by_loops("ij,jkl->ikl", {a, cube}),
              compared("tensordot", [&] { return tensordot(a, cube, 1); }));
  expect_near(by_loops("ij,jki->k", {a, cube}), tensordot(a, cube, {1, 0}, {0, 2}));
  expect_near(by_loops("ij,kl->ijkl", {a, b}), tensordot(a, b, 0));
  expect_near({-2, 4, -2}, compared("cross", [&] { return cross(v, u); }));
  const Tensor columns = numbers({3, 2}), column = numbers({3, 1}, 2);
  EXPECT_TRUE(array_equal(cross(columns, column, 0), cross(columns.T(), column.T()).T()));
  expect_near({3, 4, 5, 6, 8, 10},
              compared("kron", [] { return kron(doubles({1, 2}, {2}), doubles({3, 4, 5}, {3})); }));
  expect_near({0, 0, 0, 1, 0, 0, 2, 3, 0, 2, 0, 3, 4, 6, 6, 9},
              kron(numbers({2, 2}), numbers({2, 2})));
  EXPECT_TRUE(array_equal(kron(a, Tensor(2.0)), a * 2));
  expect_near({4}, compared("trace of a matrix", [&] { return trace(a); }));
  expect_near({2}, trace(a, 2));
  expect_error([&] { tensordot(a, b, 3); }, "tensordot: 3 axes of");
  expect_error([&] { tensordot(a, b, 2); }, "tensordot: axes to sum over differ");
  expect_error([&] { tensordot(a, b, {1, 1}, {0, 0}); }, "tensordot: axis 1 is repeated");
  expect_error([&] { inner(a, b); }, "inner: axes to sum over differ");
  expect_error([&] { vdot(a, b); }, "vdot: sizes differ");
  expect_error([&] { cross(a, b); }, "cross: needs vectors of 3 elements");
  expect_error([&] { kron(numbers({1, 1, 1, 1, 1}), a); }, "kron: needs at most 4 axes");
  expect_error([&] { trace(u); }, "trace: needs two axes");
}

TEST_F(Products, GridsAndAxes) {
  const Tensor u = numbers({2}), v = numbers({3}), a = numbers({2, 3});
  const auto xy = meshgrid({u, v}), ij = meshgrid({u, v}, Indexing::ij);
  expect_near({0, 1, 0, 1, 0, 1}, xy[0]);
  expect_near({0, 0, 1, 1, 2, 2}, xy[1]);
  expect_near({0, 0, 0, 1, 1, 1}, ij[0]);
  expect_near({0, 1, 2, 0, 1, 2}, ij[1]);
  EXPECT_EQ(meshgrid({}).size(), 0u);
  EXPECT_TRUE(meshgrid({u, v, u})[2].shape() == (DimList{3, 2, 2}));
  const auto both = broadcast_arrays({a, v});
  EXPECT_TRUE(array_equal(both[1], broadcast_to(v, {2, 3})));
  EXPECT_TRUE(expand(v, {4, -1}).shape() == (DimList{4, 3}));
  EXPECT_TRUE(unflatten(arange(12), 0, {3, -1}).shape() == (DimList{3, 4}));
  EXPECT_TRUE(unflatten(zeros({2, 12}), -1, {2, 3, 2}).shape() == (DimList{2, 2, 3, 2}));
  const auto parts = chunk(arange(7), 3);
  ASSERT_EQ(parts.size(), 3u);
  expect_near({6}, parts[2]);
  EXPECT_EQ(chunk(arange(5), 4).size(), 3u);
  EXPECT_EQ(chunk(zeros({0, 2}), 3).size(), 1u);
  EXPECT_TRUE(array_equal(chunk(a, 2, 1)[1], a(slice(), slice(2, 3))));
  EXPECT_TRUE(
      array_equal(transpose(numbers({2, 3, 4})), permute_dims(numbers({2, 3, 4}), {2, 1, 0})));
  EXPECT_TRUE(array_equal(transpose(a, 0, 1), a.T()));
  EXPECT_TRUE(array_equal(a.transpose({1, 0}), a.T()));
  expect_near({0, 0, 0, 0, 0, 0, 0, 1, 0}, compared("diag", [&] { return diag(u, -1) + 0; }));
  expect_near({0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0}, diag(v, 1));
  expect_near({0, 4}, diag(a));
  EXPECT_EQ(diag(u > 0).dtype(), DType::boolean);
  expect_error([&] { expand(v, {-1, 3}); }, "expand: -1 stands for no axis");
  expect_error([&] { unflatten(v, 0, {2, -1}); }, "unflatten: axis 0 of f64[3] does not divide");
  expect_error([&] { chunk(v, 0); }, "chunk: cannot make 0 chunks");
  expect_error([&] { meshgrid({a}); }, "meshgrid: needs tensors of rank 1");
  expect_error([&] { broadcast_arrays({u, v}); }, "broadcast_arrays: f64[3] does not broadcast");
  expect_error([&] { diag(zeros({1, 1, 1})); }, "diag: cannot put");
  expect_error([&] { diag(u, std::int64_t{1} << 40); }, "diag: cannot put");
  expect_error([&] { transpose(a, 0, 2); }, "transpose: axis 2 is out of range");
  expect_error([&] { transpose(a, {0, 0}); }, "transpose: axis 0 is repeated");
}

TEST_F(Products, PaddingWithElements) {
  const Tensor u = numbers({4}), a = numbers({2, 3});
  expect_near({2, 1, 0, 1, 2, 3, 2}, compared("reflect", [&] { return pad_reflect(u, {2}, {1}); }));
  expect_near({1, 0, 1, 2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1}, pad_reflect(u, {1}, {10}));
  expect_near({5, 5, 5}, pad_reflect(doubles({5}, {1}), {1}, {1}));
  expect_near({0, 0, 0, 1, 2, 3, 3},
              compared("replicate", [&] { return pad_replicate(u, {2}, {1}); }));
  expect_near({2, 3, 0, 1, 2, 3, 0},
              compared("circular", [&] { return pad_circular(u, {2}, {1}); }));
  expect_near({3, 0, 1, 2, 3, 0, 1, 2, 3, 0}, pad_circular(u, {1}, {5}));
  expect_near({2, 0, 1, 2, 0, 5, 3, 4, 5, 3, 2, 0, 1, 2, 0}, pad_circular(a, {0, 1}, {1, 1}));
  EXPECT_TRUE(array_equal(pad_reflect(a, {0, 0}, {0, 0}), a));
  EXPECT_EQ(pad_circular(zeros({0, 2}), {0, 1}, {0, 0}).shape(1), 3);
  expect_error([&] { pad_reflect(zeros({0}), {1}, {0}); }, "pad_reflect: axis 0 of f32[0] has no");
  expect_error([&] { pad_circular(u, {-1}, {0}); }, "pad_circular: extents must not be negative");
  expect_error([&] { pad_replicate(u, {1, 1}, {0}); }, "pad_replicate: 2 extents in front");
  expect_error([&] { pad_replicate(u, {std::int64_t{1} << 62}, {0}); },
               "pad_replicate: the result");
}

/// Where each element of [n, c, ...] goes is seen along one axis.
TEST_F(Products, Interpolation) {
  const Tensor u = reshape(doubles({0, 1, 4, 9}, {4}), {1, 1, 4});
  const auto at = [&](const std::string &name, Interpolate options) {
    return compared(name, [&u, options] { return interpolate(u, options); });
  };
  using enum Interpolation;
  expect_near({0, 0, 1, 1, 4, 4, 9, 9}, at("nearest", {.size = {8}}));
  expect_near({0, 0, 1, 4, 4, 9}, at("nearest 6", {.size = {6}}));
  expect_near({0, 4, 9}, at("exact", {.size = {3}, .mode = nearest_exact}));
  expect_near({0, 4}, at("scale", {.scale = {0.5}}));
  expect_near({0, 0.25, 0.75, 1.75, 3.25, 5.25, 7.75, 9},
              at("linear", {.size = {8}, .mode = linear}));
  expect_near({0, 0.5, 1, 2.5, 4, 6.5, 9},
              at("corners", {.size = {7}, .mode = linear, .align_corners = true}));
  expect_near({0}, at("one", {.size = {1}, .mode = linear, .align_corners = true}));
  expect_near({0.5, 6.5}, at("half", {.scale = {0.5}, .mode = linear}));
  const Tensor image = reshape(doubles({0, 1, 2, 3}, {4}), {1, 1, 2, 2});
  expect_near({0, 0.5, 1, 1, 1.5, 2, 2, 2.5, 3}, compared("bilinear", [&] {
                return interpolate(image, {.size = {3, 3}, .mode = linear, .align_corners = true});
              }));
  EXPECT_TRUE(interpolate(image, {.size = {3, 5}}).shape() == (DimList{1, 1, 3, 5}));
  const Tensor bytes = astype(image * 80, DType::u8);
  EXPECT_EQ(interpolate(bytes, {.size = {4}}).dtype(), DType::u8);
  EXPECT_EQ(interpolate(bytes, {.size = {4}, .mode = linear}).dtype(), DType::f32);
  expect_error([&] { interpolate(u, {}); }, "interpolate: needs [n,channels,...] and a size");
  expect_error([&] { interpolate(image, {.size = {1, 2, 3}}); }, "interpolate: needs");
  expect_error([&] { interpolate(u, {.size = {0}}); },
               "interpolate: axis 2 of f64[1,1,4] cannot become");
  expect_error([&] { interpolate(u, {.scale = {1e30}}); }, "interpolate: axis 2");
  expect_error([&] { interpolate(u, {.size = {2}, .align_corners = true}); },
               "interpolate: align_corners is for linear");
  expect_error([&] { interpolate(ones({3, 4}), {.size = {2}}); }, "interpolate: needs");
}

TEST_F(Products, Shuffles) {
  const Tensor x = numbers({1, 4, 1, 2});
  const Tensor shuffled = compared("pixel_shuffle", [&] { return pixel_shuffle(x, 2); });
  EXPECT_TRUE(shuffled.shape() == (DimList{1, 1, 2, 4}));
  expect_near({0, 2, 1, 3, 4, 6, 5, 7}, shuffled);
  expect_near({0, 1, 4, 5, 2, 3, 6, 7}, channel_shuffle(x, 2));
  EXPECT_EQ(pixel_shuffle(zeros({0, 4, 2, 2}), 2).size(), 0);
  expect_error([&] { pixel_shuffle(x, 3); }, "pixel_shuffle: the channels of");
  expect_error([&] { channel_shuffle(x, 3); }, "channel_shuffle: the channels of");
}

} // namespace
} // namespace jit::test
