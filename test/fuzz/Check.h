// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Running one program in every way and comparing what the host saw.
#pragma once

#include "test/fuzz/Program.h"

#include <cstdint>
#include <map>
#include <string>

namespace jit::fuzz {

/// Sums over programs; plain, so that processes can share them.
struct Totals {
  std::uint64_t programs = 0, ops = 0, calls = 0;
  std::uint64_t swaps = 0;                             ///< paths that had a compiled program
  std::uint64_t hits = 0;                              ///< runs of compiled programs
  std::uint64_t replays = 0;                           ///< runs that ended op by op
  std::uint64_t kernels_before = 0, kernels_after = 0; ///< fusion, summed over swaps
  std::uint64_t not_run = 0;                           ///< programs whose compiled code never ran
  std::uint64_t unexplained = 0;                       ///< those without a known reason
  std::uint64_t gradients = 0;                         ///< steps that close a tape
  std::uint64_t slopes = 0;                            ///< compared with finite differences
  std::uint64_t flushes = 0;                           ///< calls with a forced flush
  std::uint64_t comparisons = 0;                       ///< values of 10 elements and more
  /// Those of which under 10 % of the elements are distinct, so that equality says little.
  std::uint64_t weak_comparisons = 0;
  std::uint64_t weak_programs = 0; ///< programs with no other comparison
  std::uint64_t differences = 0;
  std::uint64_t passed = 0; ///< ran compiled, equal, and not weak
};

struct Counts : Totals {
  std::vector<std::uint64_t> unexplained_seeds;
  std::map<std::string, std::uint64_t> exits, rejects, per_op;
};

/// The first difference or broken promise, or empty. `trace_text`: what save_trace wrote.
std::string check(const Program &program, Counts &counts, std::string *trace_text = nullptr);

/// Drops steps, settings and inputs while the program still fails by this judgement.
Program shrink(Program program, bool (*fails)(const Program &));

} // namespace jit::fuzz
