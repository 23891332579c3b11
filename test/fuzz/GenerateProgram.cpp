// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Drawing programs: steps around the ops, and what is held.
#include "test/fuzz/Generator.h"
#include "test/fuzz/Run.h"

#include <algorithm>

namespace jit::fuzz {

const Meta *Generator::meta_of(const Ref &ref) const {
  switch (ref.kind) {
  case Ref::value:
    return value_metas[ref.index];
  case Ref::input:
    return input_metas[ref.index];
  case Ref::variable:
    return variable_metas[ref.index];
  case Ref::number:
    return nullptr;
  }
  return nullptr;
}

OperandType Generator::operand_type(const Ref &ref) const {
  return ref.kind == Ref::number ? OperandType{nullptr, program.numbers[ref.index].kind}
                                 : OperandType{meta_of(ref), ScalarKind::floating};
}

/// A handle that is in force, recent ones more often; a new input now and then.
Ref Generator::pick() {
  if (handles.empty() || random.percent(8))
    return add_input(draw_dtype(), draw_dims(max_size));
  std::int64_t count = static_cast<std::int64_t>(handles.size());
  std::int64_t place = random.below(count);
  if (random.percent(60))
    place = std::max(place, random.below(count));
  return handles[static_cast<std::size_t>(place)].ref;
}

bool Generator::add_op(OpKind op, std::vector<std::int64_t> attrs, std::vector<Ref> operands) {
  std::vector<OperandType> types;
  for (const Ref &ref : operands)
    types.push_back(operand_type(ref));
  Inferred inferred;
  if (infer({op, attrs, types}, inferred))
    return false;
  for (std::uint8_t r = 0; r < inferred.count; ++r)
    if (*checked_size(inferred.results[r].dtype, inferred.results[r].dims) > 2 * max_size)
      return false;
  keep_in_range(program, op, types, operands);
  Step step{StepKind::op, op, std::move(attrs), std::move(operands)};
  step.first_value = program.values;
  step.results = inferred.count;
  if (!differentiable && random.percent(12))
    add_variant(step, inferred);
  for (std::uint8_t r = 0; r < inferred.count; ++r) {
    const ResultType &type = inferred.results[r];
    value_metas.push_back(intern_meta(type.dtype, type.dims, type.strides));
    handles.push_back({{Ref::value, program.values}, value_metas.back(), scope});
    ++program.values;
  }
  program.steps.push_back(std::move(step));
  return true;
}

bool Generator::in_force(const Ref &ref) const {
  return std::ranges::any_of(handles, [&](const Handle &handle) {
    return handle.ref.kind == ref.kind && handle.ref.index == ref.index;
  });
}

void Generator::forget(const Ref &ref) {
  std::erase_if(handles, [&](const Handle &handle) {
    return handle.ref.kind == ref.kind && handle.ref.index == ref.index;
  });
}

/// Values only: inputs may be copies of each other, Variables stay.
void Generator::add_drop() {
  const Ref ref = pick();
  const bool guarded = scope > 0;
  // Behind a guard only what was made there may go, or the handles would depend on the branch.
  const auto handle = std::find_if(handles.begin(), handles.end(), [&](const Handle &h) {
    return h.ref.kind == ref.kind && h.ref.index == ref.index;
  });
  if (ref.kind == Ref::variable || (guarded && handle->scope != scope))
    return;
  Step step{StepKind::drop};
  step.target = ref;
  program.steps.push_back(step);
  forget(ref);
}

void Generator::add_look(StepKind kind) {
  Step step{kind};
  step.target = pick();
  program.steps.push_back(step);
}

void Generator::add_assign() {
  if (program.variables.empty())
    return;
  const auto variable =
      static_cast<std::uint32_t>(random.below(static_cast<std::int64_t>(program.variables.size())));
  const Meta *wanted = variable_metas[variable];
  for (std::size_t i = handles.size(); i-- > 0;) {
    const Handle &handle = handles[i];
    if (handle.ref.kind != Ref::value || handle.meta != wanted)
      continue;
    Step step{StepKind::assign};
    step.target = handle.ref;
    step.variable = variable;
    program.steps.push_back(step);
    return;
  }
}

void Generator::add_guarded() {
  if (scope > 0)
    return;
  Step step{random.percent(50) ? StepKind::branch : StepKind::flag};
  step.target = pick();
  const std::size_t at = program.steps.size();
  program.steps.push_back(step);
  ++scope;
  for (std::int64_t n = random.between(1, 4); n > 0; --n)
    add_something();
  --scope;
  program.steps[at].body = static_cast<std::uint32_t>(program.steps.size() - at - 1);
  std::erase_if(handles, [&](const Handle &handle) { return handle.scope > scope; });
}

/// A Tape around some steps, now and then around another one: then gradients of gradients.
void Generator::add_recorded() {
  if (tapes == 2)
    return;
  const std::size_t at = program.steps.size();
  const std::uint32_t first_value = program.values;
  program.steps.push_back({StepKind::tape});
  ++tapes;
  for (std::int64_t n = random.between(2, 8); n > 0; --n)
    add_something();
  --tapes;
  if (add_gradient(first_value))
    program.steps[at].body = static_cast<std::uint32_t>(program.steps.size() - at - 1);
  else
    program.steps.erase(program.steps.begin() + static_cast<std::ptrdiff_t>(at));
}

/// Of a value made since `first_value`, with respect to anything. False if there is none.
bool Generator::add_gradient(std::uint32_t first_value) {
  std::vector<Ref> targets, sources;
  for (const Handle &handle : handles)
    if ((handle.meta->dtype == DType::f32 && !differentiable) || handle.meta->dtype == DType::f64) {
      sources.push_back(handle.ref);
      if (handle.ref.kind == Ref::value && handle.ref.index >= first_value)
        targets.push_back(handle.ref);
    }
  if (targets.empty())
    return false;
  Step step{StepKind::gradient};
  step.target = random.percent(50) || differentiable ? targets.back() : random.one_of(targets);
  for (std::int64_t n = random.between(1, 3); n > 0 && !differentiable; --n)
    step.operands.push_back(random.one_of(sources));
  for (const Ref &source : sources)
    if (differentiable && source.kind == Ref::input)
      step.operands.push_back(source);
  step.first_value = program.values;
  step.results = static_cast<std::uint8_t>(step.operands.size());
  for (const Ref &source : step.operands) {
    const Meta &meta = *meta_of(source);
    value_metas.push_back(intern_contiguous(meta.dtype, meta.dims()));
    handles.push_back({{Ref::value, program.values++}, value_metas.back(), scope});
  }
  program.steps.push_back(std::move(step));
  return true;
}

void Generator::add_something() {
  const std::int64_t draw = random.below(100);
  if (draw < 4)
    add_look(StepKind::observe);
  else if (draw < 5)
    add_look(random.percent(50) ? StepKind::hand_over : StepKind::lend);
  else if (draw < 15)
    add_drop();
  else if (draw < 20)
    add_assign();
  else if (draw < 22)
    add_guarded();
  else if (draw < 26)
    add_recorded();
  else if (draw < 38)
    draw_idiom();
  else
    draw_op();
}

/// The last value that no branch makes and nobody lets go of.
std::optional<std::uint32_t> Generator::last_value_at_hand() const {
  std::optional<std::uint32_t> last;
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    const Step &step = program.steps[i];
    if (step.kind == StepKind::branch || step.kind == StepKind::flag)
      i += step.body;
    for (std::uint32_t v = step.first_value; v < step.first_value + step.results; ++v)
      if (value_metas[v]->size > 0 && in_force({Ref::value, v}))
        last = v;
  }
  return last;
}

