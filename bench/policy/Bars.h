// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The bars of the policy: one row a measure, met or missed.
#pragma once

#include "bench/policy/Child.h"
#include "bench/suite/Suite.h"

namespace bench {

struct Bar {
  enum Kind { at_most, at_least } kind;
  double limit;
  std::string unit; ///< after the number; empty for shares and ratios
};

class Bars {
public:
  explicit Bars(Suite &suite);
  const Settings &settings;
  /// Prints the row, with what was measured; a child that found other bits or ended badly has
  /// missed.
  void add(const std::string &measure, const Bar &bar, double measured, bool good,
           const std::string &note = "");

private:
  Suite &suite;
};

/// "12.3", for notes.
std::string short_text(double value);

void stream_bars(Bars &bars);
void changing_stream_bars(Bars &bars);
void first_run_bars(Bars &bars);
void compile_time_bars(Bars &bars);
void locals_bars(Bars &bars);
void exit_bars(Bars &bars);
void memory_bars(Bars &bars);
void training_bars(Bars &bars);

} // namespace bench
