// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/program/Bundle.h"

#include "runtime/base/Sha256.h"
#include "runtime/base/Version.h"
#include "runtime/program/Bytes.h"
#include "runtime/program/Container.h"
#include "runtime/program/StoredProgram.h"
#include "runtime/trace/Span.h"
#include "runtime/trace/Text.h"

#include <algorithm>
#include <set>

namespace jit {
namespace {

constexpr std::uint32_t format = 1;
constexpr std::uint32_t most_functions = 1024;

/// Code runs with the library that it was made for: what it calls and the form of plans may change.
std::string program_key(Isa isa) {
  return std::string("tracejit-bundle 1\nlibrary ") + library_version + "\nisa " +
         (isa == Isa::v4 ? "v4" : "v3") + "\n";
}
std::uint32_t program_target(std::uint32_t function, Isa isa) {
  return 2 * function + (isa == Isa::v4);
}

/// Beyond those of CPUs.
constexpr unsigned gpu_target_shift = 16;
std::uint32_t gpu_target(std::uint32_t function, int capability) {
  return static_cast<std::uint32_t>(capability) << gpu_target_shift | function;
}

/// A function in the directory.
struct Row {
  BundleNames names;
  std::vector<std::uint32_t> constants; ///< inputs; their bytes are sections in this order
};
void pass_names(auto &stream, auto &names) {
  for (auto *list : {&names.inputs, &names.numbers, &names.outputs})
    stream.list(*list, [&](auto &name) { stream(name); });
}

std::size_t span_bytes(const Meta &meta) {
  const auto span = span_of(meta);
  return static_cast<std::size_t>(span.elements) * itemsize(meta.dtype);
}

/// Bytes of all sections, which a writer of containers does not copy.
struct Parts {
  std::vector<std::byte> directory;
  std::vector<std::string> traces;
  std::vector<std::pair<std::uint32_t, std::vector<std::byte>>> programs; ///< with their targets
  std::vector<std::span<const std::byte>> constants;
};

} // namespace

Result<std::vector<std::byte>> write_bundle(std::span<const BundleSource> functions) {
  if (functions.size() > most_functions)
    return Failure{std::to_string(functions.size()) + " functions, at most " +
                   std::to_string(most_functions) + " fit a bundle"};
  Parts parts;
  ByteWriter directory;
  directory(format, static_cast<std::uint32_t>(functions.size()));
  for (std::uint32_t f = 0; f < functions.size(); ++f) {
    const BundleSource &source = functions[f];
    directory(source.names.function);
    pass_names(directory, source.names);
    std::vector<std::uint32_t> inputs;
    for (const auto &[input, bytes] : source.constants) {
      inputs.push_back(input);
      parts.constants.push_back(bytes);
    }
    directory(inputs);
    parts.traces.push_back(to_text(*source.graph));
    for (const auto &[isa, program] : source.programs) {
      std::vector<std::byte> bytes = program_to_file(program_key(isa), *program);
      if (bytes.empty())
        return Failure{source.names.function + ": the program is too large for a file"};
      parts.programs.emplace_back(program_target(f, isa), std::move(bytes));
    }
    for (const auto &[capability, bytes] : source.gpu_code)
      parts.programs.emplace_back(gpu_target(f, capability), bytes);
  }
  parts.directory = std::move(directory.bytes);
  if (1 + parts.traces.size() + parts.programs.size() + parts.constants.size() >
          max_container_sections ||
      std::ranges::any_of(parts.traces,
                          [](const std::string &text) { return text.size() > max_plan_bytes; }) ||
      parts.directory.size() > max_plan_bytes)
    return Failure{"too many or too large functions for a bundle"};
  ContainerWriter writer;
  writer.add(SectionKind::bundle, parts.directory, 0, section_is_required);
  for (std::uint32_t f = 0; f < parts.traces.size(); ++f)
    writer.add(SectionKind::trace, std::as_bytes(std::span(parts.traces[f])), f);
  for (const auto &[target, bytes] : parts.programs)
    writer.add(SectionKind::program, bytes, target);
  for (std::uint32_t c = 0; c < parts.constants.size(); ++c)
    writer.add(SectionKind::constants, parts.constants[c], c);
  return writer.file();
}

namespace {

/// Reads the functions of a container one by one.
class BundleReader {
public:
  BundleReader(const Container &container, std::string name, const BundleOptions &options,
               KernelCache &kernels)
      : container(container), name(std::move(name)), options(options), kernels(kernels) {}

