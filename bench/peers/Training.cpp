// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Training steps: forward, backward and update by Adam.
#include "bench/peers/Block.h"

#include <cmath>

namespace peers {

using namespace jit;

namespace {

/// Variables by the names of the inputs they begin with, and their optimizer.
struct Parameters {
  Inputs first;
  std::map<std::string, Variable> variables;
  std::vector<Variable *> list;
  Adam adam;

  explicit Parameters(const Inputs &inputs) {
    for (const auto &[name, value] : inputs)
      if (name.starts_with("weight") || name.starts_with("bias") || name.starts_with("scale"))
        first.emplace(name, value);
    for (const auto &[name, value] : first)
      variables.emplace(name, value);
    for (auto &[name, variable] : variables)
      list.push_back(&variable);
    adam.prepare(list);
  }
  const Variable &operator[](const std::string &name) const { return variables.at(name); }

  void reset() {
    for (auto &[name, variable] : variables)
      variable = first.at(name);
    adam = Adam();
    adam.prepare(list);
  }
  std::vector<Tensor> change() const {
    std::vector<Tensor> changes;
    for (const auto &[name, variable] : variables)
      changes.push_back(variable - first.at(name));
    return changes;
  }
  void update(Tape &tape, const Tensor &loss) { adam.step(list, tape.gradient(loss, list)); }
};

/// A step on parameters that the copies of the body share.
Body training_body(std::shared_ptr<Parameters> parameters,
                   std::function<Tensor(const Parameters &)> loss) {
  return {[parameters, loss] {
            Tape tape;
            const Tensor value = loss(*parameters);
            parameters->update(tape, value);
            return Outputs{value};
          },
          [parameters] { parameters->reset(); }, [parameters] { return parameters->change(); }};
}

Tensor weight(Generator &random, std::int64_t inputs, std::int64_t outputs, bool transposed) {
  const Tensor values = normal(random, {inputs, outputs}) * 0.05;
  return transposed ? permute_dims(values, {1, 0}).contiguous() : values;
}

Inputs classifier_inputs(const Sizes &sizes) {
  Generator random(12);
  const std::int64_t inputs = sizes.at("inputs"), hidden = sizes.at("hidden"),
                     classes = sizes.at("classes"), batch = sizes.at("batch");
  const bool transposed = sizes.at("transposed") != 0;
  return {{"weight0", weight(random, inputs, hidden, transposed)},
          {"bias0", zeros({hidden})},
          {"weight1", weight(random, hidden, hidden, transposed)},
          {"bias1", zeros({hidden})},
          {"weight2", weight(random, hidden, classes, transposed)},
          {"bias2", zeros({classes})},
          {"images", uniform(random, {batch, inputs})},
          {"labels", (uniform(random, {batch}) * static_cast<double>(classes)).astype(DType::i64)}};
}

Body classifier(Inputs in, const Sizes &sizes) {
  const bool transposed = sizes.at("transposed") != 0;
  const auto parameters = std::make_shared<Parameters>(in);
  const auto layer = [transposed](const Tensor &x, const Variable &weight, const Variable &bias) {
    return matmul(x, transposed ? permute_dims(weight, {1, 0}) : weight.value()) + bias;
  };
  return training_body(parameters,
                       [layer, images = in["images"], labels = in["labels"]](const Parameters &p) {
                         Tensor x = relu(layer(images, p["weight0"], p["bias0"]));
                         x = relu(layer(x, p["weight1"], p["bias1"]));
                         return cross_entropy(layer(x, p["weight2"], p["bias2"]), labels);
                       });
}

/// The block learns a fixed answer to a fixed question.
Body block_training(Inputs in, const Sizes &sizes) {
  const auto parameters = std::make_shared<Parameters>(in);
  return training_body(parameters,
                       [sizes, x = in["x"], target = in["target"]](const Parameters &p) {
                         const Lookup get = [&](const char *name) { return p[name].value(); };
                         return mse(block(x, get, sizes, true), target);
                       });
}

Inputs block_training_inputs(const Sizes &sizes) {
  Inputs inputs = block_inputs(sizes);
  Generator random(14);
  inputs["target"] = normal(random, {sizes.at("batch"), sizes.at("length"), sizes.at("width")});
  return inputs;
}

} // namespace

std::vector<Computation> training() {
  return {{"mlp_training", classifier_inputs, classifier},
          {"block_training", block_training_inputs, block_training}};
}

} // namespace peers
