// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/StoredGpuProgram.h"

#include "runtime/base/Sha256.h"
#include "runtime/base/Version.h"
#include "runtime/cuda/Devices.h"
#include "runtime/cuda/Gpu.h"
#include "runtime/program/Bytes.h"
#include "runtime/program/Container.h"
#include "runtime/program/PlanBytes.h"

#include <algorithm>
#include <chrono>

namespace jit::gpu {
namespace {

constexpr std::uint32_t version = 1;

struct NamedKernel {
  std::string name; ///< in the plan
  GpuKernel kernel;
};

void pass(auto &archive, auto &row) {
  auto &kernel = row.kernel;
  archive(row.name, kernel.function, kernel.unaligned, kernel.units, kernel.threads,
          kernel.shared_bytes);
}

std::vector<std::byte> kernels_to_bytes(const GpuCode &code) {
  std::vector<NamedKernel> rows;
  for (const auto &[name, kernel] : code.kernels)
    rows.push_back({name, kernel});
  ByteWriter archive;
  archive(version, code.compiled);
  archive.list(rows, [&](const NamedKernel &row) { pass(archive, row); });
  return std::move(archive.bytes);
}

/// What every device takes, and what this library makes.
bool can_be_launched(const GpuKernel &kernel) {
  constexpr unsigned warp = 32, most_threads = 1024, most_shared_bytes = 227 << 10;
  return !kernel.function.empty() && kernel.threads > 0 && kernel.threads % warp == 0 &&
         kernel.threads <= most_threads && kernel.shared_bytes <= most_shared_bytes;
}

bool read_kernels(std::span<const std::byte> bytes, GpuCode &code) {
  ByteReader archive(bytes);
  std::uint32_t found = 0;
  std::vector<NamedKernel> rows;
  archive(found, code.compiled);
  archive.list(rows, [&](NamedKernel &row) { pass(archive, row); });
  bool good = archive.good() && archive.at_end() && found == version;
  for (NamedKernel &row : rows)
    good &= can_be_launched(row.kernel) &&
            code.kernels.try_emplace(std::move(row.name), std::move(row.kernel)).second;
  return good;
}

/// Whether the kernel of a launch is there, and its arguments are no more than it can be given.
bool can_launch(const GpuCode &code, const std::string &kernel, const std::vector<Buffer> &buffers,
                const std::vector<std::uint32_t> &cells, std::size_t in_front = 0) {
  return code.kernels.contains(kernel) && !code.image.empty() &&
         in_front + buffers.size() + cells.size() <=
             Gpu::max_argument_bytes / sizeof(std::uint64_t);
}

/// Whether a plan's own name for a kernel is one of those that belong to products.
bool is_of_a_product(const Plan &plan, const std::string &kernel) {
  for (std::size_t k = 0; k < plan.steps.size(); ++k)
    if (kernel == product_kernel(k) || kernel == joining_kernel(k))
      return true;
  return false;
}

bool has_kernels(const GpuCode &code) {
  if (!code.kernels.empty() && code.image.empty())
    return false;
  for (std::size_t k = 0; k < code.plan.steps.size(); ++k) {
    const auto *plain = std::get_if<KernelStep>(&code.plan.steps[k].what);
    if (plain && (!can_launch(code, plain->kernel, plain->buffers, plain->cells) ||
                  is_of_a_product(code.plan, plain->kernel)))
      return false;
    const auto *contract = std::get_if<ContractStep>(&code.plan.steps[k].what);
    // Without an epilogue nobody has looked at its buffers.
    const bool has_own =
        code.kernels.contains(product_kernel(k)) || code.kernels.contains(joining_kernel(k));
    if (has_own && (!contract || contract->epilogue.empty()))
      return false;
    if (!contract || contract->epilogue.empty())
      continue;
    if (is_of_a_product(code.plan, contract->epilogue))
      return false;
    std::string kernel = contract->epilogue;
    std::size_t in_front = 0;
    for (const std::string &other : {product_kernel(k), joining_kernel(k)})
      if (code.kernels.contains(other)) {
        kernel = other;
        in_front = 2;
      }
    if (!can_launch(code, kernel, contract->epilogue_buffers, contract->epilogue_cells, in_front))
      return false;
  }
  return true;
}

template <class F> void for_each_buffer(Plan &plan, F f) {
  for (Step &step : plan.steps) {
    if (auto *plain = std::get_if<KernelStep>(&step.what)) {
      std::ranges::for_each(plain->buffers, f);
    } else if (auto *contract = std::get_if<ContractStep>(&step.what)) {
      for (Buffer *buffer : {&contract->a, &contract->b, &contract->c})
        f(*buffer);
      std::ranges::for_each(contract->epilogue_buffers, f);
    } else {
      auto &library = std::get<LibraryStep>(step.what);
      for (LibraryStep::Operand &operand : library.operands)
        if (!operand.is_number)
          f(operand.buffer);
      std::ranges::for_each(library.results, f);
    }
  }
}

/// Files name no device: false, if there is no room for the metas of this one.
bool put_on(Plan &plan, DeviceNumber device) {
  bool good = true;
  for_each_buffer(plan, [&](Buffer &buffer) {
    const Meta *meta =
        intern_meta(buffer.meta->dtype, buffer.meta->dims(), buffer.meta->strides(), device);
    good &= meta->interned;
    if (meta->interned)
      buffer.meta = meta;
    else
      release_meta(meta);
  });
  return good;
}

/// A section with its digest compared; an empty message, or what is wrong.
std::string read_section(const Container &container, SectionKind kind, const std::string &name,
                         std::span<const std::byte> &bytes) {
  const Section *section = container.find(kind);
  if (!section)
    return name + ": a section is missing";
  bytes = section->bytes;
  return container.verify(*section).value_or("");
}

} // namespace

std::vector<std::byte> code_to_file(std::string_view key, const GpuCode &code) {
  const std::vector<std::byte> plan = plan_to_bytes(code.plan), kernels = kernels_to_bytes(code);
  if (std::max({key.size(), plan.size(), kernels.size()}) > max_plan_bytes ||
      code.image.size() > max_code_bytes)
    return {};
  return ContainerWriter()
      .add(SectionKind::key, std::as_bytes(std::span(key)))
      .add(SectionKind::plan, plan)
      .add(SectionKind::kernels, kernels)
      .add(SectionKind::code, std::as_bytes(std::span(code.image)))
      .file();
}

Result<GpuCode> code_from_file(std::span<const std::byte> file, const std::string &name,
                               std::string_view key, const jit::Graph &graph, DeviceNumber device) {
  const auto start = std::chrono::steady_clock::now();
  const Result<Container> container = Container::read(file, name);
  if (!container)
    return Failure{container.message()};
  std::span<const std::byte> found, plan, kernels, image;
  for (const auto &[kind, bytes] :
       {std::pair(SectionKind::key, &found), std::pair(SectionKind::plan, &plan),
        std::pair(SectionKind::kernels, &kernels), std::pair(SectionKind::code, &image)})
    if (std::string problem = read_section(*container, kind, name, *bytes); !problem.empty())
      return Failure{std::move(problem)};
  if (!std::ranges::equal(found, std::as_bytes(std::span(key))))
    return Failure{name + ": the file is of another program"};
  Result<Plan> read = plan_from_bytes(plan, graph);
  if (!read)
    return Failure{name + ": " + read.message()};
  GpuCode code;
  code.plan = std::move(*read);
  const auto *first = reinterpret_cast<const char *>(image.data());
  code.image.assign(first, first + image.size());
  if (!code.image.empty())
    code.image.push_back(0); // the driver is not told where it ends
  if (!read_kernels(kernels, code) || !has_kernels(code))
    return Failure{name + ": the bytes of the kernels are damaged"};
  if (!put_on(code.plan, device))
    return Failure{name + ": too many shapes"};
  code.stored = true;
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  code.compile_ms = took.count();
  return code;
}

/// Code runs with the library that it was made for: the form of plans and of launches may change.
static std::string bundle_key(int capability) {
  return std::string("tracejit-bundle 1\nlibrary ") + library_version + "\nsm " +
         std::to_string(capability) + "\n";
}

std::vector<std::byte> bundle_code(int capability, const GpuCode &code) {
  return code_to_file(bundle_key(capability), code);
}

Result<std::unique_ptr<Program>> load_from_bundle(const BundleFunction &function,
                                                  DeviceNumber device) {
  const int capability = traits_of(device).capability;
  const Section *best = nullptr;
  int made_for = 0;
  for (const auto &[each, section] : function.gpu_code)
    if (each / 10 == capability / 10 && each <= capability) {
      best = &section;
      made_for = each;
    }
  if (!best)
    return Failure{"the file has no code for a GPU of compute capability " +
                   std::to_string(capability / 10) + "." + std::to_string(capability % 10)};
  // What is verified is what runs, whoever writes to the file meanwhile.
  const std::vector<std::byte> bytes(best->bytes.begin(), best->bytes.end());
  if (sha256(bytes) != best->digest)
    return Failure{"its code for GPUs does not have the digest of the table"};
  Result<GpuCode> code =
      code_from_file(bytes, function.names.function, bundle_key(made_for), function.graph, device);
  return code ? make_program(*code, device) : Failure{code.message()};
}

} // namespace jit::gpu
