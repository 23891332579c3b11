// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Returns from main while the compile thread works: nothing may crash or hang.
#include <tracejit/compiler.h>
#include <tracejit/tracejit.h>

#include <cstdio>

int main() {
  if (!jit::enable_compiler())
    return 2;
  auto f = jit::trace(
      [](jit::Tensor x) {
        for (int i = 0; i < 60; ++i)
          x = tanh(x) * 1.5 + exp(x * 0.1);
        return x;
      },
      {"exit"});
  const jit::Tensor x = jit::full({64}, 0.5, jit::DType::f32);
  for (int i = 0; i < 3; ++i)
    f(x);
  for (const jit::TraceReport &report : f.explain())
    std::printf("%s\n", report.state.c_str());
  return 0;
}
