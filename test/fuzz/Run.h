// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One call of a program through the public API, traced or not, and everything it let one see.
#pragma once

#include "test/conformance/Interpreter.h"
#include "test/fuzz/Program.h"

#include <tracejit/tracejit.h>

#include <future>
#include <source_location>

namespace jit::fuzz {

using conformance::Value;

/// What differs from call to call.
struct Call {
  std::uint64_t seed = 0;
  std::vector<bool> held;     ///< by value
  int throw_at = -1;          ///< the step at which the host throws
  std::uint64_t flags = 0;    ///< a bit for every `flag` step
  bool split_aliases = false; ///< inputs that are copies of a handle become tensors of their own
  bool relaid = false;        ///< inputs lie in memory in another way
  bool bad_index = false;     ///< index inputs hold a value that is out of range
  double nudge = 0;           ///< how far f64 inputs are moved, each in a direction of its own
  int flush_every = 0;
  bool on_thread = false; ///< the call runs on a thread of its own
};

/// Variables live longer than a call.
struct State {
  std::vector<Variable> variables;
};
State make_state(const Program &program);

/// What the host saw, in order; the same for every way of running.
struct Outcome {
  std::vector<std::string> labels;
  std::vector<Value> values;
  std::string error; ///< of an exception that the program does not ask for

  void add(std::string label, Value value);
};
/// The first difference, or empty.
std::string difference(const Outcome &expected, const Outcome &got);

class Run {
public:
  Run(const Program &program, const Call &call, State &state, bool interpret = false);
  /// What is traced.
  void body();
  /// Reads everything that is still held.
  void look_at_the_rest();

  Outcome outcome;
  std::vector<Tensor> values;

private:
  bool guard_open(const Step &step, std::size_t number);
  void run_steps(std::size_t begin, std::size_t end, Tape *tape);
  void run_recorded(std::size_t number);
  void take_gradients(const Step &step, Tape &tape, const std::source_location &site);
  void run_op(const Step &step, std::size_t number);
  void interpret_op(const Variant &op, std::uint32_t first_value,
                    const std::vector<Value> &operands);
  std::future<Value> read_elsewhere(const Step &step);
  Tensor &handle(const Ref &ref);
  const Tensor &tensor(const Ref &ref);

  const Program &program;
  const Call &call;
  State &state;
  bool interpreting;
  std::vector<Tensor> inputs;
  std::vector<Scalar> numbers;
  std::vector<std::future<Value>> lent;
};

/// Thrown by the program itself.
struct HostException {};

/// Elements in row-major order; an observation at `site`.
Value read(const Tensor &tensor, const std::source_location &site);
/// Positions in the source that steps pretend to be at.
const std::source_location &site_of(std::size_t step);

/// Inputs and numbers of a call.
std::vector<Tensor> make_inputs(const Program &program, const Call &call);
/// Integers that a dtype does not hold are refused by arithmetic and make other ops of comparisons:
/// the op's numbers will be others.
void keep_in_range(Program &program, OpKind op, std::span<const OperandType> types,
                   std::span<const Ref> operands);
std::vector<Scalar> make_numbers(const Program &program, std::uint64_t seed);

} // namespace jit::fuzz
