// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops that nearly equal another one: told apart by operands, numbers or attributes only.
#include "runtime/ops/Attributes.h"
#include "runtime/ops/Views.h"
#include "test/fuzz/Generator.h"
#include "test/fuzz/Run.h"

#include <algorithm>

namespace jit::fuzz {

/// One word changed so that the words stay well formed.
static void change_word(const OpInfo &op, std::vector<std::int64_t> &words, Random &random) {
  if (words.empty())
    return;
  const auto at = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(words.size())));
  const std::vector<std::int64_t> before = words;
  if (random.percent(30))
    words[at] =
        before[static_cast<std::size_t>(random.below(static_cast<std::int64_t>(before.size())))];
  else
    words[at] += random.percent(50) ? 1 : -1;
  if (!attrs_well_formed(op, words))
    words = before;
}

static bool is_same(const Ref &a, const Ref &b) { return a.kind == b.kind && a.index == b.index; }

Variant Generator::draw_variant(const Step &step) {
  Variant variant{step.op, step.attrs, step.operands};
  const bool has_operands = !variant.operands.empty();
  const bool attribute = !variant.attrs.empty() && random.percent(50);
  switch (attribute ? 0 : random.between(1, 3)) {
  case 0:
    change_word(info(step.op), variant.attrs, random);
    break;
  case 1:
    if (has_operands) {
      Ref &operand = random.one_of(variant.operands);
      operand = operand.kind == Ref::number ? any_number() : pick();
    }
    break;
  case 2:
    std::ranges::reverse(variant.operands);
    break;
  case 3: {
    std::vector<OpKind> alike;
    for (const OpInfo &other : all_ops())
      if (other.family == info(step.op).family && other.attrs.size() == info(step.op).attrs.size())
        alike.push_back(other.kind);
    variant.op = random.one_of(alike);
    if (!attrs_well_formed(info(variant.op), variant.attrs))
      variant.op = step.op;
  }
  }
  return variant;
}

/// Whether the variant has results of these types.
bool Generator::fits(const Variant &variant, const Inferred &results) const {
  if (info(variant.op).index_check)
    return false;
  std::vector<OperandType> types;
  for (const Ref &ref : variant.operands)
    types.push_back(operand_type(ref));
  Inferred inferred;
  if (infer({variant.op, variant.attrs, types}, inferred) || inferred.count != results.count)
    return false;
  for (std::uint8_t r = 0; r < results.count; ++r) {
    const ResultType &a = results.results[r], &b = inferred.results[r];
    if (a.dtype != b.dtype || !std::ranges::equal(Dims(a.dims), Dims(b.dims)))
      return false;
  }
  return true;
}

void Generator::add_variant(Step &step, const Inferred &results) {
  // A variant must not fail: indices may be out of the bounds of another axis.
  if (info(step.op).index_check || has_starts(step.op))
    return;
  for (int attempt = 0; attempt < 6; ++attempt) {
    Variant variant = draw_variant(step);
    const bool same = variant.op == step.op && variant.attrs == step.attrs &&
                      std::ranges::equal(variant.operands, step.operands, is_same);
    if (!same && fits(variant, results)) {
      std::vector<OperandType> types;
      for (const Ref &ref : variant.operands)
        types.push_back(operand_type(ref));
      keep_in_range(program, variant.op, types, variant.operands);
      step.variants.push_back(std::move(variant));
      return;
    }
  }
}

/// Runs the op, if it is valid, and reads its result.
void Generator::add_observed(const Variant &op) {
  if (!add_op(op.op, op.attrs, op.operands))
    return;
  Step look{StepKind::observe};
  look.target = {Ref::value, program.values - 1};
  program.steps.push_back(look);
}

/// An op, and behind it in some calls one that resembles it, in the others itself. Unlike variants
/// they need not give results of one type.
void Generator::siblings() {
  const std::size_t before = program.steps.size();
  if (random.percent(40))
    add_op(random.percent(50) ? OpKind::add : OpKind::maximum, {},
           {pick_any_dtype(), any_number()});
  else
    draw_op();
  if (scope > 0 || program.steps.size() == before || program.steps.back().kind != StepKind::op)
    return;
  const Step base = program.steps.back();
  if (info(base.op).index_check || has_starts(base.op))
    return;
  const std::size_t at = program.steps.size();
  program.steps.push_back({StepKind::flag});
  ++scope;
  for (int attempt = 0; attempt < 4 && program.steps.size() == at + 1; ++attempt)
    if (const Variant variant = draw_variant(base); !info(variant.op).index_check)
      add_observed(variant);
  --scope;
  program.steps[at].body = static_cast<std::uint32_t>(program.steps.size() - at - 1);
  std::erase_if(handles, [&](const Handle &handle) { return handle.scope > scope; });
  add_observed({base.op, base.attrs, base.operands});
}

} // namespace jit::fuzz
