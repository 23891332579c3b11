// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Forward, backward and update of a small classifier as one trace.
#include "bench/suite/Suite.h"

#include "runtime/kernels/ThreadPool.h"

namespace bench {

namespace {

using namespace jit;

struct Classifier {
  std::vector<Variable> weights, biases;
  std::vector<Variable *> parameters;
  Adam adam;
  Tensor images, labels;

  Classifier(const std::vector<std::int64_t> &widths, std::int64_t batch) {
    Generator random(13);
    for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
      weights.emplace_back(normal(random, {widths[i], widths[i + 1]}) * 0.05);
      biases.emplace_back(zeros({widths[i + 1]}));
    }
    for (std::size_t i = 0; i < weights.size(); ++i) {
      parameters.push_back(&weights[i]);
      parameters.push_back(&biases[i]);
    }
    adam.prepare(parameters);
    images = uniform(random, {batch, widths.front()});
    labels = (uniform(random, {batch}) * static_cast<double>(widths.back())).astype(DType::i64);
  }

  Tensor step() {
    Tape tape;
    Tensor x = images;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      x = matmul(x, weights[i]) + biases[i];
      if (i + 1 < weights.size())
        x = relu(x);
    }
    const Tensor loss = cross_entropy(x, labels);
    adam.step(parameters, tape.gradient(loss, parameters));
    return loss;
  }
};

struct Step {
  std::shared_ptr<Classifier> model;
  Results operator()() const { return {model->step()}; }
  Results state() const {
    Results values;
    for (const Variable *parameter : model->parameters)
      values.push_back(parameter->value());
    return values;
  }
};

/// Most bytes alive at once during a call beyond those alive before.
std::int64_t temporaries(const std::function<Results()> &body) {
  reset_memory_peak();
  const std::int64_t before = memory_stats().live_bytes;
  body();
  return memory_stats().peak_live_bytes - before;
}

} // namespace

void training_step(Suite &suite) {
  const std::vector<std::int64_t> widths = suite.settings.quick
                                               ? std::vector<std::int64_t>{32, 16, 10}
                                               : std::vector<std::int64_t>{784, 512, 512, 10};
  const std::int64_t batch = 64;
  double parameters = 0, products = 0;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    const auto size = static_cast<double>(widths[i] * widths[i + 1]);
    parameters += size + static_cast<double>(widths[i + 1]);
    products += size * (i == 0 ? 2 : 3); // nobody needs the gradient of the images
  }
  Work work;
  work.flops = 2.0 * products * static_cast<double>(batch);
  work.cached_bytes = 7 * parameters * sizeof(float);
  for (int threads : thread_counts) {
    const Workload workload = make_workload(
        "MLP 784-512-512-10 training step",
        [&] { return Step{std::make_shared<Classifier>(widths, batch)}; }, threads);
    Row row = suite.compare(workload, work, threads, "us");
    const double fraction = *row.limit_fraction;
    row.note +=
        std::string(row.note.empty() ? "" : "; ") + std::to_string(1 / fraction) + "x of the limit";
    const bool equal = row.outputs_equal;
    suite.add(std::move(row), "<= 1.8x of limit", fraction >= 1 / 1.8);

    force_thread_count(threads);
    Row memory;
    memory.name = "MLP training step, temporaries";
    memory.threads = threads;
    memory.unit = "KB";
    memory.outputs_equal = equal;
    memory.eager = static_cast<double>(temporaries(workload.eager)) / 1e3;
    // The arena is kept from call to call, so it is alive before; its bytes are temporaries still.
    const std::int64_t arena = outcome_of(workload.trace).arena_bytes;
    memory.compiled = static_cast<double>(temporaries(workload.traced) + arena) / 1e3;
    memory.ratio = *memory.eager / std::max(*memory.compiled, 1e-3);
    memory.note = "arena " + std::to_string(arena / 1000) + " KB";
    const bool met = *memory.compiled <= 0.5 * *memory.eager;
    suite.add(std::move(memory), "<= 0.5x of eager", met);
    force_thread_count(1);
  }
}

} // namespace bench
