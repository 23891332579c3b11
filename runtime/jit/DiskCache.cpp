// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/DiskCache.h"

#include "runtime/base/Log.h"
#include "runtime/base/Options.h"
#include "runtime/base/SeededBugs.h"
#include "runtime/base/Sha256.h"
#include "runtime/cuda/StoredGpuProgram.h"
#include "runtime/jit/CompilerNote.h"
#include "runtime/program/StoredProgram.h"
#include "runtime/trace/Text.h"

#include <atomic>
#include <bit>

namespace jit {

/// One write in so many is followed by a look at the size of the folder.
static constexpr unsigned writes_between_trims = 64;

static std::string file_name(const std::string &key) {
  return to_hex(sha256(std::as_bytes(std::span(key)))) + std::string(CacheFolder::ending);
}

/// What decides about the code, and nothing else: no names, places in files or values of numbers.
static std::string canonical_text(const Graph &graph) {
  Graph bare = graph;
  bare.name.clear();
  bare.begin = 0;
  bare.examples.clear();
  for (GraphOp &op : bare.ops)
    op.site = Site();
  return to_text(bare);
}

void DiskCache::open(const std::string &compiler_id) {
  if (compiler == compiler_id)
    return;
  compiler = compiler_id;
  folder.reset();
  runtime = loaded_build_id(reinterpret_cast<const void *>(&file_name));
  if (options().cache == "off")
    return;
#ifdef TRACEJIT_WITH_SEEDED_BUGS
  if (planted_bug != SeededBug::none)
    return;
#endif
  if (compiler.empty() || runtime.empty())
    return give_up("the libraries have no build id");
  Result<CacheFolder> opened = CacheFolder::open(options().cache);
  if (opened)
    folder = std::move(*opened);
  else
    give_up(opened.message());
}

bool DiskCache::has_entries() const { return folder && !folder->is_empty(); }

std::string DiskCache::libraries() const {
  return "runtime " + runtime + "\ncompiler " + compiler + "\n";
}

void DiskCache::give_up(const std::string &why) noexcept {
  static std::atomic<bool> said{false};
  folder.reset();
  if (!said.exchange(true))
    log_line(LogComponent::compile, LogLevel::info, "nothing is kept on disk: " + why);
}

/// Of cache sizes the power of two counts: no bit depends on them, and code hardly.
std::string DiskCache::key_of(const Graph &graph, const CompileOptions &options) const {
  const auto size_class = [](std::int64_t bytes) {
    return std::to_string(std::bit_floor(static_cast<std::uint64_t>(bytes)));
  };
  const Target &target = options.target;
  const std::string processor = target.gpu.capability != 0
                                    ? "sm " + std::to_string(target.gpu.capability)
                                    : std::string("isa ") + (target.isa == Isa::v4 ? "v4" : "v3") +
                                          "\nl2 " + size_class(target.caches.l2) + "\nl3 " +
                                          size_class(target.caches.l3);
  std::string text = "tracejit-program 1\n" + libraries() + processor + "\nmemory " +
                     std::to_string(options.memory_budget) + "\ndisable";
  for (const std::string &pass : options.disabled_passes)
    text += " " + pass;
  return text + "\nschedule " + options.schedule.text() + "\n" + canonical_text(graph);
}

static Result<std::unique_ptr<const Program>>
read_program(std::span<const std::byte> file, const std::string &name, const std::string &key,
             const Graph &graph, const CompileOptions &options) {
  if (options.target.gpu.capability == 0) {
    Result<std::unique_ptr<PlannedProgram>> program =
        program_from_file(file, name, key, graph, options.target.isa, *options.kernels);
    if (!program)
      return Failure{program.message()};
    return std::unique_ptr<const Program>(std::move(*program));
  }
  const DeviceNumber device = options.target.gpu.device;
  const Result<gpu::GpuCode> code = gpu::code_from_file(file, name, key, graph, device);
  if (!code)
    return Failure{code.message()};
  Result<std::unique_ptr<Program>> program = gpu::make_program(*code, device);
  if (!program)
    return Failure{name + ": " + program.message()};
  return std::unique_ptr<const Program>(std::move(*program));
}

std::unique_ptr<const Program> DiskCache::find(const Graph &graph, const CompileOptions &options) {
  if (!folder)
    return nullptr;
  const std::string key = key_of(graph, options), name = file_name(key);
  const Result<std::vector<std::byte>> file = folder->read(name);
  if (!file) {
    give_up(file.message());
    return nullptr;
  }
  if (file->empty())
    return nullptr;
  Result<std::unique_ptr<const Program>> program = read_program(*file, name, key, graph, options);
  if (program)
    return std::move(*program);
  // A damaged one, or one that a device does not take, is replaced by what is compiled now.
  log_line(LogComponent::compile, LogLevel::info, program.message());
  return nullptr;
}

std::vector<std::byte> DiskCache::file_of(const std::string &key,
                                          const CompileResult &result) const {
  if (result.gpu)
    return gpu::code_to_file(key, *result.gpu);
  const auto *planned = dynamic_cast<const PlannedProgram *>(result.program.get());
  return planned ? program_to_file(key, *planned) : std::vector<std::byte>();
}

void DiskCache::add(const Graph &graph, const CompileOptions &options,
                    const CompileResult &result) {
  if (!folder)
    return;
  const std::string key = key_of(graph, options);
  const std::vector<std::byte> file = file_of(key, result);
  if (file.empty())
    return;
  const std::string name = file_name(key);
  if (std::optional<std::string> problem = folder->write(name, file))
    return give_up(*problem);
  // Names are digests, so this is a draw, and all processes together do it once in so many writes.
  if (std::stoul(name.substr(0, 4), nullptr, 16) % writes_between_trims == 0)
    folder->trim();
}

} // namespace jit
