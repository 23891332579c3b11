// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/program/StoredProgram.h"

#include "runtime/program/Container.h"
#include "runtime/program/PlanBytes.h"

#include <algorithm>
#include <chrono>

namespace jit {

std::vector<std::byte> program_to_file(std::string_view key, const PlannedProgram &program) {
  const std::vector<std::byte> plan = plan_to_bytes(program.copy_of_plan());
  const KernelBytes kernels = kernels_to_bytes(program.code());
  if (std::max({key.size(), plan.size(), kernels.kernels.size()}) > max_plan_bytes ||
      kernels.code.size() > max_code_bytes)
    return {};
  return ContainerWriter()
      .add(SectionKind::key, std::as_bytes(std::span(key)))
      .add(SectionKind::plan, plan)
      .add(SectionKind::kernels, kernels.kernels)
      .add(SectionKind::code, kernels.code)
      .file();
}

namespace {

/// The sections of an entry, digests checked.
struct Sections {
  std::span<const std::byte> key, plan, kernels, code;
};

Result<Sections> read_sections(const Container &container, const std::string &name) {
  Sections sections;
  const std::pair<SectionKind, std::span<const std::byte> *> wanted[] = {
      {SectionKind::key, &sections.key},
      {SectionKind::plan, &sections.plan},
      {SectionKind::kernels, &sections.kernels},
      {SectionKind::code, &sections.code}};
  for (const auto &[kind, bytes] : wanted) {
    const Section *section = container.find(kind);
    if (!section)
      return Failure{name + ": a section is missing"};
    if (std::optional<std::string> problem = container.verify(*section))
      return Failure{std::move(*problem)};
    *bytes = section->bytes;
  }
  return sections;
}

/// Maps what is not known and gives the kernels their addresses.
std::string map_kernels(const std::vector<StoredKernel> &stored, std::span<const std::byte> code,
                        KernelCache &known, PlanKernels &kernels) {
  std::vector<const StoredKernel *> missing;
  std::vector<KernelBlob> blobs;
  const auto enter = [&](const StoredKernel &kernel,
                         const std::shared_ptr<const KernelCode> &found) {
    for (const std::string &name : kernel.names)
      kernels[name] = found;
  };
  for (const StoredKernel &kernel : stored) {
    if (const auto found = known.find(kernel.key)) {
      enter(kernel, found);
      continue;
    }
    const auto bytes = code.subspan(kernel.place, kernel.bytes);
    blobs.push_back({{bytes.begin(), bytes.end()}, {kernel.entries.begin(), kernel.entries.end()}});
    missing.push_back(&kernel);
  }
  if (missing.empty())
    return "";
  std::string problem;
  const auto mapping = CodeMapping::create(blobs, problem);
  if (!mapping)
    return problem;
  for (std::size_t k = 0; k < missing.size(); ++k) {
    const StoredKernel &kernel = *missing[k];
    KernelCode found{kernel.key, kernel.kernel, mapping, blobs[k].bytes.size(), k};
    std::size_t entry = 0;
    const auto next = [&] {
      return reinterpret_cast<KernelFunction *>(mapping->function(k, entry++));
    };
    found.kernel.function = next();
    found.kernel.update = kernel.has_update ? next() : nullptr;
    found.kernel.parts = kernel.has_parts ? next() : nullptr;
    const auto shared = std::make_shared<const KernelCode>(std::move(found));
    known.add(shared);
    enter(kernel, shared);
  }
  return "";
}

bool has_kernels(const Plan &plan, const PlanKernels &kernels) {
  return std::ranges::all_of(plan.steps, [&](const Step &step) {
    const auto *plain = std::get_if<KernelStep>(&step.what);
    const auto *contract = std::get_if<ContractStep>(&step.what);
    const std::string *name = plain ? &plain->kernel : contract ? &contract->epilogue : nullptr;
    return !name || (contract && name->empty()) || kernels.contains(*name);
  });
}

} // namespace

Result<std::unique_ptr<PlannedProgram>> program_from_file(std::span<const std::byte> file,
                                                          const std::string &name,
                                                          std::string_view key, const Graph &graph,
                                                          Isa isa, KernelCache &known) {
  const auto start = std::chrono::steady_clock::now();
  const Result<Container> container = Container::read(file, name);
  if (!container)
    return Failure{container.message()};
  const Result<Sections> sections = read_sections(*container, name);
  if (!sections)
    return Failure{sections.message()};
  if (!std::ranges::equal(sections->key, std::as_bytes(std::span(key))))
    return Failure{name + ": the file is of another program"};
  Result<Plan> plan = plan_from_bytes(sections->plan, graph);
  if (!plan)
    return Failure{name + ": " + plan.message()};
  const Result<std::vector<StoredKernel>> stored =
      kernels_from_bytes(sections->kernels, sections->code.size());
  if (!stored)
    return Failure{name + ": " + stored.message()};
  PlanKernels kernels;
  if (const std::string problem = map_kernels(*stored, sections->code, known, kernels);
      !problem.empty())
    return Failure{name + ": " + problem};
  if (!has_kernels(*plan, kernels))
    return Failure{name + ": a kernel is missing"};
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  auto program = std::make_unique<PlannedProgram>(std::move(*plan), std::move(kernels), isa, 0,
                                                  took.count(), true);
  return program;
}

} // namespace jit
