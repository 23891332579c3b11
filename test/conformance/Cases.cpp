// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/conformance/Cases.h"

#include "runtime/ops/Attributes.h"
#include "runtime/ops/Views.h"
#include "test/conformance/KernelCheck.h"
#include "test/fuzz/Run.h"

#include <gtest/gtest.h>
#include <map>

namespace jit::conformance {
namespace {

using fuzz::Fill;
using fuzz::InputSpec;
using fuzz::NumberSpec;
using fuzz::Program;
using fuzz::Ref;
using fuzz::Role;
using fuzz::Step;
using fuzz::StepKind;
using Operand = SampleOperand;

/// Extents of a sample and what stands for them. Operands of a sample that share an axis share its
/// extent, so the same replacement everywhere keeps the call valid, mostly; `infer` decides.
using Extents = std::map<std::int64_t, std::int64_t>;

/// Collects cases of one op and dtype into one program, so that they are compiled together.
class Cases {
public:
  Cases(const Sample &sample, DType dtype)
      : op(info(sample.op)), dtype(dtype), operands(read_operands(sample.operands)) {
    EXPECT_EQ(attrs_from_string(op, sample.attrs, words), std::nullopt) << op.name;
  }

  /// The first sample of an op goes through everything, the others through what differs.
  void add_all(bool first) {
    for (const Layout layout : all_layouts)
      if (first || layout == Layout::contiguous || layout == Layout::permuted)
        add({}, layout, words, false);
    Extents primes, ones;
    std::size_t number = 0;
    for (const Operand &operand : operands)
      for (const std::int64_t extent : Dims(operand.dims))
        if (extent > 1)
          primes[extent] = 0, ones[extent] = 1;
    static constexpr std::int64_t some_primes[] = {67, 37, 17, 13, 11};
    for (auto &[extent, to] : primes)
      to = some_primes[number++ % std::size(some_primes)];
    add(primes, Layout::permuted, words, false);
    add(ones, Layout::contiguous, words, false);
    for (const auto &[extent, to] : primes)
      add({{extent, 0}}, Layout::contiguous, words, false);
    if (first) {
      add(primes, Layout::contiguous, words, false);
      for (const auto &[extent, to] : primes) {
        add({{extent, 1}}, Layout::strided, words, false);
        add({{extent, 4099}}, Layout::contiguous, words, false);
      }
      add({}, Layout::contiguous, words, true);
      add_dtypes();
    }
    fuzz::mark_used_inputs(program);
  }

  Program program;

private:
  using Layout = fuzz::Layout;
  static constexpr Layout all_layouts[] = {Layout::contiguous, Layout::permuted, Layout::strided,
                                           Layout::flipped, Layout::repeated};

  /// Attribute dtype takes every value.
  void add_dtypes() {
    std::size_t place = 0;
    for (const AttrField &field : op.attrs) {
      if (field.kind == AttrKind::dtype)
        for (const DType each : all_dtypes) {
          std::vector<std::int64_t> changed = words;
          changed[place] = static_cast<std::int64_t>(each);
          add({}, Layout::contiguous, changed, false);
        }
      place += field.kind == AttrKind::list ? 1 + static_cast<std::size_t>(words[place]) : 1;
    }
  }

  /// One call. Rank 0: every tensor loses its axes, every list its items.
  void add(const Extents &extents, Layout layout, std::vector<std::int64_t> attrs, bool rank_0) {
    if (rank_0)
      attrs = without_lists(attrs);
    Step step{StepKind::op, op.kind, attrs};
    const std::size_t inputs_before = program.inputs.size();
    std::vector<OperandType> types;
    for (const Operand &operand : operands) {
      if (operand.is_number) {
        program.numbers.push_back(number(operand));
        step.operands.push_back({Ref::number, last(program.numbers)});
        types.push_back({nullptr, operand.kind});
        continue;
      }
      InputSpec spec{operand.dtype.value_or(dtype), {}};
      for (const std::int64_t extent : Dims(operand.dims)) {
        const auto found = extents.find(extent);
        if (!rank_0)
          spec.dims.push_back(found == extents.end() ? extent : found->second);
      }
      spec.layout = spec.dims.size() > 0 ? layout : Layout::contiguous;
      spec.fill = program.values % 2 ? Fill::edges : Fill::plain;
      program.inputs.push_back(spec);
      step.operands.push_back({Ref::input, last(program.inputs)});
      types.push_back({intern_meta(spec.dtype, spec.dims, fuzz::strides_of(spec))});
    }
    Inferred inferred;
    if (infer({op.kind, attrs, types}, inferred) || !starts_fit(attrs, types) ||
        !bound_indices(attrs, types, inputs_before))
      return;
    fuzz::keep_in_range(program, op.kind, types, step.operands);
    add_step(std::move(step), inferred.count);
    if (op.family == Family::view) // and something that reads through the view
      add_step({StepKind::op, OpKind::maximum, {}, {last_value(), last_value()}}, 1);
  }

  Ref last_value() const { return {Ref::value, program.values - 1}; }
  template <class List> static std::uint32_t last(const List &list) {
    return static_cast<std::uint32_t>(list.size() - 1);
  }

  void add_step(Step step, std::uint8_t results) {
    step.first_value = program.values;
    step.results = results;
    program.values += results;
    program.held.resize(program.values, true);
    program.steps.push_back(std::move(step));
  }

  NumberSpec number(const Operand &operand) const {
    const auto value = static_cast<std::int64_t>(operand.value);
    if (has_starts(op.kind))
      return {operand.kind, Role::start, value, value};
    if (op.family == Family::row)
      return {operand.kind, Role::small};
    return {operand.kind, op.family == Family::creation && op.kind != OpKind::full
                              ? Role::random_key
                              : Role::any};
  }

  std::vector<std::int64_t> without_lists(const std::vector<std::int64_t> &from) const {
    std::vector<std::int64_t> out;
    std::size_t place = 0;
    for (const AttrField &field : op.attrs) {
      const bool list = field.kind == AttrKind::list;
      out.push_back(list ? 0 : from[place]);
      place += list ? 1 + static_cast<std::size_t>(from[place]) : 1;
    }
    return out;
  }

  /// Starts of slices are run-time numbers, which infer does not see.
  bool starts_fit(const std::vector<std::int64_t> &attrs, const std::vector<OperandType> &types) {
    if (!has_starts(op.kind))
      return true;
    DimList starts;
    for (const Operand &operand : operands)
      if (operand.is_number)
        starts.push_back(static_cast<std::int64_t>(operand.value));
    return !check_starts({op.kind, attrs, types}, starts);
  }

  bool bound_indices(const std::vector<std::int64_t> &attrs, const std::vector<OperandType> &types,
                     std::size_t first_input) {
    if (!op.index_check)
      return true;
    InputSpec &index = program.inputs[first_input + op.index_check->operand];
    index.fill = op.index_check->from_end ? Fill::index_from_end : Fill::index;
    index.bound = op.index_check->bound({op.kind, attrs, types});
    return index.bound > 0;
  }

  const OpInfo &op;
  DType dtype;
  std::vector<Operand> operands;
  std::vector<std::int64_t> words;
};

} // namespace

fuzz::Program cases_of(const Sample &sample, DType dtype, bool first) {
  Cases cases(sample, dtype);
  cases.add_all(first);
  return std::move(cases.program);
}

} // namespace jit::conformance
