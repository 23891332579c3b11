// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// libtorch from C++: eager ops without Python's cost, and packages that AOTInductor made.
#include "bench/peers/Serve.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <array>
#include <c10/core/InferenceMode.h>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <string>
#include <torch/csrc/inductor/aoti_package/model_package_loader.h>
#include <torch/version.h>
#include <vector>

namespace {

using namespace peers;
using Results = std::vector<at::Tensor>;

at::Tensor from_ours(const jit::Tensor &tensor) {
  const std::vector<std::int64_t> shape(tensor.shape().begin(), tensor.shape().end());
  void *bytes = const_cast<float *>(tensor.data<float>().data());
  return at::from_blob(bytes, shape, at::kFloat).clone();
}

jit::Tensor to_ours(const at::Tensor &tensor) {
  const at::Tensor values = tensor.contiguous();
  const jit::Dims shape(values.sizes().begin(), values.sizes().end());
  const auto size = static_cast<std::size_t>(values.numel());
  if (values.scalar_type() == at::kLong)
    return jit::Tensor::copy_of(std::span(values.const_data_ptr<std::int64_t>(), size), shape);
  return jit::Tensor::copy_of(std::span(values.const_data_ptr<float>(), size), shape);
}

template <class F> Served served_by(F call, const std::string &how) {
  return {[call](std::int64_t repeats) {
            const c10::InferenceMode guard;
            for (; repeats > 0; --repeats)
              call();
          },
          [call] {
            const c10::InferenceMode guard;
            std::vector<jit::Tensor> outputs;
            for (const at::Tensor &output : call())
              outputs.push_back(to_ours(output));
            return outputs;
          },
          std::string("libtorch " TORCH_VERSION ", ") + how,
          0,
          {}};
}

Served eager(const Job &job) {
  const Inputs in = job.load_inputs();
  const auto given = [&in](const char *name) {
    return in.contains(name) ? from_ours(in.at(name)) : at::Tensor();
  };
  const at::Tensor x = given("x"), y = given("y");
  const auto serve = [](auto call) {
    return served_by([call] { return std::array{call()}; }, "eager, inference mode");
  };
  if (job.computation == "add")
    return serve([x, y] { return at::add(x, y); });
  if (job.computation == "row_sum")
    return serve([x] { return at::sum(x, -1); });
  if (job.computation == "row_argmax")
    return serve([x] { return at::argmax(x, -1); });
  if (job.computation == "all_differences")
    return serve([x, y] { return at::sub(x, y); });
  if (job.computation == "scaled_points")
    return serve([x, y] { return at::mul(x, y); });
  throw Unsupported();
}

/// Beside the inputs lie the package and the names of the inputs that it takes, one a line.
Served package(const Job &job) {
  const std::filesystem::path folder = job.folder / "package";
  Inputs inputs = job.load_inputs();
  std::vector<at::Tensor> arguments;
  std::ifstream names(folder / "arguments.txt");
  for (std::string name; std::getline(names, name);)
    arguments.push_back(from_ours(inputs[name]));
  const auto loader = std::make_shared<torch::inductor::AOTIModelPackageLoader>(
      (folder / "model.pt2").string(), "model", true);
  return served_by([loader, arguments] { return loader->run(arguments); },
                   "AOTInductor, max-autotune, freezing");
}

Served prepare(const Job &job) {
  at::set_num_threads(job.threads);
  const c10::InferenceMode guard;
  return job.setting == "eager" ? eager(job) : package(job);
}

} // namespace

int main(int count, char **words) { return peers::serve(count, words, prepare); }
