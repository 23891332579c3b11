// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/CompileThread.h"

#include "runtime/base/Log.h"
#include "runtime/base/Options.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/jit/Mode.h"
#include "runtime/jit/PeakMemory.h"
#include "runtime/jit/SaveTraces.h"
#include "runtime/jit/Session.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/Mxcsr.h"
#include "runtime/trace/Text.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <exception>
#include <new>
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace jit {

CompileThread &CompileThread::get() {
  // Never destroyed: user threads may post until the process is gone. `stop` runs at exit, before
  // the destructors of the compiler library.
  static CompileThread *instance = new CompileThread;
  return *instance;
}

void CompileThread::set_compiler(std::unique_ptr<Compiler> plugged) {
  const std::lock_guard guard(lock);
  if (compiler.is_open())
    return;
  compiler.plug(std::move(plugged));
  stop_with_process();
  ready.store(true, std::memory_order_release);
}

bool CompileThread::enable_compiler() {
  const bool soon = mode() == Mode::on || mode() == Mode::check;
  const LazyCompiler::Asked asked = compiler.ask_for(soon);
  if (asked != LazyCompiler::Asked::now)
    return asked == LazyCompiler::Asked::before;
  const std::lock_guard guard(lock);
  if (stopping)
    return true;
  stop_with_process();
  ready.store(true, std::memory_order_release);
  if (soon) // else, or without memory, before the first compilation
    enqueue({Task::open, nullptr, nullptr});
  return true;
}

CompilerStatus CompileThread::compiler_status() const {
  CompilerStatus status = compiler.status();
  const bool usable =
      status.state == CompilerState::ready || status.state == CompilerState::opening;
  if (usable && !has_compiler())
    return {CompilerState::off, "nothing is compiled in the child of a fork, or at exit"};
  return status;
}

/// The lock is held.
void CompileThread::stop_with_process() {
  stop_with_main_thread();
  static bool registered = false;
  if (!std::exchange(registered, true))
    std::atexit([] { CompileThread::get().stop(); });
}

// What user threads post
// ----------------------------------------------------------------------------

/// The anchor's path of this structure, made at need; null if there is no room. Its lock is held.
std::shared_ptr<Path> CompileThread::find_path(Anchor &anchor, Graph graph) {
  const std::uint64_t hash = hash_graph(graph);
  for (const std::shared_ptr<Path> &known : anchor.paths) {
    if (known->hash != hash || !same_structure(known->graph, graph))
      continue;
    if (known->state.load(std::memory_order_relaxed) == PathState::watching)
      known->graph.outputs = std::move(graph.outputs);
    return known;
  }
  if (anchor.paths.size() >= Anchor::max_paths) {
    // Ever new paths miss what is known, as an op that leaves a compiled one does.
    anchor.count_run(true);
    if (!anchor.forget_one())
      return nullptr;
  }
  auto path = std::make_shared<Path>();
  path->id = next_path_id.fetch_add(1, std::memory_order_relaxed);
  path->hash = hash;
  for (const GraphOp &op : graph.ops)
    path->sequence = next_in_sequence(path->sequence, op.op, graph.values[op.first_value].meta);
  graph.name = anchor.trace->name;
  path->graph = std::move(graph);
  anchor.paths.push_back(path);
  return path;
}

void CompileThread::recorded(Anchor &anchor, Graph graph, ExitReason end) noexcept {
  const std::unique_lock guard(anchor.lock, std::try_to_lock);
  if (!guard)
    return;
  std::shared_ptr<Path> path;
  if (!if_memory([&] { path = find_path(anchor, std::move(graph)); }) || !path)
    return;
  path->count_exit(end);
  const std::uint64_t runs = path->recorded.fetch_add(1, std::memory_order_relaxed) + 1;
  const int threshold = options().threshold >= 0 ? options().threshold : anchor.trace->warmup;
  const PathState state = path->state.load(std::memory_order_relaxed);
  const bool again = state == PathState::rejected &&
                     path->reason.load(std::memory_order_relaxed) == RejectReason::no_gain;
  if ((state != PathState::watching && !again) ||
      runs < static_cast<std::uint64_t>(std::max(threshold, 1)) || mode() == Mode::log ||
      !has_compiler())
    return;
  path->state.store(PathState::queued, std::memory_order_relaxed);
  if (!anchor.trie.load(std::memory_order_relaxed))
    anchor.compiling.store(true, std::memory_order_relaxed);
  const std::unique_lock queue_guard(lock, std::try_to_lock);
  if (!queue_guard || stopping || !enqueue({Task::compile, &anchor, path})) {
    path->state.store(PathState::watching, std::memory_order_relaxed);
    anchor.compiling.store(false, std::memory_order_relaxed);
  }
}

void CompileThread::counted(Anchor &anchor, std::uint64_t sequence, ExitReason end) noexcept {
  const std::unique_lock guard(anchor.lock, std::try_to_lock);
  if (!guard)
    return;
  for (const std::shared_ptr<Path> &known : anchor.paths)
    if (known->sequence == sequence) {
      known->count_exit(end);
      known->recorded.fetch_add(1, std::memory_order_relaxed);
      return;
    }
}

void CompileThread::measured(Anchor &anchor, Path &path, bool eager, std::uint64_t time) noexcept {
  if (path.state.load(std::memory_order_acquire) == PathState::trial) {
    path.trial.add(eager, time);
    if (path.trial.verdict() != Trial::Verdict::undecided)
      post_path(Task::judge, anchor, path);
  } else if (path.lost_recheck(eager, time)) {
    post_path(Task::demote, anchor, path);
  }
}

void CompileThread::timed_eager(Anchor &anchor, std::uint64_t sequence,
                                std::uint64_t time) noexcept {
  std::shared_ptr<Path> path;
  {
    const std::unique_lock guard(anchor.lock, std::try_to_lock);
    if (!guard)
      return;
    for (const std::shared_ptr<Path> &known : anchor.paths)
      if (known->sequence == sequence && !known->variants.empty())
        path = known;
  }
  if (path)
    measured(anchor, *path, true, time);
}

void CompileThread::too_long(Anchor &anchor, Graph begin) noexcept {
  anchor.rest();
  const std::unique_lock guard(anchor.lock, std::try_to_lock);
  if (!guard)
    return;
  if_memory([&] {
    const std::shared_ptr<Path> path = find_path(anchor, std::move(begin));
    if (!path)
      return;
    path->recorded.fetch_add(1, std::memory_order_relaxed);
    path->reason.store(RejectReason::too_long, std::memory_order_relaxed);
    path->state.store(PathState::rejected, std::memory_order_release);
    log_line(LogComponent::trace, LogLevel::info,
             "trace " + anchor.trace->name + ": " + std::string(sentence(RejectReason::too_long)));
  });
}

void CompileThread::wants_variant(Anchor &anchor, Path &path) noexcept {
  post_path(Task::variant, anchor, path);
}

void CompileThread::post_path(Task task, Anchor &anchor, Path &path) noexcept {
  if (path.posted.exchange(true, std::memory_order_relaxed))
    return;
  const std::unique_lock guard(lock, std::try_to_lock);
  if (!guard || stopping || !enqueue({task, &anchor, path.shared_from_this()}))
    path.posted.store(false, std::memory_order_relaxed);
}

/// Idle priority: only processor time that nobody wants; normal while somebody waits for the queue
/// or a job is overdue. Takes no lock: the thread may have been put aside while it holds one.
void CompileThread::set_urgent(bool urgent) noexcept {
  const sched_param none{};
  if (const pid_t id = thread_id.load(std::memory_order_acquire))
    sched_setscheduler(id, urgent ? SCHED_OTHER : SCHED_IDLE, &none);
}

void CompileThread::raise_priority() noexcept {
  overdue_at.store(0, std::memory_order_relaxed);
  set_urgent(true);
}

/// exit() on another thread than main's runs handlers only, the newest first, and LLVM makes static
/// objects as it meets new work. So `stop` becomes the newest again after compilation 1, 2, 4, 8...
void CompileThread::stop_before_new_statics() noexcept {
  if (std::has_single_bit(++compilations))
    std::atexit([] { CompileThread::get().stop(); });
}

void CompileThread::stop_with_main_thread() {
  struct Stop {
    ~Stop() { CompileThread::get().stop(); }
  };
  if (static_cast<pid_t>(syscall(SYS_gettid)) != getpid())
    return;
  thread_local const Stop stop; // such destructors run before every exit handler
  static_cast<void>(stop);
}

bool CompileThread::wait_idle(std::chrono::milliseconds timeout) {
  std::unique_lock guard(lock);
  if (queue.empty() && !busy)
    return true;
  if (waiters++ == 0)
    set_urgent(true);
  wake.notify_all();
  const bool done = idle.wait_for(guard, timeout, [this] { return queue.empty() && !busy; });
  if (--waiters == 0 && !stopping)
    set_urgent(false);
  return done;
}

void CompileThread::stop() noexcept {
  {
    const std::lock_guard guard(lock);
    stopping = true;
    set_urgent(true);
    ready.store(false, std::memory_order_release);
    queue.clear();
    wake.notify_one();
  }
  // The main thread's end and exit() on another thread may come here at once. exit() on the compile
  // thread itself, which is what LLVM does when it is at its wits' end, cannot wait for it.
  if (static_cast<pid_t>(syscall(SYS_gettid)) == thread_id.load(std::memory_order_relaxed))
    return;
  const std::lock_guard guard(joining);
  if (thread.joinable())
    thread.join();
}

void CompileThread::unlock_after_fork(bool child) noexcept {
  if (child) {
    stopping = true;
    busy = false;
    waiters = 0;
    queue.clear();
    ready.store(false, std::memory_order_release);
    // It does not run here and cannot be joined; its handle is a number and holds nothing.
    new (&thread) std::thread;
    thread_id.store(0, std::memory_order_relaxed);
  }
  lock.unlock();
}

// The thread
// ----------------------------------------------------------------------------------------

/// The lock is held. False: no memory, or no thread can be made.
bool CompileThread::enqueue(Job job) noexcept {
  try {
    if (!started)
      thread = std::thread([this] { run(); });
    started = true;
    queue.push_back(std::move(job));
  } catch (const std::exception &) {
    return false;
  }
  if (busy && !compiler.is_open()) // somebody could use the compiler already
    set_urgent(true);
  // A few hundred milliseconds of any machine's time stamp counter.
  constexpr std::uint64_t patience = 500'000'000;
  if (overdue_at.load(std::memory_order_relaxed) == 0)
    overdue_at.store(cycles() + patience, std::memory_order_relaxed);
  wake.notify_one();
  return true;
}

void CompileThread::run() {
  pthread_setname_np(pthread_self(), "tracejit-compile");
  _mm_setcsr(
      default_mxcsr); // a thread begins with that of its maker, and constants are folded here
  thread_id.store(static_cast<pid_t>(syscall(SYS_gettid)), std::memory_order_release);
  refilled = std::chrono::steady_clock::now();
  std::unique_lock guard(lock);
  if (waiters == 0)
    set_urgent(false);
  for (;;) {
    wake.wait(guard, [this] { return stopping || !queue.empty(); });
    if (stopping)
      return;
    const Job job = std::move(queue.front());
    queue.pop_front();
    busy = true;
    guard.unlock();
    spent = {};
    if (!if_memory([&] { work(job); }))
      give_up(job);
    free_retired();
    keep_budget();
    guard.lock();
    busy = false;
    if (!queue.empty())
      continue;
    overdue_at.store(0, std::memory_order_relaxed);
    if (waiters == 0)
      set_urgent(false);
    idle.notify_all();
  }
}

void CompileThread::work(const Job &job) {
  if (job.path)
    job.path->posted.store(false, std::memory_order_relaxed);
  switch (job.task) {
  case Task::open:
    open();
    return;
  case Task::compile:
    compile(job, job.path->graph.outputs);
    return;
  case Task::variant:
    compile_variant(job);
    return;
  case Task::judge:
    judge(job);
    return;
  case Task::demote:
    reject(job, RejectReason::no_gain, "two checks in a row found eager faster");
    return;
  }
}

/// After a job without memory, which has changed nothing else. The next recording tries again.
void CompileThread::give_up(const Job &job) noexcept {
  if (job.task == Task::open)
    return; // the first compilation does it
  log_line(LogComponent::compile, LogLevel::error, "out of memory: a program was given up");
  unqueue(job);
}

/// Lets the path be recorded and compiled again.
void CompileThread::unqueue(const Job &job) noexcept {
  const std::lock_guard guard(job.anchor->lock);
  const PathState state = job.path->state.load(std::memory_order_relaxed);
  if (state == PathState::queued || state == PathState::compiling)
    job.path->state.store(PathState::watching, std::memory_order_relaxed);
  job.anchor->compiling.store(false, std::memory_order_relaxed);
}

/// The compiler, opened at need; null if it cannot be.
Compiler *CompileThread::opened() {
  if (compiler.is_open())
    return compiler.get();
  Compiler *fresh = compiler.get();
  stop_before_new_statics();
  const std::lock_guard guard(lock);
  ready.store(fresh && !stopping, std::memory_order_release);
  return fresh;
}

void CompileThread::open() {
  Compiler *fresh = opened();
  std::unique_lock guard(lock);
  const bool nobody_waits = queue.empty() && !stopping; // else LLVM gets warm on what waits
  guard.unlock();
  if (!fresh || !nobody_waits)
    return;
  warm_up(*fresh);
  stop_before_new_statics();
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
  compile_options.isa = active_isa();
  for (const Graph &graph : parse_traces(text, "warm-up").graphs)
    fresh.compile(graph, compile_options);
}

void CompileThread::compile(const Job &job, const std::vector<std::uint32_t> &outputs) {
  Compiler *const llvm = opened();
  if (!llvm)
    return unqueue(job);
  Path &path = *job.path;
  const bool first = path.variants.empty();
  if (first)
    path.state.store(PathState::compiling, std::memory_order_relaxed);
  Graph graph = path.graph;
  graph.outputs = outputs;
  CompileOptions compile_options;
  compile_options.isa = active_isa();
  compile_options.disabled_passes = options().disable;
  save_compiled(path); // before: a compiler that crashes leaves what it crashed on
  const auto begin = std::chrono::steady_clock::now();
  CompileResult result = llvm->compile(graph, compile_options);
  spent += std::chrono::steady_clock::now() - begin;
  stop_before_new_statics();
  if (!result.program) {
    if (first)
      reject(job, RejectReason::compile_failed, std::move(result.message));
    return;
  }
  const std::size_t held = peak_of_program(graph, result.program->info());
  if (const std::size_t by_ops = peak_of_ops(graph); holds_too_much(held, by_ops)) {
    if (first)
      reject(job, RejectReason::peak_memory,
             std::to_string(held) + " bytes, one by one " + std::to_string(by_ops));
    return;
  }
  log_line(LogComponent::compile, LogLevel::info,
           "path " + std::to_string(path.id) + " of trace " + path.graph.name + ": " +
               std::to_string(graph.ops.size()) + " ops in " +
               std::to_string(result.program->info().kernels_after) + " kernels, " +
               std::to_string(result.program->info().compile_ms) + " ms");
  {
    const std::lock_guard guard(job.anchor->lock);
    Variant variant{outputs, std::vector<bool>(graph.values.size()), std::move(result.program), {}};
    for (std::uint32_t v : outputs) {
      variant.stored[v] = true;
      const std::size_t bytes = graph.values[v].meta->bytes();
      variant.reserved_bytes.push_back(bytes >= Variant::least_reserved ? bytes : 0);
    }
    path.variants.push_back(std::move(variant));
    std::unique_ptr<const Trie> trie;
    if (!if_memory([&] { trie = next_trie(*job.anchor); })) {
      path.variants.pop_back();
      throw std::bad_alloc();
    }
    if (first) {
      const bool measure = options().trial && mode() == Mode::on;
      if (measure) {
        path.trial.start(path.hash);
        job.anchor->on_trial.store(&path, std::memory_order_release);
      }
      path.state.store(measure ? PathState::trial : PathState::active, std::memory_order_release);
    }
    publish(*job.anchor, std::move(trie));
  }
}

void CompileThread::compile_variant(const Job &job) {
  Path &path = *job.path;
  std::vector<std::uint32_t> outputs;
  {
    const std::lock_guard guard(path.missed_lock);
    outputs = path.missed_outputs;
    path.missed_count.store(0, std::memory_order_relaxed);
  }
  // The last variant stores the union, so that it serves all.
  const std::size_t made = path.variants.size();
  if (made == 0 || made > Path::max_variants)
    return;
  const std::vector<std::uint32_t> &base = path.variants[0].outputs;
  outputs.insert(outputs.end(), base.begin(), base.end());
  if (made == Path::max_variants)
    for (const Variant &variant : path.variants)
      outputs.insert(outputs.end(), variant.outputs.begin(), variant.outputs.end());
  std::sort(outputs.begin(), outputs.end());
  outputs.erase(std::unique(outputs.begin(), outputs.end()), outputs.end());
  compile(job, outputs);
}

void CompileThread::judge(const Job &job) {
  Path &path = *job.path;
  if (path.state.load(std::memory_order_relaxed) != PathState::trial)
    return;
  if (path.trial.verdict() == Trial::Verdict::lost) {
    reject(job, RejectReason::no_gain,
           "best of eight: compiled " + std::to_string(path.trial.best_compiled()) +
               " cycles, eager " + std::to_string(path.trial.best_eager()));
    return;
  }
  path.state.store(PathState::active, std::memory_order_release);
  const std::lock_guard guard(job.anchor->lock);
  next_trial(*job.anchor);
}

/// Measures the next compiled path of the anchor that has not been measured, one at a time.
void CompileThread::next_trial(Anchor &anchor) {
  Path *next = nullptr;
  for (const std::shared_ptr<Path> &path : anchor.paths)
    if (path->state.load(std::memory_order_relaxed) == PathState::trial)
      next = path.get();
  anchor.on_trial.store(next, std::memory_order_release);
}

void CompileThread::reject(const Job &job, RejectReason reason, std::string detail) {
  Path &path = *job.path;
  log_line(LogComponent::trace, LogLevel::info,
           "path " + std::to_string(path.id) + " of trace " + path.graph.name +
               " rejected: " + std::string(name(reason)) + (detail.empty() ? "" : ": " + detail));
  const std::lock_guard guard(job.anchor->lock);
  std::vector<Variant> variants = std::exchange(path.variants, {});
  std::unique_ptr<const Trie> trie;
  if (!if_memory([&] { trie = next_trie(*job.anchor); })) {
    path.variants = std::move(variants);
    throw std::bad_alloc();
  }
  path.reject_detail = std::move(detail);
  path.reason.store(reason, std::memory_order_relaxed);
  path.state.store(PathState::rejected, std::memory_order_release);
  next_trial(*job.anchor);
  publish(*job.anchor, std::move(trie));
  if (!job.anchor->trie.load(std::memory_order_relaxed))
    job.anchor->rest();
}

/// What `publish` gets, null if there are no programs. All that takes memory; the anchor's lock is
/// held.
std::unique_ptr<const Trie> CompileThread::next_trie(const Anchor &anchor) {
  retired.reserve(retired.size() + 1);
  std::unique_ptr<const Trie> trie = build_trie(anchor.paths);
  return trie->terminals.empty() ? nullptr : std::move(trie);
}

/// Replaces the anchor's trie; its lock is held.
void CompileThread::publish(Anchor &anchor, std::unique_ptr<const Trie> trie) noexcept {
  const Trie *old = anchor.trie.exchange(trie.release(), std::memory_order_seq_cst);
  anchor.compiling.store(false, std::memory_order_relaxed);
  if (old)
    retired.emplace_back(old);
}

/// Frees the tries that no session reads, and with them programs that no other trie holds.
void CompileThread::free_retired() {
  if (retired.empty())
    return;
  fence::heavy();
  std::erase_if(retired, [](const std::unique_ptr<const Trie> &trie) {
    for (Session *session = Session::all(); session; session = session->next)
      if (session->published.load(std::memory_order_acquire) == trie.get())
        return false;
    return true;
  });
}

/// A token bucket: a burst of 50 ms, refilled with 5 % of the time that passes. Acts
/// between compilations, so that on few cores the compile thread does not make the program slower.
void CompileThread::keep_budget() {
  if (!options().budget)
    return;
  static constexpr std::chrono::nanoseconds burst = std::chrono::milliseconds(50);
  static constexpr int share = 20;
  const auto refill = [this] {
    const auto now = std::chrono::steady_clock::now();
    tokens = std::min<std::chrono::nanoseconds>(burst, tokens + (now - refilled) / share);
    refilled = now;
  };
  refill();
  tokens -= spent;
  std::unique_lock guard(lock);
  while (tokens.count() < 0 && !stopping && waiters == 0) {
    wake.wait_for(guard, -tokens * share, [this] { return stopping || waiters > 0; });
    refill();
  }
}

} // namespace jit
