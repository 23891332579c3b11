// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files of programs: damaged ones are refused, and plans are read as they were written.
#include "runtime/program/StoredProgram.h"
#include "runtime/program/Container.h"
#include "runtime/program/PlanBytes.h"
#include "runtime/trace/Text.h"
#include "test/unit/compiler/GraphBuilder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace jit::test {
namespace {

/// That of the fuzzer, which reads the same plans.
Graph graph_of_plans() {
  static constexpr std::string_view text =
#include "test/fuzz/PlanGraph.inc"
      ;
  ParsedTraces traces = parse_traces(text, "graph");
  EXPECT_EQ(traces.graphs.size(), 1u) << traces.error;
  return std::move(traces.graphs.at(0));
}

std::unique_ptr<Program> compile(const Graph &graph, std::vector<std::string> disabled = {}) {
  CompileOptions options;
  options.disabled_passes = std::move(disabled);
  CompileResult result = compiler().compile(graph, options);
  EXPECT_TRUE(result.program) << result.message;
  return std::move(result.program);
}

const PlannedProgram &planned(const Program &program) {
  return dynamic_cast<const PlannedProgram &>(program);
}

std::string problem(std::span<const std::byte> file, const Graph &graph,
                    std::string_view key = "key") {
  KernelCache kernels;
  const auto program = program_from_file(file, "x.tjc", key, graph, Isa::v3, kernels);
  return program ? "" : program.message();
}

TEST(StoredProgram, KernelsThatAreThereAreShared) {
  const Graph graph = graph_of_plans();
  const auto program = compile(graph);
  const std::vector<std::byte> file = program_to_file("key", planned(*program));
  KernelCache kernels;
  const auto first = program_from_file(file, "x", "key", graph, Isa::v3, kernels);
  ASSERT_TRUE(first) << first.message();
  const std::size_t count = kernels.size();
  EXPECT_GT(count, 0u);
  const auto second = program_from_file(file, "x", "key", graph, Isa::v3, kernels);
  ASSERT_TRUE(second) << second.message();
  EXPECT_EQ(kernels.size(), count);
  EXPECT_EQ((*first)->code(), (*second)->code());
  EXPECT_TRUE((*first)->info().stored);
}

TEST(StoredProgram, AnotherKeyIsAnotherProgram) {
  const Graph graph = graph_of_plans();
  const std::vector<std::byte> file = program_to_file("key", planned(*compile(graph)));
  EXPECT_EQ(problem(file, graph), "");
  EXPECT_EQ(problem(file, graph, "kex"), "x.tjc: the file is of another program");
}

TEST(StoredProgram, DamageAnywhereIsSeen) {
  const Graph graph = graph_of_plans();
  std::vector<std::byte> file = program_to_file("key", planned(*compile(graph)));
  for (std::size_t place = 0; place < file.size(); place += 1 + file.size() / 499) {
    file[place] ^= std::byte{16};
    ASSERT_NE(problem(file, graph), "") << "byte " << place << " of " << file.size();
    file[place] ^= std::byte{16};
  }
  for (std::size_t size = 0; size < file.size(); size += 1 + file.size() / 97)
    ASSERT_NE(problem(std::span(file).first(size), graph), "") << size << " bytes";
}

TEST(StoredProgram, SectionsThatAreMissingAreMissed) {
  const Graph graph = graph_of_plans();
  const std::vector<std::byte> file = program_to_file("key", planned(*compile(graph)));
  const Result<Container> container = Container::read(file, "x");
  for (const Section &left_out : container->sections()) {
    ContainerWriter writer;
    for (const Section &section : container->sections())
      if (&section != &left_out)
        writer.add(section.kind, section.bytes);
    EXPECT_NE(problem(writer.file(), graph), "");
  }
}

/// A plan that was changed, as bytes with a good digest would be.
std::string changed(const Plan &plan, const Graph &graph, auto change) {
  Plan copy = plan;
  change(copy);
  const Result<Plan> read = plan_from_bytes(plan_to_bytes(copy), graph);
  return read ? "" : read.message();
}

template <class What> What &first(Plan &plan) {
  for (Step &step : plan.steps)
    if (auto *what = std::get_if<What>(&step.what))
      return *what;
  ADD_FAILURE() << "no such step";
  std::abort();
}

TEST(StoredPlan, IsReadAsItWasWritten) {
  const Graph graph = graph_of_plans();
  for (const char *pass : {"", "fuse", "cut", "simplify", "keep"}) {
    const auto program =
        compile(graph, *pass ? std::vector<std::string>{pass} : std::vector<std::string>());
    ASSERT_TRUE(program);
    const Plan plan = planned(*program).copy_of_plan();
    const std::vector<std::byte> bytes = plan_to_bytes(plan);
    const Result<Plan> read = plan_from_bytes(bytes, graph);
    ASSERT_TRUE(read) << read.message();
    EXPECT_EQ(to_string(*read), to_string(plan));
    EXPECT_EQ(plan_to_bytes(*read), bytes);
    if (const char *folder = std::getenv("TRACEJIT_PLANS")) // a corpus for the fuzzer
      std::ofstream(std::string(folder) + "/plan" + pass, std::ios::binary)
          .write(reinterpret_cast<const char *>(bytes.data()),
                 static_cast<std::streamsize>(bytes.size()));
    const KernelBytes kernels = kernels_to_bytes(planned(*program).code());
    EXPECT_TRUE(kernels_from_bytes(kernels.kernels, kernels.code.size()));
    EXPECT_FALSE(kernels_from_bytes(kernels.kernels, 64));
  }
}

TEST(StoredPlan, LeavesNoMemory) {
  const Graph graph = graph_of_plans();
  const Plan plan = planned(*compile(graph)).copy_of_plan();
  constexpr std::int64_t far = std::int64_t{1} << 62;
  const auto refused = [&](auto change) {
    const std::string why = changed(plan, graph, change);
    EXPECT_NE(why, "");
    return why;
  };
  EXPECT_EQ(changed(plan, graph, [](Plan &) {}), "");
  for (const std::int64_t offset : {std::int64_t{-1}, std::int64_t{1}, far, -far}) {
    refused([&](Plan &p) { first<KernelStep>(p).buffers[0].offset += offset; });
    refused([&](Plan &p) { first<ContractStep>(p).a.offset += offset; });
    refused([&](Plan &p) { first<ContractStep>(p).b.offset += offset; });
    refused([&](Plan &p) { first<ContractStep>(p).c.offset += offset; });
    refused([&](Plan &p) { first<LibraryStep>(p).results[0].offset += offset; });
  }
  refused([](Plan &p) { first<ContractStep>(p).m += 1; });
  refused([](Plan &p) { first<ContractStep>(p).n += 1; });
  refused([](Plan &p) { first<ContractStep>(p).k += 1; });
  refused([&](Plan &p) { first<ContractStep>(p).k = far; });
  refused([](Plan &p) { first<ContractStep>(p).a_row_stride += 1; });
  refused([](Plan &p) { first<ContractStep>(p).c_row_stride = 0; });
  refused([](Plan &p) { first<ContractStep>(p).batch_sizes = {2}; });
  refused([](Plan &p) { first<ContractStep>(p).batch_sizes.assign(9, 1); });
  refused([](Plan &p) { first<ContractStep>(p).dtype = DType::f16; });
  refused([](Plan &p) { first<KernelStep>(p).buffers[0].index = 99; });
  refused([](Plan &p) { first<KernelStep>(p).buffers[0].terms.push_back({0, 1}); });
  refused([](Plan &p) { first<KernelStep>(p).buffers[0].terms.push_back({9, 1}); });
  refused([](Plan &p) { first<KernelStep>(p).buffers[0].terms.push_back({1, 100}); });
  refused([](Plan &p) { first<KernelStep>(p).inputs = 100; });
  refused([](Plan &p) { first<LibraryStep>(p).attrs.push_back(0); });
  refused([](Plan &p) { first<LibraryStep>(p).operands.pop_back(); });
  refused([](Plan &p) { first<LibraryStep>(p).results.pop_back(); });
  refused([](Plan &p) { first<LibraryStep>(p).op = OpKind::permute_dims; });
  refused([](Plan &p) { first<LibraryStep>(p).op = static_cast<OpKind>(60000); });
  refused([](Plan &p) { p.arena_bytes = SIZE_MAX; });
  refused([](Plan &p) { p.donated_input[0] = 4; });
  refused([](Plan &p) { p.donated_input.pop_back(); });
  refused([](Plan &p) { p.cells.push_back({3, DType::f32}); });
  refused([](Plan &p) { p.cells.push_back({0, DType::bf16}); });
  refused([](Plan &p) { p.steps[0].ops.push_back(9); });
  refused([](Plan &p) { p.refusals.push_back({0, 9, ""}); });
}

} // namespace
} // namespace jit::test
