// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tracec info: what is in a bundle, a profile or a file of the cache. Executes nothing of it.
#include "runtime/base/MappedFile.h"
#include "runtime/program/Bundle.h"
#include "runtime/program/Container.h"
#include "runtime/program/StoredProfile.h"
#include "runtime/trace/Text.h"
#include "runtime/trace/TextLine.h"
#include "tools/tracec/Commands.h"

#include <iostream>

namespace tracec {
namespace {

[[noreturn]] void fail(const std::string &why) {
  throw Exit(ExitCode::input, "tracec: error: " + why);
}

const char *kind_name(jit::SectionKind kind) {
  switch (kind) {
  case jit::SectionKind::key:
    return "key";
  case jit::SectionKind::plan:
    return "plan";
  case jit::SectionKind::kernels:
    return "kernels";
  case jit::SectionKind::code:
    return "code";
  case jit::SectionKind::constants:
    return "constants";
  case jit::SectionKind::bundle:
    return "functions";
  case jit::SectionKind::trace:
    return "trace";
  case jit::SectionKind::program:
    return "program";
  case jit::SectionKind::profile:
    return "paths";
  }
  return "unknown";
}

void print_values(const std::vector<std::string> &names,
                  const std::vector<const jit::Meta *> &metas,
                  const std::map<std::uint32_t, std::span<const std::byte>> &constants) {
  for (std::uint32_t k = 0; k < metas.size(); ++k)
    std::cout << (k ? ", " : " ") << names[k] << " " << describe(*metas[k])
              << (constants.contains(k) ? " (constant)" : "");
}

void print_functions(std::span<const std::byte> file, const std::string &name, bool verify) {
  jit::BundleOptions options;
  options.code = false;
  options.verify_constants = verify;
  jit::KernelCache kernels;
  const auto functions = jit::read_bundle(file, name, options, kernels);
  if (!functions)
    fail(functions.message());
  for (const jit::BundleFunction &f : *functions) {
    std::cout << f.names.function << ":";
    print_values(f.names.inputs, f.graph.inputs, f.constants);
    for (const std::string &number : f.names.numbers)
      std::cout << ", " << number;
    std::cout << " ->";
    std::vector<const jit::Meta *> outputs;
    for (const std::uint32_t output : f.graph.outputs)
      outputs.push_back(f.graph.values[output].meta);
    print_values(f.names.outputs, outputs, {});
    std::cout << "; trace " << jit::quote(f.graph.name) << ", " << f.graph.ops.size() << " ops\n";
  }
}

/// Of the folder of the cache: which paths have programs there.
void print_paths(const jit::Container &container, std::span<const std::byte> file,
                 const std::string &name) {
  const jit::Section *key = container.find(jit::SectionKind::key);
  const std::span<const std::byte> text = key ? key->bytes : std::span<const std::byte>();
  const auto paths = jit::profile_from_file(
      file, name, {reinterpret_cast<const char *>(text.data()), text.size()});
  if (!paths)
    fail(paths.message());
  for (const jit::ProfilePath &path : *paths) {
    const jit::ParsedTraces parsed = jit::parse_traces(path.text, name);
    if (parsed.graphs.size() != 1)
      fail(parsed.error);
    std::cout << "path of trace " << jit::quote(parsed.graphs[0].name) << " from "
              << jit::quote(path.file) << ":" << path.line << ", " << parsed.graphs[0].ops.size()
              << " ops, " << (path.state == jit::ProfilePath::State::active ? "active" : "on trial")
              << "\n";
  }
}

} // namespace

ExitCode info(const Request &request) {
  const jit::Result<jit::MappedFile> mapped = jit::MappedFile::open(request.file);
  if (!mapped)
    fail(mapped.message());
  const std::span<const std::byte> file = mapped->bytes();
  const jit::Result<jit::Container> container = jit::Container::read(file, request.file);
  if (!container)
    fail(container.message());
  std::cout << "sha256 of the table " << jit::table_digest(file) << "\n";
  for (const jit::Section &section : container->sections()) {
    std::cout << kind_name(section.kind) << " " << section.target << ": " << section.bytes.size()
              << " bytes at " << section.offset;
    if (request.verify) {
      const auto problem = container->verify(section);
      if (problem)
        fail(*problem);
      std::cout << ", as its digest says";
    }
    std::cout << "\n";
  }
  if (container->find(jit::SectionKind::bundle))
    print_functions(file, request.file, request.verify);
  if (container->find(jit::SectionKind::profile))
    print_paths(*container, file, request.file);
  return ExitCode::ok;
}

} // namespace tracec
