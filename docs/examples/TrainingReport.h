// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// TrainingReport: what the steps of a training run took, and when compiled code took over.
#pragma once

#include "DemoSettings.h"

#include <tracejit/trace.h>

#include <chrono>
#include <vector>

class TrainingReport {
public:
  explicit TrainingReport(const DemoSettings &settings);

  void begin_step();
  /// Ends the step; asks what became of its trace until that is settled.
  template <class F> void end_step(int epoch, float loss, const jit::Traced<F> &step) {
    finish_step(epoch, loss);
    if (!settled)
      look(step.explain());
  }

  const std::vector<float> &losses() const noexcept { return loss_curve; }
  /// Of the last hundred steps.
  double mean_loss() const;
  /// The median over all steps.
  double ms_per_step() const;
  /// Steps as ms while eager, the swap, compile ms, ms afterwards, peak bytes.
  void print_timeline() const;
  /// Time, memory and losses, for compare_with_eager_run.
  void write(const std::filesystem::path &path) const;

private:
  struct Step {
    double ms;
    std::int64_t peak; ///< most bytes alive at once beyond those alive before the step
  };
  using Clock = std::chrono::steady_clock;

  void finish_step(int epoch, float loss);
  void look(const std::vector<jit::TraceReport> &traces);
  void draw(int epoch, float loss);
  void print_phase(const char *name, std::size_t begin, std::size_t end, std::int64_t kept) const;

  std::vector<float> loss_curve;
  std::vector<Step> steps;
  std::size_t first_compiled = 0; ///< step counted from 1; 0: none yet
  std::size_t last_eager = 0;     ///< as far as was looked
  std::int64_t arena_bytes = 0;   ///< of the programs
  std::uint64_t hits = 0;         ///< compiled runs
  bool settled = false, rejected = false;
  double compile_ms = 0;
  Clock::time_point began, drawn;
  std::int64_t live_before = 0;
  int epochs;
  bool terminal;
};
