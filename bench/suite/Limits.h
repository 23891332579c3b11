// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What this machine can do, measured next to the work that is held against it.
#pragma once

#include <cstdint>

namespace bench {

/// Seconds. Of this thread's running time when only one thread works, so that other processes
/// disturb less; else of the wall clock.
double now(int threads);

/// Best rates seen so far with so many threads.
struct Rates {
  double clock = 0;       ///< core cycles a second
  double nt_copy = 0;     ///< bytes a second read and written, non-temporal stores
  double add = 0;         ///< two streams read and one written, the faster kind of stores
  double in_place = 0;    ///< read and written to the same place
  double read = 0;        ///< read only
  double cached = 0;      ///< in place on 8 MB shared by the threads
  double cached_read = 0; ///< read only, of as many
  double flops = 0;       ///< f32 multiply-adds count two
  /// Cores have two 512-bit multiply-add units (1) or the like of one (2): what cycles of element
  /// functions are multiplied by.
  double function_factor(int threads) const { return flops / clock / threads > 40 ? 1 : 2; }
};

/// What some work cannot do without.
struct Work {
  double nt_bytes = 0, add_bytes = 0, in_place_bytes = 0, read_bytes = 0, cached_bytes = 0,
         cached_read_bytes = 0;
  double function_cycles = 0; ///< of element functions, on a core with two 512-bit units
  double flops = 0;

  /// The slower of memory and functions, then contractions and cached memory.
  double seconds(const Rates &rates, int threads) const;
};

/// Measures the rates that the work needs once more and keeps the best.
void refresh(Rates &rates, const Work &work, int threads, bool quick);

} // namespace bench
