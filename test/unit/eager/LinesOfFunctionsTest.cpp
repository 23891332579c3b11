// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The lines of functions that are written with ops, and of methods.
#include "test/unit/eager/Lines.h"

namespace jit {
namespace {

using namespace jit::lines;

TEST(LinesOfFunctions, Methods) {
  check_gradient([] { return x.exp(); });
  check_gradient([] { return (x + y).sum(1); });
  check_gradient([] { return x.mean({.axis = 0}).reshape({3, 1}); });
  check_gradient([] { return x.T().matmul(y); });
  check_gradient([] { return x.clip(0.1, v).pad({0, 0}, {1, 1}); });
  check_gradient([] { return Variable(x).square().transpose(0, 1); });
  check_error([] { none.exp(); });
  check_error([] { x.sum(5); });
  check_error([] { x.matmul(y); });
  check_error([] { x.reshape({7}).exp(); });
}

TEST(LinesOfFunctions, LossesNormsAndLayers) {
  check_gradient([] { return l1(x, y); });
  check_gradient([] { return huber(x, y); });
  check_gradient([] { return bce(x, y); });
  check_gradient([] { return kl_div(x, y); });
  check_gradient([] { return hinge(x, y); });
  check_gradient([] { return poisson_nll(x, y, false, true); });
  check_gradient([] { return gaussian_nll(x, y, v); });
  check_gradient([] { return margin_ranking(x, y, v); });
  check_gradient([] { return triplet(x, y, v); });
  check_gradient([] { return cosine_embedding(x, y, positions); });
  check_gradient([] { return nll_loss(x, positions, {.reduction = Reduction::sum}); });
  check_gradient([] { return vector_norm(x, 1); });
  check_gradient([] { return vector_norm(x, {.axis = 1, .ord = 3}); });
  check_gradient([] { return l2_normalize(x); });
  check_gradient([] { return cosine_similarity(x, y); });
  check_gradient([] { return pairwise_distance(x, y, 1); });
  check_gradient([] { return cdist(x, y); });
  check_gradient([] { return logsumexp(x, Axes{0, 1}); });
  check_gradient([] { return rms_norm(x, v); });
  check_gradient([] { return group_norm(x, 1, v, v); });
  check_gradient([] { return instance_norm(x(newaxis), ones({2}), ones({2})); });
  check_gradient([] {
    return cross_entropy(x, positions, {.weight = v, .ignore_index = 0, .smoothing = 0.1});
  });
  check_gradient([] { return cross_entropy(x, y); });
}

TEST(LinesOfFunctions, Products) {
  check_gradient([] { return outer(x, v); });
  check_gradient([] { return inner(x, y); });
  check_gradient([] { return vdot(x, y); });
  check_gradient([] { return tensordot(x, y); });
  check_gradient([] { return tensordot(x, y, 1, 1); });
  check_gradient([] { return cross(x, y); });
  check_gradient([] { return kron(x, v); });
  check_gradient([] { return trace(x); });
  check_gradient([] { return einsum("ij,kj,j->ki", {x, y, v}); });
}

TEST(LinesOfFunctions, Shapes) {
  check_gradient([] { return transpose(x); });
  check_gradient([] { return transpose(x, 0, 1); });
  check_gradient([] { return expand(v, {2, -1}); });
  check_gradient([] { return unflatten(x, 1, {3, 1}); });
  check_gradient([] { return chunk(x, 2, 1)[1]; });
  check_gradient([] { return broadcast_arrays({x, v})[1]; });
  check_gradient([] { return meshgrid({v, v})[0]; });
  check_gradient([] { return diag(v); });
  check_gradient([] { return pad_reflect(x, {1, 1}, {0, 1}); });
  check_gradient([] { return pad_replicate(x, {1, 1}, {0, 1}); });
  check_gradient([] { return pad_circular(x, {1, 1}, {0, 1}); });
  check_gradient([] { return glu(x, 0); });
  check_gradient([] { return embedding(x, positions, 1); });
  check_gradient([] { return interpolate(x(newaxis), {.size = {5}}); });
  check_gradient(
      [] { return interpolate(x(newaxis), {.scale = {2}, .mode = Interpolation::linear}); });
  check_gradient([] { return pixel_shuffle(ones({4, 2, 3}) * x, 2); });
  check_gradient([] { return channel_shuffle(x, 1); });
  check_gradient([] { return max_pool(x, {2, 2}, {.padding = {1, 1}}); });
  check_gradient([] { return avg_pool(x, {2}, {.padding = {1}, .count_include_pad = false}); });
  check_gradient([] { return x(positions, positions); });
  check_gradient([] { return sum(x, {.where = mask}); });
  check_gradient([] { return var(x, {.where = mask}) + mean(x, {.where = mask}); });
  check([] { return argmax(x, {.axis = 1, .where = mask}); });
  check_gradient([] {
    Tensor z = x;
    z.at(positions, positions) += 1;
    return scatter(z, positions, y, 0, ScatterMode::multiply);
  });
  check_gradient([] { return scatter(x, positions, y, 0, ScatterMode::maximum); });
}

TEST(LinesOfFunctions, NumbersThatDoNotFit) {
  check([] { return positions.astype(DType::u8) <= -19; });
  check([] { return clip(positions.astype(DType::u8), -129, 300); });
  check_error([] { positions.astype(DType::i8) + 300; });
  check_error([] { full({2}, 300, DType::u8); });
  check_error([] { pad(positions.astype(DType::u8), {1}, {1}, -1); });
  check_error([] {
    Tensor z = positions;
    z.at(0) = 0.5;
  });
}

TEST(LinesOfFunctions, RandomNumbers) {
  Generator random(1);
  check([] { return uniform({4}); });
  check([] { return normal({4}); });
  check([] { return permutation(4); });
  check([] { return randint(0, 9, {4}); });
  check([] { return bernoulli(0.5, {4}); });
  check([&] { return bernoulli(random, x, {2, 3}); });
  check([] { return exponential({4}); });
  check([&] { return exponential(random, {4}); });
  check([] { return categorical(x); });
  check([&] { return categorical(random, x, 0); });
  check([] { return truncated_normal({4}); });
  check([&] { return truncated_normal(random, {4}, 0, 1); });
  check_gradient([] { return shuffle(x); });
  check_gradient([&] { return shuffle(random, x, 1); });
  check_gradient([] { return dropout(x); });
  check_gradient([&] { return dropout(x, 0.2, random); });
}

TEST(LinesOfFunctions, Errors) {
  check_error([] { huber(x, y, -1); });
  check_error([] { vector_norm(x, 7); });
  check_error([] { cdist(x, ones({7})); });
  check_error([] { group_norm(x, 2, v, v); });
  check_error([] { interpolate(x, {}); });
  check_error([] { einsum("ij,k", {x}); });
  check_error([] { tensordot(x, y, 2, 1); });
  check_error([] { chunk(x, 0); });
  check_error([] { meshgrid({x}); });
  check_error([] { pad_reflect(x, {1}, {1}); });
  check_error([] { randint(1, 1, {2}); });
  check_error([] { randint(0, 300, {2}, DType::u8); });
  check_error([] { windows(x, 1, {4}); });
  check_error([] { fold(x, 0, {2}); });
  check_error([] { max_pool(x, {2}, {.padding = {2}}); });
  check_error([] { avg_pool(x, {2, 2, 2}); });
  check_error([] { sum(x, {.where = x}); });
  check_error([] { x(positions, Tensor::copy_of({0, 1, 2})); });
  check_error([] { bernoulli(0.5, {-1}); });
  check_error([] { dropout(x, 2); });
}

} // namespace
} // namespace jit
