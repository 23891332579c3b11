// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiles traces to object files and writes down what their functions must give: FOLDER/K.o and
// FOLDER/K.values for every so many traces. runner.c runs them where there is no libtracejit.
//   write-offline-suite FOLDER [--plant BUG] TRACE...
#include "runtime/base/SeededBugs.h"
#include "runtime/jit/LoadCompiler.h"
#include "runtime/jit/PeakMemory.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/tensor/Impl.h"
#include "runtime/trace/Demands.h"
#include "runtime/trace/Inputs.h"
#include "runtime/trace/Replay.h"
#include "runtime/trace/Span.h"
#include "runtime/trace/Text.h"

#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

namespace {

constexpr std::size_t functions_of_a_file = 32;
constexpr std::size_t most_bytes = std::size_t{64} << 20;
constexpr std::uint64_t seed = 11;

/// A file of values: numbers and blocks, one behind the other.
class Values {
public:
  void number(std::uint64_t value) { block(&value, sizeof value); }
  void block(const void *bytes, std::size_t count) {
    const auto *first = static_cast<const char *>(bytes);
    data.insert(data.end(), first, first + count);
  }
  std::vector<char> data;
};

std::size_t bytes_of(const jit::Graph &graph) {
  std::size_t bytes = 0;
  for (const jit::Meta *meta : graph.inputs)
    bytes += static_cast<std::size_t>(span_of(*meta).elements) * itemsize(meta->dtype);
  for (const jit::GraphValue &value : graph.values)
    bytes += value.meta->bytes();
  return bytes;
}

void write_tensor(Values &values, const jit::Impl &tensor) {
  const jit::Meta &meta = *tensor.meta;
  const jit::Span span = span_of(meta);
  const auto bytes = static_cast<std::int64_t>(itemsize(meta.dtype));
  values.number(static_cast<std::uint64_t>(span.elements * bytes));
  values.number(static_cast<std::uint64_t>(span.origin * bytes));
  values.number(static_cast<std::uint64_t>(bytes));
  values.number(meta.dtype == jit::DType::f32 ? 1 : meta.dtype == jit::DType::f64 ? 2 : 0);
  if (span.elements > 0)
    values.block(tensor.data() - span.origin * bytes,
                 static_cast<std::size_t>(span.elements * bytes));
}

std::uint64_t bits_of(jit::Scalar number) {
  std::uint64_t bits = 0;
  const double floating = number.as_double();
  const std::int64_t integer = number.as_int();
  std::memcpy(&bits,
              number.kind() == jit::ScalarKind::floating ? static_cast<const void *>(&floating)
                                                         : static_cast<const void *>(&integer),
              sizeof bits);
  return bits;
}

/// What one function gets and must give. False: the trace cannot be run here.
bool write_function(Values &values, const std::string &name, const jit::Graph &graph) {
  const jit::Result<jit::GraphInputs> inputs = jit::seeded_inputs(graph, seed);
  if (!inputs)
    return false;
  const jit::Result<std::vector<jit::Tensor>> outputs = jit::replay(graph, *inputs);
  if (!outputs)
    return false;
  values.number(name.size());
  values.block(name.data(), name.size());
  values.number(inputs->tensors.size());
  for (const jit::Tensor &tensor : inputs->tensors)
    write_tensor(values, *jit::detail::Access::impl(tensor));
  values.number(inputs->numbers.size());
  for (const jit::Scalar &number : inputs->numbers)
    values.number(bits_of(number));
  values.number(outputs->size());
  for (const jit::Tensor &tensor : *outputs)
    write_tensor(values, *jit::detail::Access::impl(tensor));
  return true;
}

void write_file(const std::string &path, const std::vector<char> &bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

jit::CompileOptions options_for(const jit::Graph &graph) {
  jit::CompileOptions options;
  options.verify = true;
  // Small caches, so that some kernels stream.
  options.target.caches = {.l2 = 64 << 10, .l3 = 256 << 10};
  options.memory_budget = jit::memory_budget(jit::peak_of_ops(graph), 0);
  return options;
}

/// The traces of a file that can be run and compiled ahead.
std::vector<jit::Graph> read(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::vector<jit::Graph> graphs = jit::parse_traces(text, path).graphs;
  std::erase_if(graphs, [](const jit::Graph &graph) {
    return bytes_of(graph) > most_bytes || find_unproven_index(graph, demands_of(graph));
  });
  return graphs;
}

/// False: this build has no such bug.
bool plant(std::string_view name) {
#ifdef TRACEJIT_WITH_SEEDED_BUGS
#define X(bug, text)                                                                               \
  if (name == #bug)                                                                                \
    jit::planted_bug = jit::SeededBug::bug;
  TRACEJIT_SEEDED_FILE_BUGS(X)
#undef X
  return jit::planted_bug != jit::SeededBug::none;
#else
  static_cast<void>(name);
  return false;
#endif
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 2)
    return 2;
  int first_trace = 2;
  if (argc > 3 && std::string_view(argv[2]) == "--plant") {
    first_trace = 4;
    if (!plant(argv[3])) {
      std::cerr << "there is no bug " << argv[3] << '\n';
      return 1;
    }
  }
  std::string message;
  jit::Compiler *compiler = jit::load_compiler(message).release();
  if (!compiler) {
    std::cerr << message << '\n';
    return 1;
  }
  std::vector<jit::Graph> graphs;
  for (int k = first_trace; k < argc; ++k)
    for (jit::Graph &graph : read(argv[k]))
      graphs.push_back(std::move(graph));
  std::size_t functions = 0, files = 0;
  for (std::size_t first = 0; first < graphs.size(); first += functions_of_a_file) {
    Values values;
    std::vector<jit::ArtefactFunction> wanted;
    for (std::size_t k = first; k < std::min(graphs.size(), first + functions_of_a_file); ++k) {
      const std::string name = "f" + std::to_string(k);
      if (write_function(values, name, graphs[k]))
        wanted.push_back({&graphs[k], options_for(graphs[k]), name, graphs[k].name, {}});
    }
    if (wanted.empty())
      continue;
    constexpr jit::Isa isas[] = {jit::Isa::v3, jit::Isa::v4};
    const jit::Artefact made = compiler->artefact(wanted, isas);
    if (made.object.empty()) {
      std::cerr << made.message << '\n';
      return 1;
    }
    functions += wanted.size();
    const std::string stem = std::string(argv[1]) + "/" + std::to_string(files++);
    write_file(stem + ".o", made.object);
    write_file(stem + ".values", values.data);
  }
  std::cout << functions << " functions in " << files << " files\n";
}