  std::string read(std::vector<BundleFunction> &functions) {
    std::string problem;
    const std::span<const std::byte> bytes = checked(SectionKind::bundle, 0, problem);
    if (!problem.empty())
      return problem;
    ByteReader directory(bytes);
    std::uint32_t version = 0, count = 0;
    directory(version, count);
    if (version != format)
      return name + ": bundle format " + std::to_string(version) + ", this version reads " +
             std::to_string(format);
    if (count == 0 || count > most_functions)
      return name + ": " + std::to_string(count) + " functions, 1 to " +
             std::to_string(most_functions) + " are read";
    std::set<std::string> names;
    for (std::uint32_t f = 0; f < count; ++f) {
      Row row;
      directory(row.names.function);
      pass_names(directory, row.names);
      directory(row.constants);
      if (!directory.good())
        return name + ": the list of functions ends too early";
      if (!names.insert(row.names.function).second)
        return name + ": two functions have one name";
      problem = read_function(f, row, functions.emplace_back());
      if (!problem.empty())
        return problem;
    }
    return directory.at_end() ? "" : name + ": bytes behind the list of functions";
  }

private:
  /// A section with its digest compared; else nothing and a message.
  std::span<const std::byte> checked(SectionKind kind, std::uint32_t target,
                                     std::string &problem) const {
    const Section *section = container.find(kind, target);
    if (!section) {
      problem = name + ": a section is missing";
      return {};
    }
    problem = container.verify(*section).value_or("");
    return section->bytes;
  }

  std::string read_function(std::uint32_t f, Row &row, BundleFunction &function) {
    std::string problem;
    const std::span<const std::byte> text = checked(SectionKind::trace, f, problem);
    if (!problem.empty())
      return problem;
    ParsedTraces parsed =
        parse_traces({reinterpret_cast<const char *>(text.data()), text.size()}, name);
    if (!parsed.error.empty())
      return parsed.error;
    if (parsed.graphs.size() != 1)
      return name + ": a function has one trace";
    function.graph = std::move(parsed.graphs[0]);
    function.names = std::move(row.names);
    const Graph &graph = function.graph;
    if (function.names.inputs.size() != graph.inputs.size() ||
        function.names.numbers.size() != graph.scalars.size() ||
        function.names.outputs.size() != graph.outputs.size())
      return name + ": the names of a function do not fit its trace";
    for (const std::uint32_t input : row.constants) {
      problem = read_constant(input, function);
      if (!problem.empty())
        return problem;
    }
    read_program(f, function);
    if (options.code)
      for (const Section &section : container.sections())
        if (section.kind == SectionKind::program && section.target >> gpu_target_shift != 0 &&
            (section.target & ((1u << gpu_target_shift) - 1)) == f)
          function.gpu_code[static_cast<int>(section.target >> gpu_target_shift)] = section;
    return "";
  }

  std::string read_constant(std::uint32_t input, BundleFunction &function) {
    const Section *section = container.find(SectionKind::constants, constants++);
    if (!section || input >= function.graph.inputs.size() ||
        section->bytes.size() != span_bytes(*function.graph.inputs[input]) ||
        !function.constants.try_emplace(input, section->bytes).second)
      return name + ": a constant does not fit its trace";
    return options.verify_constants ? container.verify(*section).value_or("") : "";
  }

  /// What cannot be used is said and does no harm: there is the trace.
  void read_program(std::uint32_t f, BundleFunction &function) {
    if (!options.code) {
      function.why_no_program = "the file was opened without its code";
      return;
    }
    function.why_no_program = "the file has no code for this processor";
    for (const Isa isa : {Isa::v4, Isa::v3}) {
      const Section *section = container.find(SectionKind::program, program_target(f, isa));
      if (!section || isa > options.isa)
        continue;
      // What is verified is what runs, whoever writes to the file meanwhile.
      const std::vector<std::byte> bytes(section->bytes.begin(), section->bytes.end());
      Section copy = *section;
      copy.bytes = bytes;
      if (const auto problem = container.verify(copy)) {
        function.why_no_program = *problem;
        continue;
      }
      Result<std::unique_ptr<PlannedProgram>> program =
          program_from_file(bytes, name, program_key(isa), function.graph, isa, kernels);
      if (program) {
        function.program = std::move(*program);
        function.why_no_program.clear();
        return;
      }
      function.why_no_program = program.message();
    }
  }

  const Container &container;
  std::string name;
  const BundleOptions &options;
  KernelCache &kernels;
  std::uint32_t constants = 0; ///< sections that were read
};

} // namespace

Result<std::vector<BundleFunction>> read_bundle(std::span<const std::byte> file,
                                                const std::string &name,
                                                const BundleOptions &options,
                                                KernelCache &kernels) {
  const Result<Container> container = Container::read(file, name);
  if (!container)
    return Failure{container.message()};
  if (!options.table_digest.empty() && table_digest(file) != options.table_digest)
    return Failure{name + ": the SHA-256 of its table is " + table_digest(file) + ", not " +
                   options.table_digest};
  std::vector<BundleFunction> functions;
  if (std::string problem = BundleReader(*container, name, options, kernels).read(functions);
      !problem.empty())
    return Failure{std::move(problem)};
  return functions;
}

std::string table_digest(std::span<const std::byte> file) { return to_hex(digest_of_table(file)); }

} // namespace jit
