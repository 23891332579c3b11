// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What gdb looks at: debugger.py stops it at the lines that say so.
#include <tracejit/compiler.h>
#include <tracejit/tracejit.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <vector>

static int passes = 0;

static void look_at_values(const jit::Variable &weight) {
  const double inf = std::numeric_limits<double>::infinity();
  const jit::Tensor matrix =
      jit::Tensor::copy_of({1.0f, 2.5f, std::nanf(""), -0.0f, 10.0f, 0.1f}, {2, 3});
  const jit::Tensor transposed = jit::permute_dims(matrix, {1, 0});
  const jit::Tensor wide = jit::arange(100).astype(jit::DType::i64);
  const jit::Tensor square = jit::zeros({10, 10}, jit::DType::u8);
  const jit::Tensor number(0.1, jit::DType::f64), huge(-inf, jit::DType::f64);
  const jit::Tensor flags = jit::Tensor::copy_of({true, false}, {2});
  const jit::Tensor nothing = jit::zeros({0, 3});
  jit::Tensor counts = jit::Tensor::copy_of<std::int64_t>({1, 2, 3, 4}, {2, 2});
  jit::Tensor empty;
  std::printf("flags %d\n", jit::any(flags).item<bool>()); // stop: values
  std::printf("counts %g\n", jit::sum(counts).item<double>());
  std::printf("weight %g, named %s\n", weight.value().item<float>(), weight.name().c_str());
}

int main() {
  jit::enable_compiler();
  const jit::Variable weight(jit::Tensor(0.5f), {.name = "weight"});
  look_at_values(weight);
  jit::Tensor x = jit::Tensor::copy_of({1.0f, 2.0f, 3.0f, 4.0f}, {4});
  auto step = jit::trace(
      [&] {
        jit::Tensor y = x * 2;
        jit::Tensor z = jit::exp(y - 2) + weight;
        ++passes; // stop: pending
        return jit::sum(z + y).item<float>();
      },
      {.name = "step"});
  float first = 0;
  for (int i = 0; i < 40; ++i) {
    const float loss = step();
    if (i == 0)
      first = loss;
    else if (loss != first)
      std::printf("pass %d: %.9g after %.9g\n", i, loss, first);
    jit::wait_compiled();
  }
  for (const jit::TraceReport &path : step.explain())
    std::printf("path %s: %d hits, %d replays\n", path.state.c_str(), static_cast<int>(path.hits),
                static_cast<int>(path.replays));
  std::printf("done\n");
}