Program Generator::draw() {
  const std::int64_t first_inputs = random.between(1, 3);
  for (std::int64_t i = 0; i < first_inputs; ++i)
    add_input(draw_dtype(), draw_dims(max_size));
  if (random.percent(25)) { // the same tensor twice
    const auto original = static_cast<std::uint32_t>(random.below(first_inputs));
    program.inputs.push_back(program.inputs[original]);
    program.inputs.back().same_as = static_cast<int>(original);
    input_metas.push_back(input_metas[original]);
    handles.push_back(
        {{Ref::input, static_cast<std::uint32_t>(first_inputs)}, input_metas.back(), 0});
  }
  for (std::int64_t n = random.percent(35) ? random.between(1, 2) : 0; n > 0; --n) {
    const auto input = static_cast<std::uint32_t>(random.below(first_inputs));
    program.variables.push_back(input);
    variable_metas.push_back(
        intern_contiguous(program.inputs[input].dtype, program.inputs[input].dims));
    handles.push_back({{Ref::variable, static_cast<std::uint32_t>(program.variables.size() - 1)},
                       variable_metas.back(),
                       0});
  }
  if (random.percent(50))
    return draw_short();
  const std::int64_t ops = random.percent(20) ? random.between(15, 60) : random.between(3, 14);
  while (std::ranges::count(program.steps, StepKind::op, &Step::kind) < ops)
    add_something();
  return finish();
}

