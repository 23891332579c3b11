// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/cuda/text/TextSamples.h"

#include "compiler/cuda/text/Element.h"
#include "runtime/ops/OpTable.h"
#include "runtime/scalar/Philox.h"
#include "test/unit/compiler/NestBuilder.h"

#include <gtest/gtest.h>

namespace jit::gpu::test {
namespace {

ScalarFunction function_named(std::string_view wanted) {
#define TRACEJIT_SCALAR_FUNCTION(name)                                                             \
  if (wanted == #name)                                                                             \
    return ScalarFunction::name;
#include "runtime/ops/ScalarFunctions.inc"
#undef TRACEJIT_SCALAR_FUNCTION
  return ScalarFunction::none;
}

/// What the random numbers are made of is no function of the table.
KernelResult add_words(ModuleText &module, const std::string &name,
                       const scalar_test::Kernel &kernel) {
  Lines out(1);
  Emitter e(module, out);
  const bool is_philox = std::string_view(kernel.name) == "philox";
  const std::string type(memory_type(kernel.result)), count = std::to_string(sample_points) + "u";
  out.open("for (unsigned i = TJ_BLOCK * 256u + TJ_THREAD; i < " + count +
           "; i += TJ_BLOCKS * 256u) {");
  const Element x = define(e, kernel.operands[0], "TJ_LDG(p.b0 + i)");
  const Element y = define(e, kernel.operands[1], "TJ_LDG(p.b1 + i)");
  if (is_philox) {
    const Emitter::I32 a{x.text}, b{y.text};
    const auto words = scalar::philox<Emitter>(e, {a, b, a, b}, {b, a});
    const auto low = e.bit_xor(words[0], words[1]), high = e.bit_xor(words[2], words[3]);
    out.line("p.b2[i] = " + e.sub(low, high).text + ";");
  } else {
    out.line("p.b2[i] = " + scalar::mulhi_unsigned(e, {x.text}, {y.text}).text + ";");
  }
  out.close("}");
  module.add({name, "flat", 256, 0, false,
              "  const " + type + " *b0;\n  const " + type + " *b1;\n  " + type + " *b2;\n",
              out.text()});
  return {{}, name, 36, 256, 0, 24, false};
}

} // namespace

std::vector<Sample> add_samples(ModuleText &module, const FlatOptions &options, std::size_t every,
                                std::size_t first) {
  std::vector<Sample> samples;
  const std::span<const scalar_test::Kernel> kernels = plain::test_kernels();
  for (std::size_t number = first; number < kernels.size(); number += every) {
    const scalar_test::Kernel &kernel = kernels[number];
    std::string name = kernel.name;
    const bool is_cast = name.starts_with("cast<");
    const ScalarFunction function = is_cast ? ScalarFunction::cast : function_named(name);
    name = "k" + std::to_string(number) + "_" + (is_cast ? "cast" : name);
    if (function == ScalarFunction::none) {
      samples.push_back({&kernel, name, add_words(module, name, kernel)});
      continue;
    }
    nest::test::NestBuilder k(name);
    k.parallel(sample_points);
    std::vector<unsigned> operands;
    for (unsigned i = 0; i < static_cast<unsigned>(kernel.arity); ++i)
      operands.push_back(k.load(kernel.operands[i], i, {1}));
    k.store(k.element(function, kernel.result, operands), static_cast<unsigned>(kernel.arity), {1});
    samples.push_back({&kernel, name, add_flat(module, k.nest, options)});
    EXPECT_EQ(samples.back().result.failure, "") << kernel.name;
  }
  return samples;
}

} // namespace jit::gpu::test
