// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// jit::trace: code that runs eagerly, is recorded, and gets compiled programs swapped in while it
// runs.
#pragma once

#include <tracejit/mode.h>
#include <tracejit/tensor.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#pragma GCC visibility push(default)
namespace jit {

/// Runs what is pending on this thread, then switches for the whole process. The environment
/// variable TRACEJIT sets the first mode.
void set_mode(Mode mode);
Mode current_mode() noexcept;

/// Runs everything that is pending, on all threads.
/// Throws out_of_memory if a step of this thread got none and was undone.
void synchronize(std::source_location site = std::source_location::current());

enum class Until : std::uint8_t {
  compiled, ///< the compile queue is empty
  judged,   ///< and no path that still comes up is on trial, or new and about to be compiled
};
/// Waits for the compile queue. False if the time ran out, or at once if what is in the queue is
/// paused. Trials go on in calls, which whoever waits does not make: with Until::judged the answer
/// is false at once while there is one, and a warm-up calls until it is true:
/// `do step(); while (!wait_compiled(timeout, Until::judged));`
bool wait_compiled(std::chrono::milliseconds timeout = std::chrono::milliseconds(60'000),
                   Until until = Until::compiled);

/// Nothing new is compiled from here on, in the whole process, until resume_compiling() has been
/// called as often. A compilation under way is finished, and programs that are there stay in use;
/// paths that become hot wait in the queue.
void pause_compiling() noexcept;
/// Without a pause: nothing happens.
void resume_compiling() noexcept;

/// While it lives, the ops of its thread run eagerly one by one and are not traced, also those of
/// traced calls. What is pending runs first. Afterwards tracing goes on in the traced call around
/// it, as after a value was read. May be nested. Its thread destroys it.
class NoTrace {
public:
  explicit NoTrace(const std::source_location &site = std::source_location::current()) noexcept;
  ~NoTrace();
  NoTrace(const NoTrace &) = delete;

private:
  std::source_location site;
  bool outermost;
};

struct TraceOptions {
  std::string name;
  int warmup = 2;     ///< recorded runs of a path before it is compiled
  int max_paths = 16; ///< programs at one starting point; 1 to 64, else the nearer of them
};

/// What became of the last traced call of one thread.
struct CallReport {
  std::uint32_t compiled = 0; ///< segments that ran compiled code, up to 65,535
  std::uint32_t eager = 0;    ///< segments that ran eagerly, up to 65,535
  std::string reason;         ///< why the first of these did, a name and a sentence; else empty
  std::string advice;         ///< what can be done about it; empty: nothing
};

/// What became of one path of a trace.
struct TraceReport {
  std::uint32_t id = 0;
  std::string name;
  std::string begin;              ///< "file:line" where the segment begins
  std::vector<std::string> sites; ///< "file:line" of its ops, in order, without repeats
  std::string state;              ///< watching, queued, compiling, trial, active, rejected
  std::string reject_reason;      ///< with the detail; empty if not rejected
  std::uint64_t resting = 0;      ///< runs until its starting point is looked at again
  std::uint32_t ops = 0;
  std::uint64_t recorded = 0;                               ///< eager runs that were counted
  std::uint64_t hits = 0;                                   ///< compiled runs
  std::uint64_t replays = 0;                                ///< runs that ended op by op
  std::vector<std::pair<std::string, std::uint64_t>> exits; ///< by reason, counts above 0
  double compile_ms = 0;
  bool from_cache = false;   ///< a program was read from the cache on disk; that took `compile_ms`
  bool from_profile = false; ///< a program came in a profile (load_profile); that took `compile_ms`
  std::uint64_t code_bytes = 0;
  std::uint64_t arena_bytes = 0; ///< temporaries of one run
  std::uint32_t kernels_before = 0, kernels_after = 0;
  std::vector<std::string> refused_fusions;
  std::uint64_t unused_bytes = 0; ///< stored by the last run and held by nobody
  /// Values that were held when the last run ended and that nobody has needed in other runs: not
  /// stored, but computed if they are needed after all, as they were in so many runs.
  std::uint32_t deferred_values = 0;
  std::uint64_t deferred_bytes = 0;
  std::uint64_t computed_later = 0;
  double saved_ms = 0; ///< runs times the gain measured in the trial
};
std::ostream &operator<<(std::ostream &stream, const TraceReport &report);
std::vector<TraceReport> explain(std::source_location site = std::source_location::current());

/// Writes the recorded traces (all, or those of one name) in the trace text format. Throws io if
/// the stream does not take them.
void save_trace(std::ostream &stream, std::string_view name = {},
                std::source_location site = std::source_location::current());

namespace detail {
struct TraceHandle {}; ///< What the runtime knows of a trace derives from it.
const TraceHandle &find_trace(const void *type, const void *target, const TraceOptions &options,
                              const std::source_location &site);
std::vector<TraceReport> explain_trace(const TraceHandle &trace, const std::source_location &site);
void reset_trace(const TraceHandle &trace) noexcept;
CallReport last_call(const TraceHandle &trace, const std::source_location &site);

/// Begins a segment; the end of the outermost scope flushes.
class TraceScope {
public:
  explicit TraceScope(const TraceHandle &trace) noexcept;
  ~TraceScope();
  /// The end, unless an exception is on its way. Throws out_of_memory if there was none for what
  /// the call had computed last: then Variables that it assigned have their old values again.
  void finish();
  TraceScope(const TraceScope &) = delete;

private:
  void *outer;
  bool engaged;
};

template <class F> inline constexpr char type_identity = 0;

template <class F> const void *target_of(const F &f) noexcept {
  if constexpr (std::is_pointer_v<F> && std::is_function_v<std::remove_pointer_t<F>>)
    return reinterpret_cast<const void *>(f);
  else
    return nullptr;
}
template <class R, class... A> const void *target_of(const std::function<R(A...)> &f) noexcept {
  return &f.target_type();
}
} // namespace detail

/// A callable that traces the ops it runs. Nothing is baked in: f runs on every call.
template <class F> class Traced {
public:
  Traced(F f, const detail::TraceHandle &trace) : f(std::move(f)), trace(&trace) {}
  template <class... A> decltype(auto) operator()(A &&...arguments) {
    using Result = std::invoke_result_t<F &, A...>;
    detail::TraceScope scope(*trace);
    if constexpr (std::is_void_v<Result>) {
      std::invoke(f, std::forward<A>(arguments)...);
      scope.finish();
    } else if constexpr (std::is_reference_v<Result> || std::is_move_constructible_v<Result>) {
      Result result = std::invoke(f, std::forward<A>(arguments)...);
      scope.finish();
      return static_cast<Result>(std::forward<Result>(result));
    } else {
      return std::invoke(f, std::forward<A>(arguments)...);
    }
  }
  std::vector<TraceReport>
  explain(std::source_location site = std::source_location::current()) const {
    return detail::explain_trace(*trace, site);
  }
  /// Forgets what was recorded, compiled, measured and decided, so that all is judged anew. Any
  /// thread, at any time.
  void reset() noexcept { detail::reset_trace(*trace); }
  /// Of the last traced call of this thread if it was of this trace, with the calls inside it; else
  /// all is 0. In mode off calls are not traced.
  CallReport last(std::source_location site = std::source_location::current()) const {
    return detail::last_call(*trace, site);
  }

private:
  F f;
  const detail::TraceHandle *trace;
};

/// The trace's identity is the type of f (for function pointers and std::function the target too)
/// and the name, not the object: calling this in a loop makes one trace.
template <class F>
  requires(!std::convertible_to<F, Operand>)
Traced<std::decay_t<F>> trace(F &&f, TraceOptions options = {},
                              std::source_location site = std::source_location::current()) {
  using D = std::decay_t<F>;
  const detail::TraceHandle &handle = detail::find_trace(
      &detail::type_identity<D>, detail::target_of(static_cast<const D &>(f)), options, site);
  return {std::forward<F>(f), handle};
}
/// The same with a name alone. A template, so that `{"name"}` stays options.
template <class F, std::convertible_to<std::string_view> Name>
  requires(!std::convertible_to<F, Operand>)
Traced<std::decay_t<F>> trace(F &&f, const Name &name,
                              std::source_location site = std::source_location::current()) {
  return trace(std::forward<F>(f), TraceOptions{.name = std::string(std::string_view(name))}, site);
}

} // namespace jit
#pragma GCC visibility pop
