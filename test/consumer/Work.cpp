// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Something a user would trace, behind a C interface, so that any program can ask for it.
#include "Work.h"

#include <tracejit/compiler.h>
#include <tracejit/tracejit.h>

#include <bit>
#include <chrono>
#include <cstdio>
#include <exception>

namespace {

jit::Tensor turn(const jit::Tensor &x, const jit::Tensor &w) {
  jit::Tensor y = w;
  for (int i = 0; i < 8; ++i)
    y = jit::tanh(y * x) + jit::exp(y * -0.5) * 0.25;
  return y;
}

/// Runs until a path is compiled, swapped in and used, or has had its time.
bool runs_compiled(const jit::Tensor &x) {
  auto step = jit::trace([&](const jit::Tensor &w) { return turn(x, w); }, {.name = "step"});
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (std::chrono::steady_clock::now() < end) {
    for (int i = 0; i < 20; ++i)
      const jit::Tensor kept = step(x);
    jit::wait_compiled();
    for (const jit::TraceReport &path : step.explain())
      if (path.state == "active" && path.hits > 0)
        return true;
  }
  return false;
}

const char *name_of(jit::CompilerState state) {
  switch (state) {
  case jit::CompilerState::off:
    return "off";
  case jit::CompilerState::opening:
    return "opening";
  case jit::CompilerState::ready:
    return "ready";
  case jit::CompilerState::failed:
    return "failed";
  }
  return "?";
}

} // namespace

extern "C" int consumer_work(void) {
  try {
    const bool enabled = jit::enable_compiler();
    const jit::Tensor x = jit::arange(0, 2, 1e-4);
    const bool compiled = enabled && jit::current_mode() == jit::Mode::on && runs_compiled(x);
    auto last = jit::trace([&] { return turn(x, x); }, {.name = "step"});
    const auto values = last().to_vector<float>();
    unsigned long long bits = 0;
    for (const float value : values)
      bits = bits * 1'000'003 + std::bit_cast<unsigned>(value);
    const jit::CompilerStatus status = jit::compiler_status();
    std::printf("compiler: %s\nmessage: %s\ncompiled: %s\nbits: %llx\n", name_of(status.state),
                status.message.c_str(), compiled ? "yes" : "no", bits);
    std::fflush(stdout);
    return 0;
  } catch (const std::exception &error) {
    std::printf("error: %s\n", error.what());
    return 1;
  }
}
