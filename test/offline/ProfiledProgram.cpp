// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A traced call with an observation in the middle, for profile.py. With a file as its argument it
// enables the compiler, runs until everything is judged, and saves its traces there; without one it
// prints what each call gave and how it ran, and whether a compiler was opened. With --hold instead
// of a file it keeps values that were let go when the traces were saved.
#include <tracejit/compiler.h>
#include <tracejit/tracejit.h>

#include <cstdio>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

static bool compiler_is_open() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (line.find("libtracejit-compiler") != line.npos || line.find("libLLVM") != line.npos)
      return true;
  return false;
}

int main(int argc, char **argv) {
  const bool holds = argc > 1 && std::string(argv[1]) == "--hold";
  const bool learns = argc > 1 && !holds;
  std::vector<jit::Tensor> held;
  const jit::Tensor w = jit::ones({64, 64}) * 0.5f;
  if (learns)
    jit::enable_compiler();
  auto step = jit::trace(
      [&](const jit::Tensor &x) {
        const jit::Tensor product = jit::matmul(x, w);
        const jit::Tensor y = jit::tanh(product);
        if (holds)
          held = {product, y};
        const float all = jit::sum(y).item<float>();
        return all > 1e6f ? y : y * all + 1;
      },
      {.name = "step"});
  const jit::Tensor x = jit::arange(0.0f, 512.0f).reshape({8, 64}) * 1e-3f;
  for (int i = 0; i < (learns ? 100 : holds ? 40 : 3); ++i) {
    const jit::Tensor result = step(x);
    const jit::CallReport call = step.last();
    if (learns)
      jit::wait_compiled();
    else
      std::printf("%a compiled %u eager %u\n", static_cast<double>(jit::sum(result).item<float>()),
                  call.compiled, call.eager);
  }
  for (const jit::TraceReport &path : step.explain())
    if (path.from_profile)
      std::cout << path;
  if (!learns) {
    std::printf("compiler %s\n", compiler_is_open() ? "open" : "closed");
    return 0;
  }
  std::ofstream file(argv[1]);
  jit::save_trace(file);
  return file.good() ? 0 : 1;
}
