// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Profile.h"

#include "runtime/base/Files.h"
#include "runtime/base/Log.h"
#include "runtime/base/Options.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/jit/Anchor.h"
#include "runtime/jit/Fork.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/policy/Clock.h"
#include "runtime/program/Bundle.h"

#include <mutex>
#include <sys/auxv.h>

namespace jit::profile {
namespace {

constexpr std::size_t most_bytes = std::size_t{256} << 20;

struct KnownPath {
  Graph graph;
  std::shared_ptr<const Program> program;
};

/// Of the process; never destroyed. Nothing is taken out again.
struct Profiles {
  std::mutex lock;
  bool option_read = false;
  std::vector<KnownPath> paths;
  KernelCache kernels;
};
Profiles &profiles() {
  static Profiles &instance = *new Profiles;
  return instance;
}

/// The lock is held.
Result<std::size_t> read(Profiles &all, const std::filesystem::path &path) {
  const Result<std::vector<std::byte>> file = read_file(path, most_bytes);
  if (!file)
    return Failure{file.message()};
  const BundleOptions options{true, true, active_isa(), ""};
  Result<std::vector<BundleFunction>> functions =
      read_bundle(*file, path.string(), options, all.kernels);
  if (!functions)
    return Failure{functions.message()};
  std::size_t usable = 0;
  for (BundleFunction &function : *functions)
    if (function.program && function.constants.empty()) {
      all.paths.push_back({std::move(function.graph), std::move(function.program)});
      ++usable;
    }
  return usable;
}

/// The file that an option names, once. Never in a program that runs with the rights of another
/// user.
void read_option(Profiles &all) {
  if (std::exchange(all.option_read, true) || options().profile.empty() || getauxval(AT_SECURE))
    return;
  const Result<std::size_t> usable = read(all, options().profile);
  if (!usable)
    log_line(LogComponent::compile, LogLevel::error,
             "the profile is not used: " + usable.message());
}

/// The path serves from the start. Its program was judged where the profile was made; checks go on.
void enter(Trace &trace, const KnownPath &known) {
  Anchor *anchor = trace.anchor(known.graph.begin, known.graph.ops.front().site);
  if (!anchor || anchor->state.serving.load() >= static_cast<std::int32_t>(trace.max_paths))
    return;
  const std::shared_ptr<Path> path = anchor->known.find_or_add(known.graph, now_ns());
  if (!path || path->life.state() != PathState::watching)
    return;
  path->variants.push_back(make_variant(path->graph, path->graph.outputs, known.program));
  path->recheck.start();
  if (path->life.change(PathState::watching, PathState::queued) &&
      path->life.change(PathState::queued, PathState::compiling) &&
      path->life.change(PathState::compiling, PathState::active))
    anchor->state.serving.fetch_add(1, std::memory_order_relaxed);
}

} // namespace

Result<std::size_t> add(const std::filesystem::path &path) {
  survive_fork();
  Profiles &all = profiles();
  const std::lock_guard guard(all.lock);
  return read(all, path);
}

void lock_for_fork() noexcept { profiles().lock.lock(); }
void unlock_after_fork() noexcept { profiles().lock.unlock(); }

void attach(Trace &trace) noexcept {
  if_memory([&] {
    Profiles &all = profiles();
    const std::lock_guard guard(all.lock);
    read_option(all);
    for (const KnownPath &known : all.paths)
      if (known.graph.name == trace.name && !known.graph.ops.empty())
        enter(trace, known);
    for (Anchor *anchor = trace.anchors.load(); anchor; anchor = anchor->next)
      anchor->trie.store(build_trie(anchor->known.paths(), {}).release());
  });
}

} // namespace jit::profile
