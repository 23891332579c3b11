// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Any bytes as a bundle: refused with a message, or functions that fit their traces, whose plans
// run (without the code of the file). Digests are repaired first, and the mutator changes one
// section at a time, so that inputs reach the traces, the lists and the plans behind them.
#include "runtime/base/Sha256.h"
#include "runtime/program/Bundle.h"
#include "runtime/program/Container.h"
#include "runtime/program/PlanBytes.h"
#include "runtime/trace/Text.h"
#include "test/fuzz/RunPlan.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

/// libFuzzer's; not there in programs that run over a corpus.
extern "C" [[gnu::weak]] std::size_t LLVMFuzzerMutate(std::uint8_t *data, std::size_t size,
                                                      std::size_t most);

namespace {

using Bytes = std::vector<std::byte>;

/// A row of the table of a container.
struct Row {
  jit::SectionKind kind;
  std::uint32_t target;
  std::uint64_t offset, bytes;
  std::uint32_t flags, zero;
  jit::Digest digest;
};
static_assert(sizeof(Row) == 64);

/// Gives the table and all sections inside the file the digests that they have.
void seal(std::span<std::byte> file) {
  std::uint32_t sections;
  if (file.size() < sizeof(Row))
    return;
  std::memcpy(&sections, file.data() + 8, sizeof sections);
  if (sections > file.size() / sizeof(Row) - 1)
    return;
  const std::span<std::byte> table = file.subspan(sizeof(Row), sections * sizeof(Row));
  for (std::size_t at = 0; at < table.size(); at += sizeof(Row)) {
    Row row;
    std::memcpy(&row, table.data() + at, sizeof row);
    if (row.offset > file.size() || row.bytes > file.size() - row.offset)
      continue;
    const std::span<std::byte> section = file.subspan(row.offset, row.bytes);
    if (row.kind == jit::SectionKind::program && row.offset > 0)
      seal(section);
    row.digest = jit::sha256(section);
    std::memcpy(table.data() + at, &row, sizeof row);
  }
  const jit::Digest digest = jit::sha256(table);
  std::ranges::copy(digest, file.begin() + 24);
}

/// True if a program was read.
bool check(std::span<const std::byte> file) {
  jit::KernelCache kernels;
  jit::BundleOptions options;
  options.isa = jit::Isa::v4;
  const auto functions = jit::read_bundle(file, "fuzz", options, kernels);
  if (!functions) {
    if (functions.message().empty())
      std::abort();
    return false;
  }
  bool ran = false;
  for (const jit::BundleFunction &function : *functions) {
    const jit::Graph &graph = function.graph;
    if (function.names.inputs.size() != graph.inputs.size() ||
        function.names.outputs.size() != graph.outputs.size() ||
        (function.program == nullptr) == function.why_no_program.empty())
      std::abort();
    for (const auto &[input, bytes] : function.constants)
      if (input >= graph.inputs.size() || bytes.data() < file.data() ||
          bytes.data() + bytes.size() > file.data() + file.size())
        std::abort();
    if (function.program) {
      jit::run_plan(graph, function.program->copy_of_plan());
      ran = true;
    }
  }
  return ran;
}

jit::Graph parse(std::string_view text) {
  jit::ParsedTraces traces = jit::parse_traces(text, "graph");
  if (traces.graphs.size() != 1)
    std::abort();
  return std::move(traces.graphs[0]);
}

/// A bundle of this version: a function with a program and a constant, and one without.
Bytes make_seed() {
  static constexpr std::string_view planned =
#include "test/fuzz/PlanGraph.inc"
      ;
  static constexpr std::string_view plain = "tracejit-trace 1\n"
                                            "name \"scaled\"\n"
                                            "input %in0 : f32[3]\n"
                                            "number %num0 : float\n"
                                            "%0 = multiply(%in0, %num0) : f32[3]\n"
                                            "output %0\n"
                                            "end\n";
  const jit::Graph graph = parse(planned), other = parse(plain);
  std::ifstream file(TRACEJIT_PLAN_SEED, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const jit::Result<jit::Plan> plan = jit::plan_from_bytes(std::as_bytes(std::span(bytes)), graph);
  if (!plan)
    std::abort();
  jit::KernelBlob blob{{std::byte{0xc3}}, {0}}; // returns
  blob.bytes.resize(jit::KernelBlob::alignment);
  std::string problem;
  const auto mapping = jit::CodeMapping::create({&blob, 1}, problem);
  if (!mapping)
    std::abort();
  jit::KernelCode code{"key", {}, mapping, blob.bytes.size(), 0};
  code.kernel.function = reinterpret_cast<jit::KernelFunction *>(mapping->function(0, 0));
  const auto shared = std::make_shared<const jit::KernelCode>(std::move(code));
  jit::PlanKernels kernels;
  for (const jit::Step &step : plan->steps)
    if (const auto *kernel = std::get_if<jit::KernelStep>(&step.what))
      kernels[kernel->kernel] = shared;
    else if (const auto *product = std::get_if<jit::ContractStep>(&step.what))
      kernels[product->epilogue] = shared;
  const jit::PlannedProgram program(*plan, kernels, jit::Isa::v3, 0, 0);
  const Bytes constant(graph.inputs[1]->bytes());
  const std::vector<jit::BundleSource> functions = {
      {{"planned", {"a", "b", "c", "d"}, {"e", "f", "g"}, {"h", "i", "j", "k", "l", "m"}},
       &graph,
       {{1, constant}},
       {{jit::Isa::v3, &program}}},
      {{"scaled", {"a"}, {"b"}, {"c"}}, &other, {}, {}}};
  jit::Result<Bytes> bundle = jit::write_bundle(functions);
  if (!bundle || !check(*bundle))
    std::abort();
  return std::move(*bundle);
}
const Bytes &seed_bundle() {
  static const Bytes seed = make_seed();
  return seed;
}

/// The bytes with a change of libFuzzer's.
Bytes mutated(std::span<const std::byte> bytes) {
  constexpr std::size_t more = 64;
  Bytes copy(bytes.begin(), bytes.end());
  copy.resize(bytes.size() + more);
  copy.resize(
      LLVMFuzzerMutate(reinterpret_cast<std::uint8_t *>(copy.data()), bytes.size(), copy.size()));
  return copy;
}

/// The container with one section changed, inside of one that is a container itself; empty if it is
/// none.
Bytes change_section(std::span<const std::byte> file, unsigned draw) {
  const auto container = jit::Container::read(file, "fuzz");
  if (!container || container->sections().empty())
    return {};
  const std::size_t chosen = draw % container->sections().size();
  jit::ContainerWriter writer;
  Bytes changed;
  for (std::size_t k = 0; k < container->sections().size(); ++k) {
    const jit::Section &section = container->sections()[k];
    std::span<const std::byte> bytes = section.bytes;
    if (k == chosen) {
      changed =
          section.kind == jit::SectionKind::program
              ? change_section(bytes, draw / static_cast<unsigned>(container->sections().size()))
              : mutated(bytes);
      bytes = changed;
    }
    writer.add(section.kind, bytes, section.target, section.flags);
  }
  return writer.file();
}

} // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t *data, std::size_t size,
                                               std::size_t most, unsigned draw) {
  const std::span<std::byte> file(reinterpret_cast<std::byte *>(data), size);
  seal(file);
  Bytes changed = draw % 64 == 0 ? seed_bundle() : change_section(file, draw / 64);
  if (changed.empty())
    changed = seed_bundle();
  if (draw % 16 == 1 || changed.size() > most)
    return LLVMFuzzerMutate(data, size, most);
  std::ranges::copy(changed, file.data());
  return changed.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  seed_bundle();
  const std::span<const std::byte> file(reinterpret_cast<const std::byte *>(data), size);
  check(file);
  Bytes sealed(file.begin(), file.end());
  seal(sealed);
  if (!std::ranges::equal(sealed, file))
    check(sealed);
  return 0;
}
