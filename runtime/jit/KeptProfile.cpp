// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/KeptProfile.h"

#include "runtime/base/Log.h"
#include "runtime/base/Options.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/base/Sha256.h"
#include "runtime/jit/CompileThread.h"
#include "runtime/jit/CompilerNote.h"
#include "runtime/jit/LoadCompiler.h"
#include "runtime/jit/Profile.h"
#include "runtime/policy/Clock.h"
#include "runtime/program/StoredProfile.h"
#include "runtime/trace/Text.h"

#include <tracejit/threads.h>

#include <algorithm>
#include <array>
#include <cpuid.h>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

namespace jit {

/// An executable or a library. Never freed: traces point to it.
struct ProfiledModule {
  std::string build_id;
  bool is_read = false;
  std::vector<ProfilePath> paths; ///< as the file had them
};

namespace kept {
namespace {

/// From a change to the writing, so that many are written at once.
constexpr std::uint64_t write_after_ns = 2'000'000'000;
/// What making traces may take longer in all because there are programs for them.
constexpr std::uint64_t most_attach_ns = 50'000'000;

/// Of the process; never destroyed.
struct Kept {
  std::mutex lock;
  bool opened = false;
  DiskCache programs;
  KernelCache kernels;
  std::vector<ProfiledModule *> modules;
  std::set<const Trace *> attached;
  std::uint64_t attach_ns = 0;
};
Kept &everything() {
  static Kept &instance = *new Kept;
  return instance;
}
std::atomic<std::uint64_t> changed_at{0}; // in ns; 0: nothing has

/// The lock is held, here and below. Without a build id: null.
ProfiledModule *module_of(Kept &all, const std::source_location &site) {
  std::string id = loaded_build_id(site.file_name());
  if (id.empty())
    return nullptr;
  for (ProfiledModule *module : all.modules)
    if (module->build_id == id)
      return module;
  all.modules.reserve(all.modules.size() + 1);
  all.modules.push_back(new ProfiledModule{std::move(id), false, {}});
  return all.modules.back();
}

/// The folder, or null.
const CacheFolder *open_folder(Kept &all) {
  if (!std::exchange(all.opened, true))
    if (const std::string compiler = compiler_build_id(); !compiler.empty())
      all.programs.open(compiler);
  return all.programs.place();
}

/// Verdicts hold for one kind of processor, which cpuid names by its vendor and a signature.
std::string processor() {
  std::array<unsigned, 4> r{};
  std::string text;
  for (const unsigned leaf : {0u, 1u}) {
    __get_cpuid(leaf, &r[0], &r[1], &r[2], &r[3]);
    text +=
        leaf == 0 ? std::to_string(r[1]) + " " + std::to_string(r[2]) : " " + std::to_string(r[0]);
  }
  return text;
}

std::string key_of(const Kept &all, const ProfiledModule &module) {
  return "tracejit-profile 1\n" + all.programs.libraries() + "module " + module.build_id +
         "\nprocessor " + processor() + "\nthreads " + std::to_string(thread_count()) + "\n" +
         code_key(options()) + "\n";
}
std::string file_of(const std::string &key) {
  return to_hex(sha256(std::as_bytes(std::span(key)))) + std::string(CacheFolder::profile_ending);
}

std::vector<ProfilePath> paths_of(std::span<const std::byte> file, const std::string &name,
                                  const std::string &key) {
  if (file.empty())
    return {};
  Result<std::vector<ProfilePath>> paths = profile_from_file(file, name, key);
  if (paths)
    return std::move(*paths);
  log_line(LogComponent::compile, LogLevel::info, paths.message());
  return {};
}

void read(Kept &all, ProfiledModule &module) {
  if (std::exchange(module.is_read, true))
    return;
  const std::string key = key_of(all, module), name = file_of(key);
  const Result<std::vector<std::byte>> file = all.programs.place()->read(name);
  if (file)
    module.paths = paths_of(*file, name, key);
  else
    all.programs.give_up(file.message());
}

/// A path and its program, if it is of this trace and its program is in the cache.
bool find_program(Kept &all, const Trace &trace, const ProfilePath &path, KnownPath &known) {
  ParsedTraces parsed = parse_traces(path.text, "profile");
  if (parsed.graphs.size() != 1 || parsed.graphs[0].name != trace.name ||
      parsed.graphs[0].ops.empty())
    return false;
  known.graph = std::move(parsed.graphs[0]);
  const CompileRequest request = request_for(known.graph, known.graph.outputs, all.kernels);
  known.program = all.programs.find(request.graph, request.options);
  const char *const file = intern_file(path.file);
  known.begin = file ? Site{file, path.line, 0} : Site();
  known.shipped = false;
  known.judged = path.state == ProfilePath::State::active;
  known.ends_at_boundary = path.ends_at_boundary;
  return known.program != nullptr;
}

/// Calls done(anchor) for those that have got paths.
template <class Done> void attach(Kept &all, Trace &trace, std::uint64_t most_ns, Done done) {
  if (!trace.module || !CompileThread::get().uses_files() || !open_folder(all) ||
      !all.attached.insert(&trace).second)
    return;
  read(all, *trace.module);
  const std::uint64_t begin = thread_cpu_ns();
  int programs = 0;
  for (const ProfilePath &path : trace.module->paths) {
    KnownPath known;
    if (thread_cpu_ns() - begin >= most_ns || !all.programs.place())
      break;
    if (path.place != trace.place || !find_program(all, trace, path, known))
      continue;
    if (Anchor *const anchor = enter_known(trace, known)) {
      ++programs;
      done(*anchor);
    }
  }
  if (programs > 0)
    log_line(LogComponent::compile, LogLevel::info,
             "trace " + trace.name + ": " + std::to_string(programs) +
                 " programs are known from earlier runs, from the cache");
}

} // namespace

void attach(Trace &trace, const std::source_location &site) noexcept {
  if_memory([&] {
    Kept &all = everything();
    const std::lock_guard guard(all.lock);
    trace.module = module_of(all, site);
    trace.place = site_key(site, 0);
    const std::uint64_t begin = thread_cpu_ns();
    attach(all, trace, most_attach_ns - std::min(all.attach_ns, most_attach_ns), [](Anchor &) {});
    all.attach_ns += thread_cpu_ns() - begin;
  });
}

void attach_late(Publisher &publisher) noexcept {
  if_memory([&] {
    Kept &all = everything();
    const std::lock_guard guard(all.lock);
    for (Trace *trace = Trace::all(); trace; trace = trace->next) {
      std::vector<Anchor *> anchors;
      attach(all, *trace, ~std::uint64_t{0}, [&](Anchor &anchor) { anchors.push_back(&anchor); });
      std::ranges::sort(anchors);
      const auto twice = std::ranges::unique(anchors);
      anchors.erase(twice.begin(), twice.end());
      for (Anchor *anchor : anchors) {
        publisher.publish(*anchor);
        anchor->state.wake();
      }
    }
  });
}

bool changed() noexcept {
  std::uint64_t none = 0;
  return changed_at.compare_exchange_strong(none, now_ns(), std::memory_order_relaxed);
}

std::uint64_t due_ns() noexcept {
  const std::uint64_t since = changed_at.load(std::memory_order_relaxed);
  return since ? since + write_after_ns : 0;
}

// Writing
// ----------------------------------------------------------------------------------------

namespace {

/// The programs of a path, or that it has none any more. The table's lock is held.
void add_path(const Anchor &anchor, const Path &path, std::vector<ProfilePath> &list) {
  if (path.graph.device() != on_cpu) // a trace names no device
    return;
  const PathLife::Now life = path.life.now();
  ProfilePath entry{anchor.trace->place,
                    anchor.site.file,
                    anchor.site.line,
                    ProfilePath::State::lost,
                    path.ends_at_boundary.load(),
                    ""};
  Graph graph = path.graph;
  graph.examples.clear();
  const auto add = [&](const std::vector<std::uint32_t> &outputs) {
    graph.outputs = outputs;
    entry.text = to_text(graph);
    list.push_back(entry);
  };
  if (life.state == PathState::rejected)
    return add(graph.outputs);
  if (!life.has_program())
    return;
  entry.state =
      life.state == PathState::active ? ProfilePath::State::active : ProfilePath::State::trial;
  for (const Variant &variant : path.variants)
    add(variant.outputs);
}

/// What is known of the traces of a module, with what has run first.
std::vector<ProfilePath> collect(const ProfiledModule &module) {
  std::vector<ProfilePath> used, unused;
  for (const Trace *trace = Trace::all(); trace; trace = trace->next)
    for (Anchor *anchor = trace->anchors.load(std::memory_order_acquire);
         anchor && trace->module == &module; anchor = anchor->next)
      if (const std::unique_lock guard(anchor->known.lock, std::try_to_lock); guard)
        for (const std::shared_ptr<Path> &path : anchor->known.paths())
          if (!path->graph.ops.empty())
            add_path(*anchor, *path, path->visits() ? used : unused);
  used.insert(used.end(), std::move_iterator(unused.begin()), std::move_iterator(unused.end()));
  return used;
}

/// False: another process is at it.
bool write(Kept &all, const ProfiledModule &module) {
  const CacheFolder *const folder = all.programs.place();
  const std::vector<ProfilePath> fresh = collect(module);
  if (!folder || fresh.empty())
    return true;
  const std::string key = key_of(all, module), name = file_of(key);
  const Result<bool> written = folder->change(name, [&](std::span<const std::byte> before) {
    return profile_to_file(key, merge_profiles(fresh, paths_of(before, name, key)));
  });
  if (!written)
    all.programs.give_up(written.message());
  return !written || *written;
}

bool write_all() {
  Kept &all = everything();
  const std::unique_lock guard(all.lock, std::try_to_lock);
  if (!guard)
    return false;
  bool done = true;
  if (open_folder(all))
    for (const ProfiledModule *module : all.modules)
      done = write(all, *module) && done;
  return done;
}

} // namespace

void write() noexcept {
  if (changed_at.exchange(0, std::memory_order_relaxed) == 0)
    return;
  if_memory([] {
    constexpr int tries = 3;
    for (int k = 0; k < tries; ++k) {
      if (write_all())
        return;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    changed();
  });
}

void lock_for_fork() noexcept { everything().lock.lock(); }
void unlock_after_fork() noexcept { everything().lock.unlock(); }

} // namespace kept
} // namespace jit
