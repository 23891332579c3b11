// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// CompileThread: the one thread that compiles paths, publishes tries and changes the states of
// paths.
#pragma once

#include "runtime/jit/Anchor.h"
#include "runtime/jit/LazyCompiler.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace jit {

/// User threads post what they saw and go on: posting tries a lock once and drops the message if it
/// is taken, which only delays a compilation.
class CompileThread {
public:
  static CompileThread &get();

  /// A segment ran eagerly and was written down.
  void recorded(Anchor &anchor, Graph graph, ExitReason end) noexcept;
  /// A segment ran eagerly whose ops have this sequence hash.
  void counted(Anchor &anchor, std::uint64_t sequence, ExitReason end) noexcept;
  /// A timed run of a path.
  void measured(Anchor &anchor, Path &path, bool eager, std::uint64_t time) noexcept;
  /// A timed eager run of some path, known by its sequence hash.
  void timed_eager(Anchor &anchor, std::uint64_t sequence, std::uint64_t time) noexcept;
  /// A segment grew past the cap; `begin` is what was recorded of it.
  void too_long(Anchor &anchor, Graph begin) noexcept;
  /// A needed set of outputs came up that no variant stores.
  void wants_variant(Anchor &anchor, Path &path) noexcept;

  /// Lets paths be compiled by the compiler library, which the thread opens; without it nothing is
  /// compiled. False if the library is missing or does not fit.
  bool enable_compiler();
  /// Plugs in a compiler that is open.
  void set_compiler(std::unique_ptr<Compiler> compiler);
  CompilerStatus compiler_status() const;
  bool has_compiler() const noexcept { return ready.load(std::memory_order_acquire); }

  /// False if the time ran out before the queue was empty.
  bool wait_idle(std::chrono::milliseconds timeout);
  /// Called again and again by a thread that could use a program: a job that has waited for long
  /// gets normal priority, since a busy process would starve an idle thread for ever.
  void hurry() noexcept {
    const std::uint64_t due = overdue_at.load(std::memory_order_relaxed);
    if (due && cycles() > due) [[unlikely]]
      raise_priority();
  }

  /// Makes `stop` run when the main thread ends, if this is the main thread. What LLVM keeps in
  /// static objects dies in exit handlers, some of them older than any handler of ours could be.
  static void stop_with_main_thread();

  /// Finishes the job under way and ends the thread; nothing is compiled afterwards.
  void stop() noexcept;

  /// For the handlers of fork. The child has no compile thread: it runs what is compiled and
  /// compiles nothing.
  void lock_for_fork() { lock.lock(); }
  void unlock_after_fork(bool child) noexcept;

private:
  enum class Task : std::uint8_t { open, compile, variant, judge, demote };
  struct Job {
    Task task;
    Anchor *anchor;
    std::shared_ptr<Path> path; ///< null, as the anchor, of task `open`
  };

  CompileThread() = default;
  void stop_with_process();
  void open();
  Compiler *opened();
  void warm_up(Compiler &fresh);
  std::shared_ptr<Path> find_path(Anchor &anchor, Graph graph);
  void post_path(Task task, Anchor &anchor, Path &path) noexcept;
  bool enqueue(Job job) noexcept;
  void raise_priority() noexcept;
  void set_urgent(bool urgent) noexcept;
  void run();
  void work(const Job &job);
  void stop_before_new_statics() noexcept;
  void compile(const Job &job, const std::vector<std::uint32_t> &outputs);
  void compile_variant(const Job &job);
  void judge(const Job &job);
  void next_trial(Anchor &anchor);
  void reject(const Job &job, RejectReason reason, std::string detail);
  void give_up(const Job &job) noexcept;
  void unqueue(const Job &job) noexcept;
  std::unique_ptr<const Trie> next_trie(const Anchor &anchor);
  void publish(Anchor &anchor, std::unique_ptr<const Trie> trie) noexcept;
  void free_retired();
  void keep_budget();

  std::mutex lock; ///< of the queue and the flags; held for moments only
  std::condition_variable wake, idle;
  std::deque<Job> queue;
  bool started = false, busy = false, stopping = false;
  int waiters = 0; ///< threads in wait_idle: no idle priority and no budget meanwhile
  std::thread thread;
  std::mutex joining; ///< the thread; held while it finishes its job
  std::atomic<pid_t> thread_id{0};
  std::atomic<std::uint64_t> overdue_at{0}; ///< in cycles; 0: nothing waits
  std::atomic<bool> ready{false};
  LazyCompiler compiler;
  std::vector<std::unique_ptr<const Trie>> retired; ///< replaced, perhaps still read
  std::atomic<std::uint32_t> next_path_id{1};
  std::uint64_t compilations = 0;
  std::chrono::nanoseconds spent{0}; ///< compiling, in the job under way
  std::chrono::nanoseconds tokens = std::chrono::milliseconds(50);
  std::chrono::steady_clock::time_point refilled;
};

} // namespace jit
