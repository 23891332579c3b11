// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// OpenBLAS: the products.
#include "bench/peers/Serve.h"

#include <cblas.h>
#include <memory>
#include <string>
#include <vector>

namespace {

using namespace peers;

/// c = a b, or a b^T where b is [n, k].
struct Product {
  jit::Tensor a, b;
  int m, n, k;
  CBLAS_TRANSPOSE transposed;
  std::vector<float> c;

  void run() {
    const float *x = a.data<float>().data(), *y = b.data<float>().data();
    const int stride = transposed == CblasTrans ? k : n;
    if (m == 1)
      cblas_sgemv(CblasRowMajor, transposed == CblasTrans ? CblasNoTrans : CblasTrans,
                  transposed == CblasTrans ? n : k, transposed == CblasTrans ? k : n, 1, y, stride,
                  x, 1, 0, c.data(), 1);
    else
      cblas_sgemm(CblasRowMajor, CblasNoTrans, transposed, m, n, k, 1, x, k, y, stride, 0, c.data(),
                  n);
  }
};

/// Name, version and the processor whose kernels it took.
std::string described() {
  const std::string config = openblas_get_config(); // name and version come first
  return config.substr(0, config.find(' ', config.find(' ') + 1)) + ", " + openblas_get_corename();
}

Served prepare(const Job &job) {
  const bool linear = job.computation == "linear";
  if (!linear && job.computation != "sgemm")
    throw Unsupported();
  Inputs inputs = job.load_inputs();
  const auto extent = [&](const char *name) { return static_cast<int>(job.sizes.at(name)); };
  const int m = extent("m"), n = extent("n"), k = extent("k");
  const auto product = std::make_shared<Product>(
      Product{inputs[linear ? "x" : "a"], inputs[linear ? "weight" : "b"], m, n, k,
              linear ? CblasTrans : CblasNoTrans,
              std::vector<float>(static_cast<std::size_t>(m) * static_cast<std::size_t>(n))});
  openblas_set_num_threads(job.threads);
  return {[product](std::int64_t repeats) {
            for (; repeats > 0; --repeats)
              product->run();
          },
          [product, m, n] {
            product->run();
            return std::vector{jit::Tensor::copy_of(product->c, {m, n})};
          },
          described(),
          0,
          {}};
}

} // namespace

int main(int count, char **words) { return peers::serve(count, words, prepare); }
