// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/Profile.h"

#include "runtime/base/Files.h"
#include "runtime/base/Log.h"
#include "runtime/base/Options.h"
#include "runtime/base/OtherRights.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/jit/Anchor.h"
#include "runtime/jit/Fork.h"
#include "runtime/jit/Mode.h"
#include "runtime/jit/SaveTraces.h"
#include "runtime/jit/Visits.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/policy/Clock.h"
#include "runtime/program/Bundle.h"
#include "runtime/trace/TextLine.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>

namespace jit {

/// One more program of a path that has some. The table's lock is held.
static bool add_variant(Path &path, const KnownPath &known) {
  if (!path.life.now().has_program() || path.variants.size() >= Path::max_variants ||
      std::ranges::any_of(path.variants, [&](const Variant &variant) {
        return variant.outputs == known.graph.outputs;
      }))
    return false;
  path.variants.push_back(make_variant(path.graph, known.graph.outputs, known.program));
  return true;
}

Anchor *enter_known(Trace &trace, const KnownPath &known) {
  Anchor *anchor = trace.anchor(known.graph.begin, known.begin);
  if (!anchor)
    return nullptr;
  const std::lock_guard guard(anchor->known.lock);
  const std::shared_ptr<Path> path = anchor->known.find_or_add(known.graph, now_ns());
  if (!path)
    return nullptr;
  if (path->life.state() != PathState::watching)
    return add_variant(*path, known) ? anchor : nullptr;
  if (anchor->state.serving + anchor->state.waiting >= static_cast<std::int32_t>(trace.max_paths))
    return nullptr;
  save_compiled(*path);
  path->variants = {make_variant(path->graph, path->graph.outputs, known.program)};
  path->from_profile = known.shipped;
  if (known.ends_at_boundary)
    anchor->mark_boundary(*path);
  const bool measure = !known.judged && options().trial && mode() == Mode::on;
  if (measure)
    visits::begin_trial(*anchor, *path);
  else
    path->recheck.start();
  // The lock is held, under which alone others change a path that is watched.
  path->life.change(PathState::watching, PathState::queued);
  path->life.change(PathState::queued, PathState::compiling);
  path->life.change(PathState::compiling, measure ? PathState::trial : PathState::active);
  anchor->state.serving.fetch_add(1, std::memory_order_relaxed);
  return anchor;
}

namespace profile {
namespace {

constexpr std::size_t most_bytes = std::size_t{256} << 20;

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

/// Paths of traces that this process never made, or of places that no call of them has come to:
/// the profile may be of another build.
void say_what_fits_nothing() {
  const Profiles &all = profiles();
  const std::unique_lock guard(profiles().lock, std::try_to_lock);
  if (!guard)
    return;
  std::size_t lost = 0;
  std::string where;
  for (const KnownPath &known : all.paths) {
    bool met = false;
    for (const Trace *trace = Trace::all(); trace && !met; trace = trace->next) {
      const Anchor *const anchor =
          trace->name == known.graph.name ? trace->known_anchor(known.graph.begin) : nullptr;
      met = anchor && anchor->state.passes() > 0;
    }
    if (met)
      continue;
    ++lost;
    const std::string place = " " + quote(known.graph.name) + " from " + describe(known.begin);
    if (where.find(place) == where.npos && where.size() < 256)
      where += (where.empty() ? "" : ",") + place;
  }
  if (lost > 0)
    log_line(LogComponent::compile, lost == all.paths.size() ? LogLevel::error : LogLevel::info,
             "profile: " + std::to_string(lost) + " of " + std::to_string(all.paths.size()) +
                 " paths fit nothing that ran; they are of traces" + where);
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
  static const bool noted = std::atexit([] { if_memory([] { say_what_fits_nothing(); }); }) == 0;
  static_cast<void>(noted);
  std::size_t usable = 0;
  for (BundleFunction &function : *functions)
    if (function.program && function.constants.empty() && !function.graph.ops.empty()) {
      const Site begin = function.graph.ops.front().site;
      all.paths.push_back({std::move(function.graph), std::move(function.program), begin});
      ++usable;
    }
  return usable;
}

/// The file that an option names, once. Never in a program that runs with the rights of another
/// user.
void read_option(Profiles &all) {
  if (std::exchange(all.option_read, true) || options().profile.empty() || has_other_rights())
    return;
  const Result<std::size_t> usable = read(all, options().profile);
  if (!usable)
    log_line(LogComponent::compile, LogLevel::error,
             "the profile is not used: " + usable.message());
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
      if (known.graph.name == trace.name)
        enter_known(trace, known);
  });
}

} // namespace profile
} // namespace jit
