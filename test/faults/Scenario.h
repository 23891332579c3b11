// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A small program that goes through all that the runtime does: eager ops, Variables, a tape,
// recording, compiling, swapping, runs of programs, flushes in the middle, by this thread and by
// another, replays, misses, a refused compilation. Each step can be repeated, and knows its right
// values.
#pragma once

#include <tracejit/tracejit.h>

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace jit::faults {

/// Another thread that reads a value when it is handed one.
class Reader {
public:
  Reader();
  ~Reader();
  /// Its one element, read by that thread; nothing if there was no memory for it.
  std::optional<float> read(const Tensor &value);

private:
  void run();
  std::atomic<int> turn{0}; ///< 0: nobody's, 1: the reader's, 2: the asker's, 3: the end
  Tensor value;
  std::optional<float> answer;
  std::thread thread;
};

class Scenario {
public:
  /// Traces, shapes and attributes are named after the number: nobody has met them.
  explicit Scenario(int number, Reader &reader);
  ~Scenario(); ///< forgets its paths and programs

  int steps() const noexcept { return step_count; }
  /// Runs a step. Throws Error as the step does. Fails the test on a wrong value. A step that threw
  /// may be run again.
  void run(int step);
  /// After a step threw: the Variables are as before it or as after their assignments.
  void check_variables();
  /// Runs until compiled code has run once more; fails the test if that never happens.
  void expect_compiled();

private:
  enum class Middle : std::uint8_t { nothing, read, foreign, hold, other_op, bad_op };
  struct State {
    Tensor w, m, loss;
  };
  Tensor body(double rate, Middle middle);
  State plain_step(double rate, Middle middle) const;
  void train(double rate, Middle middle);
  void eager();
  void look();
  void files();
  void refused();
  static constexpr int step_count = 33;

  const int number;
  Reader &reader;
  std::string train_name, look_name, refused_name;
  Tensor x, target, index;
  Variable w, m;
  State before, after;
  Tensor held;
};

} // namespace jit::faults
