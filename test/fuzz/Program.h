// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A random program as data: what the fuzzer draws, runs in several ways, shrinks and prints.
#pragma once

#include "runtime/base/ScheduleFields.h"
#include "runtime/kernels/Isa.h"
#include "runtime/ops/OpTable.h"

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace jit::fuzz {

/// Numbers drawn from a seed; the same on every machine.
class Random {
public:
  explicit Random(std::uint64_t seed) : engine(seed * 0x9e3779b97f4a7c15u + 0x1234567) {}
  std::uint64_t bits() { return engine(); }
  /// In [0, n).
  std::int64_t below(std::int64_t n) {
    return static_cast<std::int64_t>(engine() % static_cast<std::uint64_t>(n));
  }
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }
  bool percent(int chance) { return below(100) < chance; }
  template <class T> T &one_of(std::vector<T> &list) {
    return list[static_cast<std::size_t>(below(static_cast<std::int64_t>(list.size())))];
  }

private:
  std::mt19937_64 engine;
};

/// How an input tensor comes to be.
enum class Layout : std::uint8_t { contiguous, permuted, strided, flipped, repeated };
enum class Fill : std::uint8_t { edges, plain, positive, index, index_from_end };

struct InputSpec {
  DType dtype;
  DimList dims;
  Layout layout = Layout::contiguous;
  Fill fill = Fill::edges;
  std::int64_t bound = 0; ///< of index values
  int same_as = -1;       ///< number of the input whose handle this one copies
  bool adopted = false;   ///< memory of the user
  bool used = true;       ///< else nothing is made of it
};

/// What a run-time number may be; drawn anew for every call.
enum class Role : std::uint8_t { any, start, small, random_key, moderate };
struct NumberSpec {
  ScalarKind kind;
  Role role = Role::any;
  std::int64_t low = 0, high = 0; ///< of view starts, and of any integer if they differ; inclusive
};

struct Ref {
  enum Kind : std::uint8_t { value, input, variable, number } kind;
  std::uint32_t index;
  bool moved = false; ///< the handle is given away
};

enum class StepKind : std::uint8_t {
  op,        ///< runs `op` on `operands`; results are values first_value, ...
  observe,   ///< reads the bytes of `target`
  drop,      ///< lets the handle `target` go
  hand_over, ///< another thread reads `target`, this one waits for it
  lend,      ///< another thread reads `target` while this one goes on
  assign,    ///< Variable `variable` = `target`
  branch,    ///< the steps up to `end` run iff a bit of the observed `target` is set
  flag,      ///< the same for a flag of the call
  tape,      ///< a Tape records the steps up to `end`; the last of them is its gradient
  gradient,  ///< values first_value, ... = gradients of `target` with respect to `operands`
};

/// An op with results of the same types, which runs instead in calls that have the step's flag: to
/// the trace a sibling.
struct Variant {
  OpKind op;
  std::vector<std::int64_t> attrs;
  std::vector<Ref> operands;
};

struct Step {
  StepKind kind;
  OpKind op{};
  std::vector<std::int64_t> attrs{};
  std::vector<Ref> operands{};
  std::uint32_t first_value = 0;
  std::uint8_t results = 0;
  Ref target{Ref::value, 0};
  std::uint32_t variable = 0;
  std::uint32_t body = 0;          ///< steps that a branch, flag or tape holds
  std::vector<Variant> variants{}; ///< of an op: none or one
};

/// Steps that hold those after them.
constexpr bool has_body(StepKind kind) {
  return kind == StepKind::branch || kind == StepKind::flag || kind == StepKind::tape;
}
/// Steps that look at `target`.
constexpr bool has_target(StepKind kind) {
  return kind != StepKind::op && kind != StepKind::flag && kind != StepKind::tape;
}

/// How the process runs while the program runs.
struct Setting {
  int threads = 1;
  bool steady = false;          ///< calls differ in values and, if there are several, threads only
  std::vector<int> thread_list; ///< by call, round and round; empty: `threads`
  Isa isa = Isa::v3;
  std::vector<std::string> disabled;
  ScheduleChanges schedule;
  bool check = false;          ///< mode check instead of on
  bool every_position = false; ///< at the end a call for every op, with a flush behind it
  bool two_at_once = false;    ///< some calls run on two threads at the same time
  int turns = 0;               ///< percent of matched ops at which a run goes on eagerly
  bool defer_now = false;      ///< values that are held at an observation wait, from the first run
  bool interpret = false;      ///< the interpreter of the records is a third side
  bool on_device = false;      ///< the tensors of the traced side lie on a GPU
};

struct Program {
  std::uint64_t seed = 0;
  Setting setting;
  std::vector<InputSpec> inputs;
  std::vector<NumberSpec> numbers;
  std::vector<std::uint32_t> variables; ///< the input that each Variable starts with
  std::vector<Step> steps;
  std::uint32_t values = 0;
  std::vector<bool> held; ///< by value: still held when the traced call ends
  int calls = 8;
};

/// Strides of the tensor that is made for an input.
DimList strides_of(const InputSpec &spec);

/// Calls `use` with every Ref of the step.
template <class F> void for_each_ref(const Step &step, F use) {
  for (const Ref &operand : step.operands)
    use(operand);
  for (const Variant &variant : step.variants)
    for (const Ref &operand : variant.operands)
      use(operand);
  if (has_target(step.kind))
    use(step.target);
}

/// A valid program; every choice follows from the seed.
Program generate(std::uint64_t seed);
/// A program whose one tape can be checked by finite differences.
Program generate_differentiable(std::uint64_t seed);
/// Settings of long runs: the number goes through instruction sets, thread counts and passes left
/// out (none, each, all, some), with a flush at every position.
Setting combination(std::uint64_t number, Setting drawn);

/// Marks the inputs that a step or a Variable uses.
void mark_used_inputs(Program &program);

/// For people: settings, inputs, one step a line.
std::string to_text(const Program &program);

} // namespace jit::fuzz
