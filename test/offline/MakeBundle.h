// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Bundles for tests: made of traces, with what the ops say about their values.
#pragma once

#include "runtime/base/Files.h"
#include "runtime/jit/LoadCompiler.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/program/Bundle.h"
#include "runtime/tensor/Impl.h"
#include "runtime/trace/Inputs.h"
#include "runtime/trace/Replay.h"
#include "runtime/trace/Text.h"

#include <tracejit/program.h>
#include <tracejit/trace.h>

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <unistd.h>

namespace jit {

inline constexpr std::string_view mlp = R"(tracejit-trace 1
name "mlp"
input %in0 : f32[8,16]
input %in1 : f32[16,4]
number %num0 : float
%0 = matmul(%in0, %in1) : f32[8,4]
%1 = multiply(%0, %num0) : f32[8,4]
%2 = tanh(%1) : f32[8,4]
output %2
end
)";
inline constexpr std::string_view picks = R"(tracejit-trace 1
name "picks"
input %in0 : f32[10]
input %in1 : i64[4]
%0 = take(%in0, %in1) axis=0 : f32[4]
%1 = exp(%0) : f32[4]
output %1
end
)";

inline Compiler &compiler() {
  static Compiler *instance = [] {
    std::string message;
    Compiler *loaded = load_compiler(message).release();
    EXPECT_TRUE(loaded) << message;
    return loaded;
  }();
  return *instance;
}

/// A file in the test's folder that goes with it.
class File {
public:
  explicit File(const std::vector<std::byte> &bytes)
      : path(testing::TempDir() + "bundle-" + std::to_string(getpid()) + "-" +
             std::to_string(++made) + ".tjb") {
    write(bytes);
  }
  ~File() { std::filesystem::remove(path); }
  void write(const std::vector<std::byte> &bytes) const {
    const std::span<const std::byte> part(bytes);
    EXPECT_FALSE(write_file(path, {&part, 1}));
  }
  static inline int made = 0;
  std::filesystem::path path;
};

struct Constant {
  std::size_t function;
  std::uint32_t input;
  std::span<const std::byte> bytes;
};

inline std::vector<std::byte> bundle_of(std::initializer_list<std::string_view> texts,
                                        std::vector<Isa> isas = {Isa::v3},
                                        std::vector<Constant> constants = {}) {
  std::vector<Graph> graphs;
  for (const std::string_view text : texts)
    graphs.push_back(std::move(parse_traces(text, "test").graphs.at(0)));
  std::vector<BundleSource> sources;
  std::vector<std::unique_ptr<Program>> programs;
  for (std::size_t f = 0; f < graphs.size(); ++f) {
    BundleSource &source = sources.emplace_back();
    source.graph = &graphs[f];
    source.names.function = graphs[f].name;
    for (std::size_t k = 0; k < graphs[f].inputs.size(); ++k)
      source.names.inputs.push_back("in" + std::to_string(k));
    for (std::size_t k = 0; k < graphs[f].scalars.size(); ++k)
      source.names.numbers.push_back("num" + std::to_string(k));
    for (std::size_t k = 0; k < graphs[f].outputs.size(); ++k)
      source.names.outputs.push_back("out" + std::to_string(k));
    for (const Constant &constant : constants)
      if (constant.function == f)
        source.constants[constant.input] = constant.bytes;
    for (const Isa isa : isas) {
      CompileOptions options;
      options.target.isa = isa;
      CompileResult made = compiler().compile(graphs[f], options);
      EXPECT_TRUE(made.program) << made.message;
      source.programs[isa] = dynamic_cast<const PlannedProgram *>(made.program.get());
      programs.push_back(std::move(made.program));
    }
  }
  Result<std::vector<std::byte>> bytes = write_bundle(sources);
  EXPECT_TRUE(bytes);
  return *bytes;
}

/// Values and what the ops of a trace make of them.
struct Expected {
  explicit Expected(std::string_view text)
      : graph(std::move(parse_traces(text, "test").graphs.at(0))), inputs(*seeded_inputs(graph, 3)),
        outputs(*replay(graph, inputs)) {}
  Graph graph;
  GraphInputs inputs;
  std::vector<Tensor> outputs;
};

inline bool same_bits(const Tensor &a, const Tensor &b) {
  const Tensor x = a.contiguous(), y = b.contiguous();
  const Impl &p = *detail::Access::impl(x), &q = *detail::Access::impl(y);
  synchronize();
  return same_meta(*p.meta, *q.meta) && std::memcmp(p.data(), q.data(), p.meta->bytes()) == 0;
}

} // namespace jit
