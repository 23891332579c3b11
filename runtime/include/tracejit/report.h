// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// jit::report: what became of every trace up to now, and what to do about it.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <source_location>
#include <string>
#include <vector>

#pragma GCC visibility push(default)
namespace jit {

// Measured numbers are rounded to three digits; 0 also stands for "not known". Lines are written
// "step.cpp:31". Run: once through a path. Call: of the trace.

/// Pairs of kernels that were not made one, all for the same reason.
struct ApartSummary {
  std::string reason;
  std::uint64_t pairs = 0;
  std::uint64_t bytes = 0; ///< of the values between them, in a run
  // The pair with most bytes, and as many equal to it:
  std::string producer, consumer; ///< "matmul step.cpp:31"
  std::uint64_t equal_pairs = 0, equal_bytes = 0;
  std::uint64_t other_pairs = 0, other_bytes = 0; ///< the rest
  std::string advice;
};

/// Values that a program stores because somebody may hold them where the path ends with a read, but
/// for those that take over the place of an input.
struct StoredSummary {
  std::string at; ///< the line of the read
  std::uint64_t bytes = 0;
  std::uint64_t unused_bytes = 0;  ///< of these, held by nobody in the last run
  std::vector<std::string> values; ///< "exp step.cpp:26", four of them at most
  std::uint64_t other_values = 0;
  /// Held there too, but not stored in the last run, since nobody has needed them in other runs;
  /// and the runs in which somebody did after all.
  std::uint64_t deferred_values = 0, deferred_bytes = 0, computed_later = 0;
};

/// A path; or several that differ in shapes only and fare alike; or all those that were met once or
/// twice and no more.
struct PathSummary {
  std::uint32_t id = 0;    ///< the smallest
  std::uint64_t count = 1; ///< so many paths
  bool met_of_late = true;
  std::vector<std::string> types; ///< of the input in which they differ: the first three
  std::string state;  ///< watching, queued, compiling, trial, active, rejected; or ready: it has a
                      ///< program that does not run now
  std::string reason; ///< why it runs eagerly now, a name; empty: its program runs
  std::string why;    ///< a sentence
  std::string detail; ///< what the compiler said, or the op and its line
  std::string advice; ///< what to do; empty: nothing
  std::uint64_t ops = 0;
  std::uint64_t compiled = 0; ///< runs
  std::uint64_t eager = 0;    ///< runs that were recorded or recognised
  std::uint64_t replayed = 0; ///< runs that were matched and ended op by op
  std::uint64_t unstored = 0; ///< of these, since values were alive that no program stores
  double speedup = 0, low = 0, high = 0; ///< eager / compiled: median, quartiles
  std::uint64_t pairs = 0;               ///< of runs that were compared
  std::uint64_t retry_after = 0;         ///< runs until it is looked at again
  double waiting_ms = 0;                 ///< in the queue and the compiler
  double eager_us = 0;                   ///< an eager run, measured or estimated
  double saved_ms = 0;                   ///< by compiled runs
  double lost_us = 0;                    ///< a call, by running eagerly; predicted
  double compile_ms = 0;
  std::uint64_t kernels_before = 0, kernels = 0; ///< op by op, and in the program
  std::uint64_t code_bytes = 0;
  std::uint64_t arena_bytes = 0; ///< temporaries of a run
  std::vector<ApartSummary> apart;
  StoredSummary stored;
};

/// A point where segments begin: the traced call, or a read inside it.
struct StartSummary {
  std::string at;
  std::string state;           ///< cold, waiting, serving, resting
  std::uint64_t rest_left = 0; ///< runs until it is looked at again
  std::uint64_t runs = 0, compiled = 0;
  std::uint64_t path_count = 0;      ///< that are known
  std::uint64_t forgotten_paths = 0; ///< that made room for better ones, or were reset
  double lost_us = 0;                ///< a call
  std::vector<PathSummary> paths;    ///< by lost time
};

/// What costs most, if anything does.
struct LossSummary {
  std::string at;
  std::string what;
  double us = 0;           ///< a call
  std::uint64_t bytes = 0; ///< a run
  std::string advice;
};

struct TraceSummary {
  std::uint32_t id = 0;
  std::string name, at;
  std::uint64_t calls = 0;
  std::uint64_t compiled_percent = 0; ///< of the runs
  double speedup = 0;                 ///< of compiled runs over eager ones
  double saved_ms = 0, compile_ms = 0;
  LossSummary loss;
  std::uint64_t start_count = 0;
  std::vector<StartSummary> starts; ///< by lost time
};

struct Report {
  static constexpr std::uint32_t current_version = 1;

  std::uint32_t version = current_version; ///< of the fields; grows when one changes its meaning
  std::string mode;                        ///< off, log, on, check
  std::string compiler;                    ///< off, opening, ready, failed
  std::string compiler_message;            ///< empty if ready
  bool paused = false;                     ///< compiling is
  std::uint64_t busy_starts = 0; ///< left out: another thread was changing them. At exit only
  std::vector<TraceSummary> traces;
};

/// Of the whole process. Any thread. Throws out_of_memory.
Report report(std::source_location site = std::source_location::current());
/// A line for each trace, then for its starting points and paths; long lists are cut.
std::ostream &operator<<(std::ostream &stream, const Report &report);
/// All fields under their names, as one JSON object.
std::string to_json(const Report &report);

} // namespace jit
#pragma GCC visibility pop
