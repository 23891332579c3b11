// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// CompileThread: the one thread that compiles paths and publishes tries.
#pragma once

#include "runtime/jit/Anchor.h"
#include "runtime/jit/CompileRequest.h"
#include "runtime/jit/DiskCache.h"
#include "runtime/jit/LazyCompiler.h"
#include "runtime/jit/Publisher.h"
#include "runtime/policy/CompileBudget.h"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace jit {

/// User threads post what they saw and go on: posting tries a lock once and drops the message if it
/// is taken, which only delays a compilation.
class CompileThread {
public:
  static CompileThread &get();

  /// A path is hot. False: the message was dropped.
  bool queue(Anchor &anchor, Path &path) noexcept { return post_path(Task::compile, anchor, path); }
  /// A needed set of outputs came up that no variant stores.
  void queue_variant(Anchor &anchor, Path &path) noexcept {
    post_path(Task::variant, anchor, path);
  }
  /// What is known at the anchor is not what its trie says.
  void rebuild(Anchor &anchor) noexcept;

  /// Lets paths be compiled by the compiler library, which the thread opens; without it nothing is
  /// compiled. False if the library is missing or does not fit.
  bool enable_compiler();
  /// Plugs in a compiler that is open.
  void set_compiler(std::unique_ptr<Compiler> compiler);
  CompilerStatus compiler_status() const;
  bool has_compiler() const noexcept { return ready.load(std::memory_order_acquire); }
  /// Whether programs may be read from files: the compiler is that of the library, and is used.
  bool uses_files() const noexcept;
  /// The paths that have programs are not those that were written last.
  void paths_changed() noexcept;
  /// The same as it was before the process began to end.
  CompilerStatus status_before_exit() const;
  bool had_compiler() const noexcept {
    return has_compiler() || ready_at_exit.load(std::memory_order_relaxed);
  }

  /// False if the time ran out before the queue was empty, or if what is in it is paused.
  bool wait_idle(std::chrono::milliseconds timeout);
  /// Nothing new is compiled from `pause` on until `resume` was called as often; a compilation
  /// under way is finished. Tries are still published.
  void pause() noexcept;
  void resume() noexcept;
  bool is_paused() const noexcept { return pauses.load(std::memory_order_relaxed) > 0; }
  /// Called again and again by threads that could use a program: a job whose lack has cost as much
  /// as making it gets normal priority, since a busy machine would starve an idle thread for ever.
  void hurry() noexcept;

  /// Makes `stop` run when the main thread ends, if this is the main thread. What LLVM keeps in
  /// static objects dies in exit handlers, some of them older than any handler of ours could be.
  static void stop_with_main_thread();

  /// Waits until the thread stands still, at its next safe point if it is compiling, and leaves it
  /// there; nothing is compiled afterwards.
  void stop() noexcept;

  /// For the handlers of fork. The child makes a compile thread of its own if this one was idle;
  /// else it runs what is compiled and compiles nothing.
  void lock_for_fork() {
    lock.lock();
    compiler.lock_for_fork();
  }
  void unlock_after_fork(bool child) noexcept;

private:
  enum class Task : std::uint8_t { open, rebuild, compile, variant };
  struct Job {
    Task task;
    Anchor *anchor;
    std::shared_ptr<Path> path; ///< null, for `open` and `rebuild`
  };

  CompileThread() = default;
  bool post_path(Task task, Anchor &anchor, Path &path) noexcept;
  bool enqueue(Job job) noexcept;
  void start_thread();
  void set_urgent(bool urgent) noexcept;
  void wait_for_work(std::unique_lock<std::mutex> &guard);
  JobFacts facts_of(const Job &job, std::uint64_t now_ns) const noexcept;
  Job take_best() noexcept;
  void hurry_by(const JobFacts &facts, std::uint64_t now_ns) noexcept;
  void run();
  void work(const Job &job);
  void stop_before_new_statics() noexcept;
  void stop_with_process();
  bool nobody_waits();
  bool may_do(const Job &job) const noexcept;
  bool has_work() const noexcept;
  bool stands_still() noexcept;

  // Jobs.cpp
  Compiler *open();
  void open_soon();
  void warm_up(Compiler &fresh);
  DiskCache &disk();
  std::unique_ptr<const Program> find_stored(const Path &path, const CompileRequest &request);
  std::unique_ptr<const Program> compile(const Path &path, const CompileRequest &request,
                                         std::string &refusal);
  void compile_first(const Job &job);
  void compile_variant(const Job &job);
  void refuse(const Job &job, std::string why);
  void give_up(const Job &job) noexcept;
  void unqueue(const Job &job) noexcept;

  std::mutex lock; ///< of the queue and the flags; held for moments only
  std::condition_variable wake, idle;
  std::vector<Job> waiting;
  bool started = false, busy = false, stopping = false;
  std::atomic<int> pauses{0}; ///< changed under the lock
  int waiters = 0;            ///< threads in wait_idle: no idle priority meanwhile
  std::atomic<pid_t> thread_id{0};
  /// When the job under way at idle priority, or one behind it, is overdue, in ns; 0: none is.
  std::atomic<std::uint64_t> overdue_at{0};
  std::atomic<bool> ready{false}, ready_at_exit{false};
  std::atomic<bool> from_library{false}; ///< the compiler, once it is ready
  LazyCompiler compiler;
  // The thread's own.
  Publisher publisher;
  KernelCache kernels;
  DiskCache stored_programs;
  std::optional<std::string> compiler_id; ///< of the library's file when it was first looked at
  CompileBudget budget;
  CompileTimes times;
  std::uint64_t compilations = 0;
};

} // namespace jit
