// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the compile thread does for a path: its program, or one for another set of outputs.
#include "runtime/base/Log.h"
#include "runtime/base/Options.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/jit/CompileThread.h"
#include "runtime/jit/KeptProfile.h"
#include "runtime/jit/LoadCompiler.h"
#include "runtime/jit/Mode.h"
#include "runtime/jit/SaveTraces.h"
#include "runtime/jit/Visits.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/policy/BackOff.h"
#include "runtime/policy/Clock.h"
#include "runtime/trace/Text.h"

#include <algorithm>

namespace jit {

/// The programs of earlier processes. A compiler that was plugged in is in no file, and has none.
DiskCache &CompileThread::disk() {
  if (!compiler_id) {
    compiler_id = compiler.is_open() ? "" : compiler_build_id();
    if (!compiler_id->empty())
      stored_programs.open(*compiler_id);
  }
  return stored_programs;
}

/// The compiler, opened at need; null if it cannot be.
Compiler *CompileThread::open() {
  if (compiler.is_open())
    return compiler.get();
  disk();
  Compiler *const fresh = compiler.get();
  if (compiler_build_id() != *compiler_id)
    stored_programs.close(); // the file was replaced, perhaps before it was opened
  stop_before_new_statics();
  const std::lock_guard guard(lock);
  ready.store(fresh && !stopping, std::memory_order_release);
  return fresh;
}

/// Opens the compiler before it is needed, unless programs may be there already.
void CompileThread::open_soon() {
  kept::attach_late(publisher);
  if (!compiler.is_open() && disk().has_entries())
    return compiler.put_off();
  if (Compiler *fresh = open(); fresh && nobody_waits())
    warm_up(*fresh);
}

/// What LLVM and MLIR do once, at their first program, takes longer than most programs.
void CompileThread::warm_up(Compiler &fresh) {
  static constexpr std::string_view text = "tracejit-trace 1\n"
                                           "name \"warm-up\"\n"
                                           "input %in0 : f32[1000]\n"
                                           "%0 = exp(%in0) : f32[1000]\n"
                                           "%1 = multiply(%0, %in0) : f32[1000]\n"
                                           "%2 = tanh(%1) : f32[1000]\n"
                                           "output %2\n"
                                           "end\n";
  CompileOptions compile_options;
  compile_options.target = this_machine();
  for (const Graph &graph : parse_traces(text, "warm-up").graphs)
    fresh.compile(graph, compile_options);
  stop_before_new_statics();
}

static void log_program(const Path &path, const Program &program, const char *how) {
  log_line(LogComponent::compile, LogLevel::info,
           "path " + std::to_string(path.id) + " of trace " + path.graph.name + ": " +
               std::to_string(path.graph.ops.size()) + " ops in " +
               std::to_string(program.info().kernels_after) + " kernels, " +
               std::to_string(program.info().compile_ms) + " ms" + how);
}

/// The program of an earlier process, or null.
std::unique_ptr<const Program> CompileThread::find_stored(const Path &path,
                                                          const CompileRequest &request) {
  std::unique_ptr<const Program> program = disk().find(request.graph, request.options);
  if (program) {
    save_compiled(path);
    log_program(path, *program, ", from the cache");
  }
  return program;
}

/// Null: refused.
std::unique_ptr<const Program>
CompileThread::compile(const Path &path, const CompileRequest &request, std::string &refusal) {
  save_compiled(path); // before: a compiler that crashes leaves what it crashed on
  const std::uint64_t begin = thread_cpu_ns();
  CompileResult result = compiler.get()->compile(request.graph, request.options);
  times.add(static_cast<std::uint32_t>(request.graph.ops.size()), thread_cpu_ns() - begin);
  stop_before_new_statics();
  if (!result.program) {
    refusal = std::move(result.message);
    return nullptr;
  }
  log_program(path, *result.program, "");
  disk().add(request.graph, request.options, result);
  return std::move(result.program);
}

/// Takes the program away from a path; what it measured is forgotten. The table's lock is held.
static void evict(Anchor &anchor, Path &path) noexcept {
  const std::lock_guard guard(path.measuring); // nobody judges meanwhile
  const bool on_trial = path.life.change(PathState::trial, PathState::watching);
  if (!on_trial && !path.life.change(PathState::active, PathState::watching))
    return; // judged before: its program is kept for another trial
  const bool checked = path.wants_pairs.exchange(false);
  if (on_trial || checked)
    anchor.probes.fetch_sub(1, std::memory_order_relaxed);
  anchor.state.serving.fetch_sub(1, std::memory_order_relaxed);
  path.crowded_out.store(true, std::memory_order_relaxed);
  path.has_no_exact_place.store(false, std::memory_order_relaxed);
  path.variants.clear();
}

/// Makes room for one more program: the one that is worth least goes.
static void make_place(Anchor &anchor, const Path &newcomer) noexcept {
  std::size_t programs = 0;
  Path *least = nullptr;
  for (const std::shared_ptr<Path> &path : anchor.known.paths()) {
    if (!path->life.now().has_program() || path.get() == &newcomer)
      continue;
    ++programs;
    if (!least || path->score() < least->score())
      least = path.get();
  }
  if (programs < anchor.trace->max_paths)
    return;
  least->place_at = least->visits() + back_off(1'000, least->evictions++);
  evict(anchor, *least);
}

void CompileThread::compile_first(const Job &job) {
  Path &path = *job.path;
  Anchor &anchor = *job.anchor;
  const CompileRequest request = request_for(path.graph, path.graph.outputs, kernels);
  std::unique_ptr<const Program> program = find_stored(path, request);
  if (!program && !open())
    return unqueue(job);
  if (!path.life.change(PathState::queued, PathState::compiling))
    return;
  std::string refusal;
  if (!program)
    program = compile(path, request, refusal);
  if (!program)
    return refuse(job, std::move(refusal));
  Variant variant = make_variant(path.graph, path.graph.outputs, std::move(program));
  const bool measure = options().trial && mode() == Mode::on;
  {
    const std::lock_guard guard(anchor.known.lock);
    path.variants.clear();
    path.from_profile = false;
    path.variants.push_back(std::move(variant));
    make_place(anchor, path);
  }
  if (measure)
    visits::begin_trial(anchor, path);
  if (!path.life.change(PathState::compiling, measure ? PathState::trial : PathState::active)) {
    if (measure)
      anchor.probes.fetch_sub(1, std::memory_order_relaxed);
    return; // forgotten meanwhile
  }
  if (!if_memory([&] { publisher.publish(anchor); })) {
    const std::lock_guard guard(anchor.known.lock);
    anchor.state.serving.fetch_add(1, std::memory_order_relaxed);
    anchor.state.waiting.fetch_sub(1, std::memory_order_relaxed);
    evict(anchor, path);
    return;
  }
  anchor.state.serving.fetch_add(1, std::memory_order_relaxed);
  anchor.state.waiting.fetch_sub(1, std::memory_order_relaxed);
  anchor.state.wake();
  paths_changed();
}

void CompileThread::refuse(const Job &job, std::string why) {
  Path &path = *job.path;
  log_line(LogComponent::trace, LogLevel::info,
           "path " + std::to_string(path.id) + " of trace " + path.graph.name +
               " rejected: " + std::string(name(RejectReason::compile_failed)) + ": " + why);
  {
    const std::lock_guard guard(job.anchor->known.lock);
    path.reject_detail = std::move(why);
  }
  if (path.life.reject(PathState::compiling, RejectReason::compile_failed, path.visits()))
    job.anchor->state.waiting.fetch_sub(1, std::memory_order_relaxed);
}

void CompileThread::compile_variant(const Job &job) {
  Path &path = *job.path;
  std::vector<std::uint32_t> outputs;
  bool exactly = false;
  {
    const std::lock_guard guard(path.missed_lock);
    exactly = path.missed[0].count < 2;
    Path::MissedSet &set = path.missed[exactly];
    if (set.count < 2)
      return;
    outputs = set.outputs;
    set.count = 0;
  }
  // The last variant stores the union, so that it serves all.
  const std::size_t made = path.variants.size();
  if (made == 0 || !path.life.now().has_program())
    return;
  if (exactly && made >= Path::max_variants)
    return path.has_no_exact_place.store(true, std::memory_order_relaxed);
  if (made > Path::max_variants)
    return path.refuse_variant();
  const std::vector<std::uint32_t> &base = path.variants[0].outputs;
  if (!exactly)
    outputs.insert(outputs.end(), base.begin(), base.end());
  if (made == Path::max_variants)
    for (const Variant &variant : path.variants)
      outputs.insert(outputs.end(), variant.outputs.begin(), variant.outputs.end());
  std::sort(outputs.begin(), outputs.end());
  outputs.erase(std::unique(outputs.begin(), outputs.end()), outputs.end());
  for (const Variant &variant : path.variants)
    if (variant.outputs == outputs)
      return; // made while it was asked for again

  const CompileRequest request = request_for(path.graph, outputs, kernels);
  std::unique_ptr<const Program> program = find_stored(path, request);
  std::string refusal = "the compiler cannot be opened";
  if (!program && open())
    program = compile(path, request, refusal);
  if (!program) {
    log_line(LogComponent::compile, LogLevel::info,
             "path " + std::to_string(path.id) + " of trace " + path.graph.name +
                 ": a program for other values was refused: " + refusal);
    return path.refuse_variant();
  }
  Variant variant = make_variant(path.graph, outputs, std::move(program));
  {
    const std::lock_guard guard(job.anchor->known.lock);
    path.variants.push_back(std::move(variant));
  }
  publisher.publish(*job.anchor);
  paths_changed();
}

/// After a job without memory, which has changed nothing else. The next sighting tries again.
void CompileThread::give_up(const Job &job) noexcept {
  if (job.anchor)
    job.anchor->rebuild_wanted.store(true, std::memory_order_relaxed);
  if (!job.path)
    return; // an `open` is done by the first compilation, a `rebuild` by the next
  log_line(LogComponent::compile, LogLevel::error, "out of memory: a program was given up");
  unqueue(job);
}

/// Lets the path be seen and compiled again.
void CompileThread::unqueue(const Job &job) noexcept {
  if (job.path->life.change(PathState::queued, PathState::watching) ||
      job.path->life.change(PathState::compiling, PathState::watching))
    job.anchor->state.waiting.fetch_sub(1, std::memory_order_relaxed);
}

} // namespace jit
