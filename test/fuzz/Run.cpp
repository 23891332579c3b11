// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Running the steps of a program.
#include "test/fuzz/Run.h"
#include "runtime/eager/Dispatch.h"
#include "test/conformance/Elements.h"

#include <algorithm>
#include <cmath>
#include <future>
#include <numeric>
#include <random>

namespace jit::fuzz {

void Outcome::add(std::string label, Value value) {
  labels.push_back(std::move(label));
  values.push_back(std::move(value));
}

std::string difference(const Outcome &expected, const Outcome &got) {
  if (expected.error != got.error)
    return "expected " + (expected.error.empty() ? "no exception" : expected.error) + ", got " +
           (got.error.empty() ? "none" : got.error);
  for (std::size_t i = 0; i < std::min(expected.values.size(), got.values.size()); ++i) {
    const Value &a = expected.values[i], &b = got.values[i];
    if (expected.labels[i] != got.labels[i])
      return "expected " + expected.labels[i] + ", got " + got.labels[i];
    if (a.dtype != b.dtype || !std::ranges::equal(Dims(a.dims), Dims(b.dims)))
      return expected.labels[i] + ": expected " + describe(a.dtype, a.dims) + ", got " +
             describe(b.dtype, b.dims);
    if (std::string text = conformance::difference(a, b); !text.empty())
      return expected.labels[i] + " " + describe(a.dtype, a.dims) + ": " + text;
  }
  if (expected.values.size() != got.values.size())
    return "expected " + std::to_string(expected.values.size()) + " values, got " +
           std::to_string(got.values.size());
  return "";
}

Run::Run(const Program &program, const Call &call, State &state, bool interpret)
    : values(program.values), program(program), call(call), state(state), interpreting(interpret),
      inputs(make_inputs(program, call)), numbers(make_numbers(program, call.seed)) {}

const Tensor &Run::tensor(const Ref &ref) {
  return ref.kind == Ref::variable ? state.variables[ref.index].value() : handle(ref);
}

Tensor &Run::handle(const Ref &ref) {
  return ref.kind == Ref::value ? values[ref.index] : inputs[ref.index];
}

/// A bit that depends on every element, the same for all NaN.
static bool some_bit(const Value &value) {
  std::uint64_t hash = 0;
  conformance::visit(value.dtype, [&](auto type) {
    for (std::int64_t i = 0; i < value.size(); ++i) {
      const auto x = value.at<decltype(type)>(i);
      std::uint64_t bits = 0;
      std::memcpy(&bits, &x, sizeof x);
      if (x != x)
        bits = 1;
      hash = (hash + bits) * 0x9e3779b97f4a7c15u;
    }
  });
  return hash >> 63;
}

bool Run::guard_open(const Step &step, std::size_t number) {
  if (step.kind == StepKind::flag)
    return call.flags >> (number % 64) & 1;
  const Value value = read(tensor(step.target), site_of(number));
  const bool open = some_bit(value);
  outcome.add("branch at step " + std::to_string(number), value);
  return open;
}

void Run::interpret_op(const Variant &op, std::uint32_t first_value,
                       const std::vector<Value> &operands) {
  if (info(op.op).family == Family::view && op.op != OpKind::reshape)
    return;
  const std::vector<Value> expected = conformance::interpret(op.op, op.attrs, operands);
  for (std::size_t r = 0; r < expected.size(); ++r) {
    const Value got = read(values[first_value + r], site_of(0));
    if (std::string text = conformance::difference(expected[r], got); !text.empty())
      outcome.error = "the interpreter differs from eager at " + std::string(info(op.op).name) +
                      ", value " + std::to_string(first_value + r) + ": " + text;
  }
}

void Run::run_op(const Step &step, std::size_t number) {
  const std::source_location &site = site_of(number);
  const bool varied = !step.variants.empty() && call.flags >> (number % 64) & 1;
  const Variant chosen = varied ? step.variants[0] : Variant{step.op, step.attrs, step.operands};
  std::vector<Value> seen;
  std::vector<Operand> operands;
  operands.reserve(chosen.operands.size());
  for (const Ref &ref : chosen.operands) {
    if (interpreting)
      seen.push_back(ref.kind == Ref::number ? Value(numbers[ref.index])
                                             : read(tensor(ref), site_of(0)));
    if (ref.kind == Ref::number)
      operands.emplace_back(numbers[ref.index], site);
    else if (ref.moved)
      operands.emplace_back(std::move(handle(ref)), site);
    else
      operands.emplace_back(tensor(ref), site);
  }
  if (step.results == 1)
    values[step.first_value] = operands.empty()
                                   ? detail::dispatch_at(site, chosen.op, chosen.attrs)
                                   : detail::dispatch(chosen.op, chosen.attrs, operands);
  else
    detail::dispatch_several(chosen.op, chosen.attrs, operands,
                             std::span(values).subspan(step.first_value, step.results));
  if (interpreting)
    interpret_op(chosen, step.first_value, seen);
}

/// Another thread computes with the value and reads the result.
std::future<Value> Run::read_elsewhere(const Step &step) {
  return std::async(std::launch::async, [shared = tensor(step.target)] {
    const Tensor twice = concat({shared.ndim() ? shared : reshape(shared, {1}),
                                 shared.ndim() ? shared : reshape(shared, {1})});
    return read(twice, std::source_location::current());
  });
}

/// The steps behind a tape. What it watches is known from its gradient, unless that was shrunk
/// away.
void Run::run_recorded(std::size_t number) {
  const std::size_t end = number + 1 + program.steps[number].body;
  const Step &last = program.steps[end - 1];
  if (last.kind != StepKind::gradient)
    return run_steps(number + 1, end, nullptr);
  Tape tape;
  for (const Ref &source : last.operands)
    if (!tensor(source).empty()) // else it is made on the way
      tape.watch(tensor(source));
  run_steps(number + 1, end, &tape);
}

void Run::take_gradients(const Step &step, Tape &tape, const std::source_location &site) {
  std::vector<Tensor> sources;
  for (const Ref &source : step.operands) {
    sources.push_back(tensor(source));
    tape.watch(sources.back()); // no error if nothing led to it
  }
  std::vector<Tensor> found = tape.gradient(tensor(step.target), sources, site);
  std::ranges::move(found, values.begin() + step.first_value);
}

void Run::run_steps(std::size_t begin, std::size_t end, Tape *tape) {
  for (std::size_t i = begin; i < end; ++i) {
    const Step &step = program.steps[i];
    if (static_cast<int>(i) == call.throw_at)
      throw HostException();
    switch (step.kind) {
    case StepKind::op:
      run_op(step, i);
      break;
    case StepKind::observe:
      outcome.add("observed at step " + std::to_string(i), read(tensor(step.target), site_of(i)));
      break;
    case StepKind::drop:
      handle(step.target) = Tensor();
      break;
    case StepKind::hand_over:
      outcome.add("handed over", read_elsewhere(step).get());
      break;
    case StepKind::lend:
      lent.push_back(read_elsewhere(step));
      break;
    case StepKind::assign:
      state.variables[step.variable] = values[step.target.index];
      break;
    case StepKind::branch:
    case StepKind::flag:
      if (!guard_open(step, i))
        i += step.body;
      break;
    case StepKind::tape:
      run_recorded(i);
      i += step.body;
      break;
    case StepKind::gradient:
      take_gradients(step, *tape, site_of(i));
      break;
    }
  }
}

void Run::body() {
  run_steps(0, program.steps.size(), nullptr);
  // As locals do, last made first; or in any order.
  std::vector<std::size_t> order(values.size());
  std::iota(order.rbegin(), order.rend(), std::size_t(0));
  if (call.seed % 2)
    std::shuffle(order.begin(), order.end(), std::mt19937_64(call.seed));
  for (const std::size_t v : order)
    if (!call.held[v])
      values[v] = Tensor();
}

void Run::look_at_the_rest() {
  const auto site = std::source_location::current();
  for (std::future<Value> &reader : lent)
    outcome.add("lent", reader.get());
  for (std::size_t v = 0; v < values.size(); ++v)
    if (!values[v].empty())
      outcome.add("value " + std::to_string(v), read(values[v], site));
  for (std::size_t i = 0; i < inputs.size(); ++i)
    if (!inputs[i].empty())
      outcome.add("input " + std::to_string(i), read(inputs[i], site));
  for (std::size_t i = 0; i < state.variables.size(); ++i)
    outcome.add("variable " + std::to_string(i), read(state.variables[i].value(), site));
}

} // namespace jit::fuzz
