// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// JobChoice: how many threads share a job, by how long jobs of its kind took with one thread, with
// half and with all.
#pragma once

#include <array>
#include <cstdint>

namespace jit {

/// What makes jobs alike: the code, and how many chunks it is called for.
struct JobKind {
  std::uint64_t function = 0;
  std::int64_t chunks = 0;

  bool operator==(const JobKind &) const = default;
};

/// Knows no clock and no thread: it is given times, in cycles of the time stamp counter. They are
/// of the wall, since a worker that another process has put aside is lost time. Callers see to it
/// that one thread at a time is in here.
///
/// All threads are used until more is known of this kind or of a similar one. Another choice is on
/// trial now and then, for a job or two, and is taken if it looks better; more threads must be 10 %
/// faster. What a trial lost, or a choice that looked better than it was, is earned fiftyfold
/// before the next trial: that costs 2 % of the time that jobs take.
class JobChoice {
public:
  static constexpr int capacity = 64; ///< kinds that are known at a time

  /// How one job is to run.
  struct Turn {
    int threads = 1;
    bool on_trial = false;
    bool wakes = false; ///< the first job of a trial: the second wants to find the workers awake
    bool calms = false; ///< the second: they are not needed any more
    std::int8_t level = 0, entry = -1; ///< -1: of no kind that is known
    JobKind kind;
  };

  /// For a job that at most `threads` (2 or more) can share. A job that does not run as its turn
  /// says has no end.
  Turn begin(const JobKind &kind, int threads) noexcept;
  /// It took so long.
  void end(const Turn &turn, double time) noexcept;

private:
  static constexpr int levels = 3; ///< one thread, half (of more than four), all

  /// What jobs take, in two parts: what is usual, over some jobs; and what single jobs take far
  /// beyond that, since somebody was put aside for milliseconds, over a time in which some of them
  /// come. One such event is no reason to turn.
  struct Mean {
    double usual = 0, excess = 0;
    int count = 0;
    bool was_far = false; ///< the last trial took far longer than the present choice

    double value() const noexcept { return usual + excess; }
    bool is_far(double time) const noexcept;
    void add(double time) noexcept;
    void add_trial(double time) noexcept;
  };

  struct Entry {
    int threads = 0; ///< of the level "all"
    std::int8_t best = levels - 1;
    std::int8_t trial = -1; ///< level on trial
    std::int8_t tried = 0;  ///< level that was on trial last
    bool compared = false;  ///< there has been a trial
    bool cold = true;       ///< the first job pays for fresh memory and code
    bool woken = false;     ///< workers, by the first job of the trial
    std::array<Mean, levels> means;
    double lost = 0;        ///< by the trial
    double earned = 0;      ///< time that jobs took since the last trial
    double wait = 0;        ///< what is to be earned before the next
    std::uint64_t used = 0; ///< number of the last job
  };

  static bool exists(const Entry &entry, int level) noexcept;
  static int threads_of(const Entry &entry, int level) noexcept;
  static Mean &present(Entry &entry) noexcept;
  static void restart(Entry &entry, int threads) noexcept;
  static void consider_trial(Entry &entry) noexcept;
  static void end_trial(Entry &entry, double time) noexcept;
  static double expected(Entry &entry, int level) noexcept;
  static void choose(Entry &entry) noexcept;
  int find(const JobKind &kind) const noexcept;
  int place(const JobKind &kind) noexcept;
  int enter(const JobKind &kind) noexcept;
  const Entry *similar(const JobKind &kind) const noexcept;

  std::array<JobKind, capacity> kinds{}; ///< apart: a search reads few cache lines
  std::array<Entry, capacity> entries{};
  std::uint64_t jobs = 0;
};

} // namespace jit
