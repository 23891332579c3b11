// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A loop with `if`, printf and an exception, unchanged while compiled code is swapped in under it.
// Usage: example-loop [steps [elements]]
#include <tracejit/compiler.h>
#include <tracejit/tracejit.h>

#include <bit>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>

using jit::Tensor;

/// Relaxes x towards zero, kicked when quiet; returns the bits of what every step read.
static std::vector<std::uint32_t> relax(int steps, std::int64_t elements) {
  jit::Generator random(7);
  Tensor x = jit::normal(random, {elements});
  auto step = jit::trace(
      [&](double rate) {
        const Tensor slope = jit::tanh(x) + 0.1 * x * jit::exp(-jit::square(x));
        x = x - rate * slope;
        const float energy = jit::mean(jit::square(x)).item<float>();
        if (energy < 0.05f) {
          std::printf("  energy %g: kick\n", static_cast<double>(energy));
          x = x * 40.0;
        }
        if (energy > 50.0f)
          throw std::runtime_error("too wild");
        return energy;
      },
      {"relax"});

  std::vector<std::uint32_t> energies;
  for (int i = 0; i < steps; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    try {
      energies.push_back(std::bit_cast<std::uint32_t>(step(0.05 + 0.001 * (i % 7))));
    } catch (const std::runtime_error &error) {
      std::printf("  caught \"%s\": damped\n", error.what());
      x = x * 0.1;
    }
    const std::chrono::duration<double, std::micro> passed =
        std::chrono::steady_clock::now() - begin;
    if (i < 5 || i % 100 == 0)
      std::printf("step %4d: %8.1f us\n", i, passed.count());
  }
  return energies;
}

int main(int count, char **words) {
  const int steps = count > 1 ? std::atoi(words[1]) : 600;
  const std::int64_t elements = count > 2 ? std::atoi(words[2]) : 100'000;
  jit::enable_compiler();
  const std::vector<std::uint32_t> swapped = relax(steps, elements);
  for (const jit::TraceReport &report : jit::explain())
    std::cout << report;

  std::printf("\nThe same in mode off:\n");
  jit::set_mode(jit::Mode::off);
  const bool equal = relax(steps, elements) == swapped;
  std::printf("%zu energies %s\n", swapped.size(), equal ? "equal bit for bit" : "DIFFER");
  return equal ? 0 : 1;
}
