// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What jit::report says of the paths of one anchor: those that differ in shapes only are one.
#pragma once

#include "runtime/jit/WhyEager.h"

#include <tracejit/report.h>

#include <string>
#include <vector>

namespace jit {

/// Rounded to three significant digits: what is printed is what is stored.
double three_digits(double value) noexcept;

/// What the paths of one anchor have in common.
struct PathContext {
  bool resting;
  std::uint64_t now_ns;
  double unseen;       ///< runs that were not looked at, for each that was
  std::string read_at; ///< where the segments end, see StoredSummary
};

/// Paths of the same ops and operands, in the same state for the same reason. Those that are not
/// met any more are one group.
struct PathGroup {
  const Path *first;
  EagerReason why;
  PathSummary summary; ///< sums until finish()
  double eager_ns = 0, lost_ns = 0, saved_ns = 0;
  double before_ns = 0, after_ns = 0; ///< of compiled runs, had they been eager; and as they were

  bool takes(const Path &path, const PathSummary &summary, EagerReason why) const;
  /// The first path, too. `unseen` as above.
  void add(const Path &path, const PathSummary &summary, double unseen);
  /// `calls`: of the trace.
  PathSummary finish(std::uint64_t calls) &&;
};

/// The lock of the anchor's table is held. `life` was read once, so that nothing contradicts it.
void add_to_groups(std::vector<PathGroup> &groups, Path &path, const PathLife::Now &life,
                   const PathContext &context);

} // namespace jit
