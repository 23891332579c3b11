// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A plug-in whose ops are traced by the program that loads it. PLUGIN_FILE is the name that its
// source has.
#include <tracejit/tracejit.h>

#line 100 PLUGIN_FILE
extern "C" float plugin_step(const jit::Tensor &x) {
  const jit::Tensor y = jit::exp(x) * 0.5;
  const float before = jit::sum(y).item<float>();
  return jit::mean(y + before).item<float>();
}
extern "C" void plugin_gradient(jit::Tape &tape, const jit::Tensor &x) {
  tape.gradient(jit::sum(x), {x});
}
