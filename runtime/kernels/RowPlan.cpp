// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/RowPlan.h"

#include <algorithm>

namespace jit {

namespace {

std::uint8_t add_number(RowPlan &plan, Scalar number) noexcept {
  RowValue &value = plan.values[plan.value_count];
  value.extent = RowValue::number;
  value.dtype = plan.dtype;
  value.value = ScalarValue(number, plan.dtype);
  return static_cast<std::uint8_t>(plan.value_count++);
}

std::uint8_t resolve(RowPlan &plan, const BodyOperand &operand) noexcept {
  switch (operand.kind) {
  case BodyOperand::operand:
    return operand.index;
  case BodyOperand::step:
    return static_cast<std::uint8_t>(plan.steps[operand.index].result + operand.result);
  case BodyOperand::constant:
    break;
  }
  return add_number(plan, operand.value);
}

void add_step(const KernelTable &table, RowPlan &plan, const BodyStep &body) noexcept {
  const OpInfo &op = info(body.op);
  RowStep &step = plan.steps[plan.step_count];
  step.op = body.op;
  step.operand_count = 0;
  RowValue::Extent extent = RowValue::number;
  for (const BodyOperand &operand : body.operands) {
    const std::uint8_t value = resolve(plan, operand);
    step.operands[step.operand_count++] = value;
    extent = std::max(extent, plan.values[value].extent);
  }
  const bool reduction = op.family == Family::reduction;
  const bool truth = op.types == TypeRule::comparison || op.types == TypeRule::logical;
  const DType compute = op.types == TypeRule::logical ? DType::boolean : plan.dtype;
  step.loop = reduction ? nullptr : table.element[slot(op.scalar)][slot(compute)];
  step.result = static_cast<std::uint8_t>(plan.value_count);
  for (int i = 0; i < op.results; ++i) {
    RowValue &value = plan.values[plan.value_count++];
    value.extent = reduction ? RowValue::column : extent;
    value.dtype = truth ? DType::boolean : plan.dtype;
  }
  ++plan.step_count;
}

/// Gives every value of the workspace a place. An elementwise step may write where an operand of
/// the same dtype is read for the last time.
void assign_places(RowPlan &plan) noexcept {
  int last_use[max_values] = {};
  for (int i = 0; i < plan.step_count; ++i)
    for (int k = 0; k < plan.steps[i].operand_count; ++k)
      last_use[plan.steps[i].operands[k]] = i;
  bool taken[max_values] = {};
  const auto take_place = [&](RowValue &value) {
    int place = 0;
    while (taken[place])
      ++place;
    taken[place] = true;
    value.place = static_cast<std::int8_t>(place);
    plan.element_places = std::max(plan.element_places, place + 1);
  };
  for (int i = 0; i < plan.steps[0].result; ++i)
    if (plan.values[i].extent == RowValue::element)
      take_place(plan.values[i]);
  for (int i = 0; i < plan.step_count; ++i) {
    const RowStep &step = plan.steps[i];
    const int results = info(step.op).results;
    const auto release = [&](bool before) {
      for (int k = 0; k < step.operand_count; ++k) {
        const RowValue &operand = plan.values[step.operands[k]];
        const bool in_place =
            step.loop != nullptr && operand.dtype == plan.values[step.result].dtype;
        if (operand.extent == RowValue::element && last_use[step.operands[k]] == i &&
            in_place == before)
          taken[operand.place] = false;
      }
    };
    release(true);
    for (int k = 0; k < results; ++k) {
      RowValue &value = plan.values[step.result + k];
      if (value.extent == RowValue::element)
        take_place(value);
      else
        value.place = static_cast<std::int8_t>(plan.column_places++);
    }
    release(false);
  }
}

} // namespace

RowPlan make_row_plan(const KernelTable &table, const OpInfo &op, const KernelCall &call) noexcept {
  RowPlan plan;
  plan.dtype = call.results[0].meta->dtype;
  for (const KernelOperand &operand : call.operands) {
    RowValue &value = plan.values[add_number(plan, operand.scalar)];
    if (operand.meta != nullptr)
      value.extent = RowValue::element;
  }
  for (const BodyStep &step : op.body)
    add_step(table, plan, step);
  plan.result = plan.steps[plan.step_count - 1].result;
  assign_places(plan);
  return plan;
}

} // namespace jit
