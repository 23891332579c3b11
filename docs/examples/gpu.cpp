// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A traced function on the CPU and on a GPU: the same bits. Usage: example-gpu
#include <tracejit/compiler.h>
#include <tracejit/tracejit.h>

#include <cstdio>
#include <iostream>

using jit::Tensor;

int main() {
  if (jit::cuda_device_count() == 0) {
    std::printf("no GPU: %s\n", jit::cuda_refusal().c_str());
    return 0;
  }
  jit::enable_compiler();
  auto wave = jit::trace(
      [](const Tensor &x, double t) { return jit::sin(x - t) * jit::exp(-jit::square(x) / 8); },
      {"wave"});
  const Tensor here = jit::linspace(-4, 4, 9, jit::DType::f32);
  const Tensor there = here.to(jit::cuda());
  std::cout << there << "\n" << wave(there, 0.5) << "\n";
  bool equal = true;
  for (int i = 0; i < 200; ++i) {
    const double t = 0.01 * i;
    equal &= wave(there, t).to_vector<float>() == wave(here, t).to_vector<float>();
  }
  for (const jit::TraceReport &path : wave.explain())
    std::cout << path;
  std::printf("%s\n", equal ? "equal bits on both" : "DIFFERENT");
  return equal ? 0 : 1;
}
