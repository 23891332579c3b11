// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Two training steps: forward, backward and update by Adam.
#include "bench/policy/Models.h"

#include <cmath>
#include <deque>

namespace bench {

using namespace jit;

namespace {

/// Parameters stay where they are when more are made.
struct Model {
  Generator random{17};
  std::deque<Variable> variables;
  Adam adam{.rate = 1e-3};

  Variable &matrix(std::int64_t rows, std::int64_t columns) {
    return variables.emplace_back(normal(random, {rows, columns}) *
                                  (1 / std::sqrt(static_cast<double>(rows))));
  }
  Variable &filled(std::int64_t size, double value) {
    return variables.emplace_back(full({size}, value));
  }
  Tensor update(Tape &tape, const Tensor &loss) {
    adam.step(variables, tape.gradient(loss, variables));
    return loss;
  }
};

/// The state of a workload's callable is shared by its copies.
template <class M> struct Step {
  std::shared_ptr<M> model;
  Results operator()() const { return {model->step()}; }
  Results state() const {
    Results values;
    for (const Variable &variable : model->variables)
      values.push_back(variable.value());
    return values;
  }
};

struct Gru : Model {
  static constexpr std::int64_t batch = 32, steps = 24, width = 32;
  struct Gate {
    Variable &weight, &bias;
    Tensor operator()(const Tensor &x) const { return matmul(x, weight) + bias; }
  };
  Gate make_gate(std::int64_t inputs, std::int64_t outputs) {
    return {matrix(inputs, outputs), filled(outputs, 0)};
  }
  Gate update_gate = make_gate(width + 1, width), reset_gate = make_gate(width + 1, width),
       candidate = make_gate(width + 1, width), guess = make_gate(width, 1);
  Tensor waves = sin(uniform(random, {batch, 1}) * 6 + arange(steps + 1) * 0.4);

  Gru() { adam.prepare(variables); }

  Tensor step() {
    Tape tape;
    Tensor state = zeros({batch, width}), loss = zeros({});
    for (std::int64_t t = 0; t < steps; ++t) {
      const Tensor now = waves(slice(), slice(t, t + 1)),
                   next = waves(slice(), slice(t + 1, t + 2));
      const Tensor seen = concat({now, state}, 1);
      const Tensor keep = sigmoid(update_gate(seen)), reset = sigmoid(reset_gate(seen));
      const Tensor fresh = tanh(candidate(concat({now, reset * state}, 1)));
      state = keep * state + (1 - keep) * fresh;
      loss = loss + mean(square(guess(state) - next));
    }
    return update(tape, loss / steps);
  }
};

struct Transformer : Model {
  static constexpr std::int64_t vocabulary = 24, heads = 4;
  struct Linear {
    Variable &weight, &bias;
    Tensor operator()(const Tensor &x) const { return matmul(x, weight) + bias; }
  };
  struct Norm {
    Variable &scale, &offset;
    Tensor operator()(const Tensor &x) const { return layer_norm(x, scale, offset); }
  };
  struct Layer {
    Norm first;
    Linear keys, mix;
    Norm second;
    Linear up, down;
  };
  Linear linear(std::int64_t inputs, std::int64_t outputs) {
    return {matrix(inputs, outputs), filled(outputs, 0)};
  }
  Norm norm() { return {filled(size.width, 1), filled(size.width, 0)}; }

  const TransformerSize size;
  Variable &tokens, &places;
  std::vector<Layer> layers;
  Norm last;
  Tensor words, targets;

  explicit Transformer(const TransformerSize &size)
      : size(size), tokens(matrix(vocabulary, size.width)), places(matrix(size.length, size.width)),
        last(norm()) {
    for (std::int64_t i = 0; i < size.layers; ++i)
      layers.push_back({norm(), linear(size.width, 3 * size.width), linear(size.width, size.width),
                        norm(), linear(size.width, 4 * size.width),
                        linear(4 * size.width, size.width)});
    const Tensor text =
        (uniform(random, {size.batch, size.length + 1}) * static_cast<double>(vocabulary))
            .astype(DType::i64);
    words = text(slice(), slice(0, size.length));
    targets = reshape(text(slice(), slice(1, size.length + 1)), {size.batch * size.length});
    adam.prepare(variables);
  }

  Tensor attention(const Layer &layer, const Tensor &x) const {
    const std::int64_t width = size.width / heads;
    const Tensor all = reshape(layer.keys(x), {size.batch, size.length, 3, heads, width});
    const auto part = [&](std::int64_t which) {
      return permute_dims(all(slice(), slice(), which), {0, 2, 1, 3});
    };
    const Tensor scores = matmul(part(0), permute_dims(part(1), {0, 1, 3, 2})) *
                          (1 / std::sqrt(static_cast<double>(width)));
    const Tensor place = arange(size.length);
    const Tensor seen = expand_dims(place, 1) >= place;
    const Tensor mixed = matmul(softmax(where(seen, scores, -1e9)), part(2));
    return layer.mix(
        reshape(permute_dims(mixed, {0, 2, 1, 3}), {size.batch, size.length, size.width}));
  }

  Tensor step() {
    Tape tape;
    Tensor x = take(tokens, words) + places;
    for (const Layer &layer : layers) {
      x = x + attention(layer, layer.first(x));
      x = x + layer.down(gelu(layer.up(layer.second(x))));
    }
    const Tensor scores = matmul(last(x), permute_dims(tokens, {1, 0}));
    return update(tape,
                  cross_entropy(reshape(scores, {size.batch * size.length, vocabulary}), targets));
  }
};

} // namespace

Workload gru_training() {
  return make_workload("gru", [] { return Step<Gru>{std::make_shared<Gru>()}; });
}

Workload transformer_training(const TransformerSize &size) {
  return make_workload("transformer",
                       [=] { return Step<Transformer>{std::make_shared<Transformer>(size)}; });
}

} // namespace bench
