// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// oneDNN: the products, a layer's weight in the layout that oneDNN likes best.
#include "bench/peers/Serve.h"

#include <dnnl.hpp>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

using namespace peers;
using Tag = dnnl::memory::format_tag;

struct Product {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  jit::Tensor a, b; ///< their memory is read
  std::vector<float> c;
  dnnl::matmul matmul;
  std::unordered_map<int, dnnl::memory> arguments;

  static dnnl::memory::desc described(std::int64_t rows, std::int64_t columns, Tag tag) {
    return {{rows, columns}, dnnl::memory::data_type::f32, tag};
  }
  static void *bytes_of(const jit::Tensor &tensor) {
    return const_cast<float *>(tensor.data<float>().data());
  }

  /// `tag` of b as it lies; it is moved once if `constant`.
  Product(jit::Tensor x, jit::Tensor y, std::int64_t m, std::int64_t n, std::int64_t k, Tag tag,
          bool constant)
      : a(std::move(x)), b(std::move(y)), c(static_cast<std::size_t>(m * n)) {
    const auto left = described(m, k, Tag::ab), result = described(m, n, Tag::ab);
    const auto lies = described(k, n, tag);
    const dnnl::matmul::primitive_desc description(
        {left, constant ? described(k, n, Tag::any) : lies, result}, engine);
    matmul = dnnl::matmul(description);
    dnnl::memory right(lies, engine, bytes_of(b));
    if (description.weights_desc() != lies) {
      dnnl::memory moved(description.weights_desc(), engine);
      dnnl::reorder(right, moved).execute(stream, right, moved);
      right = moved;
    }
    arguments = {{DNNL_ARG_SRC, {left, engine, bytes_of(a)}},
                 {DNNL_ARG_WEIGHTS, right},
                 {DNNL_ARG_DST, {result, engine, c.data()}}};
  }
  void run() {
    matmul.execute(stream, arguments);
    stream.wait();
  }
};

Served prepare(const Job &job) {
  const bool linear = job.computation == "linear";
  if (!linear && job.computation != "sgemm")
    throw Unsupported();
  Inputs inputs = job.load_inputs();
  const std::int64_t m = job.sizes.at("m"), n = job.sizes.at("n"), k = job.sizes.at("k");
  const auto product =
      std::make_shared<Product>(inputs[linear ? "x" : "a"], inputs[linear ? "weight" : "b"], m, n,
                                k, linear ? Tag::ba : Tag::ab, linear);
  const dnnl_version_t *version = dnnl::version();
  return {[product](std::int64_t repeats) {
            for (; repeats > 0; --repeats)
              product->run();
          },
          [product, m, n] {
            product->run();
            return std::vector{jit::Tensor::copy_of(product->c, {m, n})};
          },
          "oneDNN " + std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
              std::to_string(version->patch) + (linear ? ", weight reordered once" : ""),
          0,
          {}};
}

} // namespace

int main(int count, char **words) { return peers::serve(count, words, prepare); }
