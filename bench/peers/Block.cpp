// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "bench/peers/Block.h"

#include <cmath>

namespace peers {

using namespace jit;

namespace {

Tensor linear(const Tensor &x, const Tensor &weight, const Tensor &bias) {
  return matmul(x, permute_dims(weight, {1, 0})) + bias;
}

Tensor attention(const Tensor &x, const Lookup &get, const Sizes &sizes, bool causal) {
  const std::int64_t batch = sizes.at("batch"), length = sizes.at("length"),
                     width = sizes.at("width"), heads = sizes.at("heads");
  const Tensor all = reshape(matmul(x, permute_dims(get("weight_qkv"), {1, 0})),
                             {batch, length, 3, heads, width / heads});
  const auto part = [&](std::int64_t which) {
    return permute_dims(all(slice(), slice(), which), {0, 2, 1, 3});
  };
  Tensor scores = matmul(part(0), permute_dims(part(1), {0, 1, 3, 2})) *
                  (1 / std::sqrt(static_cast<double>(width / heads)));
  if (causal) {
    const Tensor place = arange(length);
    scores = where(expand_dims(place, 1) >= place, scores, -1e9);
  }
  const Tensor mixed = permute_dims(matmul(softmax(scores), part(2)), {0, 2, 1, 3});
  return linear(reshape(mixed, {batch, length, width}), get("weight_mix"), get("bias_mix"));
}

} // namespace

Inputs block_inputs(const Sizes &sizes) {
  Generator random(13);
  const std::int64_t width = sizes.at("width");
  Inputs inputs{{"x", normal(random, {sizes.at("batch"), sizes.at("length"), width})}};
  const auto add_linear = [&](const std::string &name, std::int64_t in, std::int64_t out) {
    inputs["weight_" + name] = normal(random, {out, in}) / std::sqrt(static_cast<double>(in));
    inputs["bias_" + name] = normal(random, {out}) * 0.1;
  };
  add_linear("qkv", width, 3 * width);
  inputs.erase("bias_qkv");
  add_linear("mix", width, width);
  add_linear("up", width, 4 * width);
  add_linear("down", 4 * width, width);
  for (const char *name : {"first", "second"}) {
    inputs[std::string("scale_") + name] = uniform(random, {width}) + 0.5;
    inputs[std::string("bias_") + name] = normal(random, {width}) * 0.1;
  }
  return inputs;
}

Tensor block(const Tensor &x, const Lookup &get, const Sizes &sizes, bool causal) {
  const Tensor mixed =
      x + attention(layer_norm(x, get("scale_first"), get("bias_first")), get, sizes, causal);
  const Tensor normed = layer_norm(mixed, get("scale_second"), get("bias_second"));
  const Tensor wide = gelu(linear(normed, get("weight_up"), get("bias_up")));
  return mixed + linear(wide, get("weight_down"), get("bias_down"));
}

std::vector<Computation> encoder() {
  return {{"encoder_block", block_inputs, [](Inputs in, const Sizes &sizes) {
             return pure([in = std::move(in), sizes] {
               const Lookup get = [&](const char *name) { return in.at(name); };
               return Outputs{block(in.at("x"), get, sizes, false)};
             });
           }}};
}

} // namespace peers
