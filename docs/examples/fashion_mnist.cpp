// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Trains a classifier of Fashion-MNIST by ordinary eager code. While it runs, the training step
// gets hot, is compiled in the background and swapped in; the report shows when, and what it
// gained.
#include "DemoSettings.h"
#include "EagerRun.h"
#include "TrainingReport.h"

#include <tracejit/compiler.h>
#include <tracejit/io.h>
#include <tracejit/tracejit.h>

#include <cmath>
#include <cstdio>
#include <exception>
#include <iostream>

namespace {

using jit::slice;
using jit::Tensor;
using jit::Variable;

struct Layer {
  Variable weight, bias;

  Layer(jit::Generator &random, std::int64_t inputs, std::int64_t outputs)
      : weight(jit::normal(random, {inputs, outputs}) *
               std::sqrt(2.0 / static_cast<double>(inputs))),
        bias(jit::zeros({outputs})) {}

  Tensor operator()(const Tensor &x) const { return jit::matmul(x, weight) + bias; }
};

struct Model {
  Layer first, second, last;

  Model(jit::Generator &random, std::int64_t hidden)
      : first(random, 784, hidden), second(random, hidden, hidden), last(random, hidden, 10) {}

  /// Grey values [n, 784] of 0 to 255 to logits [n, 10].
  Tensor operator()(const Tensor &images) const {
    const Tensor x = images.astype(jit::DType::f32) * (1.0 / 255);
    return last(jit::relu(second(jit::relu(first(x)))));
  }

  std::vector<Variable *> parameters() {
    std::vector<Variable *> list;
    for (Layer *layer : {&first, &second, &last}) {
      list.push_back(&layer->weight);
      list.push_back(&layer->bias);
    }
    return list;
  }
};

struct Dataset {
  Tensor images, labels; // u8 [n, 784], i64 [n]

  Dataset(const DemoSettings &settings, const std::string &name, std::int64_t most) {
    const Tensor pixels = jit::load_idx(settings.data / (name + "-images-idx3-ubyte.gz"));
    const Tensor classes = jit::load_idx(settings.data / (name + "-labels-idx1-ubyte.gz"));
    const std::int64_t count = std::min(most, classes.size());
    images = jit::reshape(pixels(slice(0, count)), {count, 784});
    labels = classes(slice(0, count)).astype(jit::DType::i64);
  }
  std::int64_t size() const { return labels.size(); }
};

/// The share of images that the model puts into the right class.
double accuracy(const Model &model, const Dataset &data) {
  std::int64_t right = 0;
  for (std::int64_t begin = 0; begin < data.size(); begin += 1000) {
    const slice rows(begin, begin + 1000);
    const Tensor guess = jit::argmax(model(data.images(rows)), {.axis = 1});
    right += jit::sum(guess == data.labels(rows)).item<std::int64_t>();
  }
  return static_cast<double>(right) / static_cast<double>(data.size());
}

/// Returns the accuracy on the test images.
double train(const DemoSettings &settings, TrainingReport &report) {
  const Dataset training(settings, "train", settings.samples);
  const Dataset test(settings, "t10k", settings.samples);
  jit::Generator random(20261121);
  Model model(random, settings.hidden);
  const std::vector<Variable *> parameters = model.parameters();
  jit::Adam adam;
  adam.prepare(parameters);

  auto step = jit::trace(
      [&](const Tensor &images, const Tensor &labels) {
        jit::Tape tape;
        const Tensor loss = jit::cross_entropy(model(images), labels);
        adam.step(parameters, tape.gradient(loss, parameters));
        const float value = loss.item<float>();
        if (!std::isfinite(value))
          throw std::runtime_error("the loss is not a number any more");
        return value;
      },
      {"training step"});

  double result = 0;
  for (int epoch = 1; epoch <= settings.epochs; ++epoch) {
    const Tensor order = jit::permutation(random, training.size());
    for (std::int64_t begin = 0; begin + settings.batch <= training.size();
         begin += settings.batch) {
      const Tensor rows = order(slice(begin, begin + settings.batch));
      report.begin_step();
      const float loss = step(jit::take(training.images, rows), jit::take(training.labels, rows));
      report.end_step(epoch, loss, step);
    }
    result = accuracy(model, test);
    std::printf("epoch %d: loss %.4f, accuracy on %lld test images %.4f\n", epoch,
                report.mean_loss(), static_cast<long long>(test.size()), result);
    if (epoch + 1 >= settings.epochs)
      adam.rate *= 0.3; // a number like any other: nothing is compiled again
  }
  return result;
}

} // namespace

int main(int count, char **words) {
  try {
    const DemoSettings settings = DemoSettings::parse(count, words);
    jit::enable_compiler();
    const jit::DeviceScope there(settings.gpu < 0 ? jit::Device{} : jit::cuda(settings.gpu));
    TrainingReport report(settings);
    const double reached = train(settings, report);
    if (!settings.losses.empty()) {
      report.write(settings.losses);
      return 0;
    }
    report.print_timeline();
    std::printf("\nexplain():\n");
    for (const jit::TraceReport &trace : jit::explain())
      std::cout << trace;
    const bool equal = compare_with_eager_run(report, words);
    const bool learnt = reached >= settings.wanted_accuracy;
    std::printf("accuracy %.4f, wanted at least %.2f: %s\n", reached, settings.wanted_accuracy,
                learnt ? "reached" : "MISSED");
    return equal && learnt ? 0 : 1;
  } catch (const std::exception &error) {
    std::fprintf(stderr, "tracejit-demo: %s\n", error.what());
    return 1;
  }
}
