// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients of functions that are written with ops, against finite differences.
#include "test/unit/autograd/Differences.h"

namespace jit {
namespace {

using namespace jit::testing;

struct Case {
  std::string name;
  Function function;
  std::vector<Tensor> arguments;
};

using Args = const std::vector<Tensor> &;

void check_all(const std::vector<Case> &cases) {
  for (const Case &c : cases)
    check_gradients(c.function, c.arguments, c.name);
}

const Tensor x = numbers({3, 4}, 1, true), y = numbers({3, 4}, 2, true);
const Tensor p = sigmoid(x), q = sigmoid(y);
const Tensor signs = tensor({1, -1, 1}, {3});
const Tensor labels = Tensor::copy_of<std::int64_t>({2, 0, 3}, {3});

TEST(FunctionGradients, Losses) {
  constexpr Reduction none = Reduction::none;
  check_all({
      {"mse", [](Args a) { return mse(a[0], a[1]); }, {x, y}},
      {"l1", [](Args a) { return l1(a[0], a[1]); }, {x, y}},
      {"huber", [](Args a) { return huber(a[0], a[1], 0.7, Reduction::none); }, {x, y}},
      {"bce", [](Args a) { return bce(a[0], a[1]); }, {p, q}},
      {"kl_div", [](Args a) { return kl_div(a[0], a[1]); }, {x, q}},
      {"kl_div log", [](Args a) { return kl_div(a[0], a[1], true); }, {x, y}},
      {"hinge", [](Args a) { return hinge(a[0], a[1]); }, {x, y}},
      {"poisson_nll", [](Args a) { return poisson_nll(a[0], a[1]); }, {x, q}},
      {"gaussian_nll", [](Args a) { return gaussian_nll(a[0], a[1], a[2], true); }, {x, y, p}},
      {"margin_ranking", [](Args a) { return margin_ranking(a[0], a[1], a[2]); }, {x, y, p}},
      {"triplet", [](Args a) { return triplet(a[0], a[1], a[2]); }, {x, y, p}},
      {"cosine_embedding", [](Args a) { return cosine_embedding(a[0], a[1], signs, 0.5); }, {x, y}},
      {"cross_entropy", [](Args a) { return cross_entropy(a[0], labels); }, {x}},
      {"cross_entropy, all options",
       [](Args a) {
         return cross_entropy(a[0], labels, {.weight = a[1], .ignore_index = 0, .smoothing = 0.2});
       },
       {x, numbers({4}, 3)}},
      {"cross_entropy, soft", [](Args a) { return cross_entropy(a[0], a[1]); }, {x, q}},
      {"nll_loss",
       [](Args a) { return nll_loss(log_softmax(a[0], 1), labels, {.reduction = none}); },
       {x}},
  });
}

TEST(FunctionGradients, NormsAndLayers) {
  const Tensor row = numbers({4}, 3), channels = numbers({4}, 3);
  const Tensor images = numbers({2, 4, 3}, 2, true), index = labels;
  check_all({
      {"vector_norm", [](Args a) { return vector_norm(a[0], 1); }, {x}},
      {"vector_norm 1", [](Args a) { return vector_norm(a[0], {.axis = 1, .ord = 1}); }, {x}},
      {"vector_norm 3", [](Args a) { return vector_norm(a[0], {.axis = 0, .ord = 3}); }, {x}},
      {"vector_norm inf",
       [](Args a) { return vector_norm(a[0], {.ord = std::numeric_limits<double>::infinity()}); },
       {x}},
      {"l2_normalize", [](Args a) { return l2_normalize(a[0]); }, {x}},
      {"cosine_similarity", [](Args a) { return cosine_similarity(a[0], a[1]); }, {x, y}},
      {"pairwise_distance", [](Args a) { return pairwise_distance(a[0], a[1]); }, {x, y}},
      {"cdist", [](Args a) { return cdist(a[0], a[1]); }, {x, y}},
      {"logsumexp", [](Args a) { return logsumexp(a[0], Axes{0, 1}); }, {x}},
      {"glu", [](Args a) { return glu(a[0]); }, {x}},
      {"rms_norm", [](Args a) { return rms_norm(a[0], a[1]); }, {x, row}},
      {"group_norm",
       [](Args a) { return group_norm(a[0], 2, a[1], a[2]); },
       {images, channels, row}},
      {"instance_norm",
       [](Args a) { return instance_norm(a[0], a[1], a[2]); },
       {images, channels, row}},
      {"embedding", [=](Args a) { return embedding(a[0], index); }, {numbers({5, 2}, 1)}},
      {"interpolate",
       [](Args a) { return interpolate(a[0], {.size = {5}, .mode = Interpolation::linear}); },
       {images}},
      {"interpolate nearest", [](Args a) { return interpolate(a[0], {.size = {7}}); }, {images}},
  });
}

TEST(FunctionGradients, Products) {
  const Tensor cube = numbers({4, 2, 3}, 3, true), u = numbers({3}, 1), v = numbers({3}, 2, true);
  check_all({
      {"outer", [](Args a) { return outer(a[0], a[1]); }, {u, v}},
      {"inner", [](Args a) { return inner(a[0], a[1]); }, {x, y}},
      {"vdot", [](Args a) { return vdot(a[0], a[1]); }, {x, y}},
      {"tensordot", [](Args a) { return tensordot(a[0], a[1], {1, 0}, {0, 2}); }, {x, cube}},
      {"cross", [](Args a) { return cross(a[0], a[1]); }, {u, v}},
      {"kron", [](Args a) { return kron(a[0], a[1]); }, {u, x}},
      {"trace", [](Args a) { return trace(a[0]); }, {x}},
      {"einsum",
       [](Args a) { return einsum("ij,jki,k->ik", {a[0], a[1], a[2]}); },
       {x, cube, numbers({2}, 2)}},
      {"einsum diagonal",
       [](Args a) { return einsum("...ii->i...", {a[0]}); },
       {numbers({2, 3, 3}, 1)}},
      {"diag", [](Args a) { return diag(a[0], 1); }, {u}},
      {"pad_reflect", [](Args a) { return pad_reflect(a[0], {1, 2}, {0, 5}); }, {x}},
      {"pad_replicate", [](Args a) { return pad_replicate(a[0], {1, 2}, {0, 5}); }, {x}},
      {"pad_circular", [](Args a) { return pad_circular(a[0], {1, 2}, {0, 5}); }, {x}},
      {"meshgrid", [](Args a) { return meshgrid({a[0], a[1]})[0]; }, {u, v}},
      {"chunk", [](Args a) { return chunk(a[0], 2, 1)[1]; }, {x}},
      {"pixel_shuffle", [](Args a) { return pixel_shuffle(a[0], 2); }, {numbers({4, 2, 1}, 1)}},
  });
}

} // namespace
} // namespace jit