/// A few idioms only: many of these run in the time of one long program.
Program Generator::draw_short() {
  is_short = true;
  max_size = std::min<std::int64_t>(max_size, 300);
  do
    draw_idiom();
  while (random.percent(60) || program.steps.empty());
  if (random.percent(20))
    add_drop();
  return finish();
}

Program Generator::finish() {
  give_away();
  if (!last_value_at_hand()) {
    const Ref x = add_input(DType::f32, {random.between(1, 40)});
    apply(OpKind::add, {x, x});
  }
  // Some values are held, and the last one that is there in every call: else nothing would run.
  program.held.resize(program.values);
  const std::optional<std::uint32_t> last = last_value_at_hand();
  const int chance = is_short ? 70 : random.percent(30) ? 60 : 15;
  for (std::uint32_t v = 0; v < program.values; ++v)
    program.held[v] = v == last || random.percent(chance);
  program.calls = static_cast<int>(random.between(7, 10));
  if (random.percent(10)) // the first passes are timed, and matched another way
    program.calls += 16;
  mark_used_inputs(program);
  return std::move(program);
}

/// Whether another input is a copy of this one's handle, or this one a copy.
bool Generator::is_shared(std::uint32_t input) const {
  return program.inputs[input].same_as >= 0 ||
         std::ranges::any_of(program.inputs, [&](const InputSpec &other) {
           return other.same_as == static_cast<int>(input);
         });
}

/// Handles that nobody uses later are sometimes moved into the op, as temporaries are.
void Generator::give_away() {
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    Step &step = program.steps[i];
    // Under a guard the op may not run.
    if (step.kind == StepKind::branch || step.kind == StepKind::flag)
      i += step.body;
    if (step.kind != StepKind::op)
      continue;
    for (Ref &operand : step.operands) {
      const bool own =
          operand.kind == Ref::value || (operand.kind == Ref::input && !is_shared(operand.index));
      if (!own || !random.percent(20))
        continue;
      int uses = 0;
      for (std::size_t j = i; j < program.steps.size(); ++j) {
        const auto is_it = [&](const Ref &ref) {
          return ref.kind == operand.kind && ref.index == operand.index;
        };
        for_each_ref(program.steps[j], [&](const Ref &ref) { uses += is_it(ref); });
      }
      operand.moved = uses == 1;
      if (operand.moved)
        forget(operand); // a step that is added yet may not use it
    }
  }
}

void mark_used_inputs(Program &program) {
  for (InputSpec &input : program.inputs)
    input.used = false;
  const auto use = [&](const Ref &ref) {
    if (ref.kind == Ref::input)
      program.inputs[ref.index].used = true;
  };
  for (const Step &step : program.steps)
    for_each_ref(step, use);
  for (const std::uint32_t input : program.variables)
    program.inputs[input].used = true;
  for (const InputSpec &input : program.inputs)
    if (input.used && input.same_as >= 0)
      program.inputs[static_cast<std::size_t>(input.same_as)].used = true;
}

Program Generator::draw_differentiable() {
  differentiable = true;
  max_size = 40;
  program.setting = {};
  for (std::int64_t n = random.between(1, 3); n > 0; --n)
    add_input(DType::f64, draw_dims(max_size));
  program.steps.push_back({StepKind::tape});
  for (std::int64_t n = random.between(1, 5); n > 0; --n)
    draw_op();
  if (!add_gradient(0))
    program.steps.clear();
  else
    program.steps[0].body = static_cast<std::uint32_t>(program.steps.size() - 1);
  program.held.assign(program.values, true);
  mark_used_inputs(program);
  return std::move(program);
}

Program generate_differentiable(std::uint64_t seed) {
  return Generator(seed).draw_differentiable();
}

Program generate(std::uint64_t seed) { return Generator(seed).draw(); }

} // namespace jit::fuzz
