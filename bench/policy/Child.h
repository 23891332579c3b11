// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Processes of this program that measure one thing each: what one leaves behind (traces, kernels,
// accounts) cannot help or hurt the next.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace bench {

using Words = std::vector<std::string>;

struct ChildResult {
  std::map<std::string, double> said;
  bool ended_well = false;
  double exit_ms = 0;     ///< from the end of main to the end of the process
  double exit_cpu_ms = 0; ///< processor time of all its threads after the end of main

  /// NaN if the child did not say it.
  double operator[](const std::string &name) const;
  /// Whether it ended well and found the same bits wherever it compared.
  bool good() const { return ended_well && (!said.count("equal") || said.at("equal") == 1); }
};

/// Runs the task of that name with the other words in a process of its own; `options` are added to
/// TRACEJIT.
ChildResult run_child(const Words &words, const std::string &options = "");

/// In the child: what run_child returns under this name.
void say(const std::string &name, double value);
/// What main does in a child. Its exit status.
int be_child(const Words &words);

/// Processes at nice 5 that compute all the time, for as long as this lives.
class BusyProcesses {
public:
  explicit BusyProcesses(int count);
  ~BusyProcesses();
  BusyProcesses(const BusyProcesses &) = delete;

private:
  std::vector<int> processes;
};

/// Only the first of the processors that this process may use, from now on and for its children.
void pin();

} // namespace bench
