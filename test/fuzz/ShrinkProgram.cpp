// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Making a failing program small: steps, settings and calls are dropped while it still fails.
#include "test/fuzz/Check.h"

#include <algorithm>
#include <set>

namespace jit::fuzz {
namespace {

using Judge = bool (*)(const Program &);

/// Without steps [first, first + count) and what depends on their values.
Program without(const Program &program, std::size_t first, std::size_t count) {
  Program out = program;
  out.steps.clear();
  std::set<std::uint32_t> gone;
  const auto lost = [&](const Ref &ref) {
    return ref.kind == Ref::value && gone.contains(ref.index);
  };
  struct Open {
    std::size_t at, end;
  };
  std::vector<Open> open;
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    const auto close = [&] {
      while (!open.empty() && open.back().end <= i) {
        out.steps[open.back().at].body =
            static_cast<std::uint32_t>(out.steps.size() - open.back().at - 1);
        open.pop_back();
      }
    };
    close();
    const Step &step = program.steps[i];
    const bool guard = has_body(step.kind);
    bool drop = i >= first && i < first + count;
    drop |=
        std::ranges::any_of(step.operands, lost) || (has_target(step.kind) && lost(step.target));
    if (drop && guard) { // with its body
      for (std::size_t j = i + 1; j <= i + step.body; ++j)
        for (std::uint8_t r = 0; r < program.steps[j].results; ++r)
          gone.insert(program.steps[j].first_value + r);
      i += step.body;
      continue;
    }
    if (drop) {
      for (std::uint8_t r = 0; r < step.results; ++r)
        gone.insert(step.first_value + r);
      continue;
    }
    if (guard)
      open.push_back({out.steps.size(), i + 1 + step.body});
    out.steps.push_back(step);
    std::erase_if(out.steps.back().variants, [&](const Variant &variant) {
      return std::ranges::any_of(variant.operands, lost);
    });
  }
  for (; !open.empty(); open.pop_back())
    out.steps[open.back().at].body =
        static_cast<std::uint32_t>(out.steps.size() - open.back().at - 1);
  mark_used_inputs(out);
  return out;
}

template <class F> void try_change(Program &program, Judge fails, F change) {
  Program smaller = program;
  change(smaller);
  if (fails(smaller))
    program = std::move(smaller);
}

} // namespace

Program shrink(Program program, Judge fails) {
  try_change(program, fails, [](Program &p) { p.setting.disabled.clear(); });
  try_change(program, fails, [](Program &p) { p.setting.schedule = {}; });
  try_change(program, fails, [](Program &p) { p.setting.two_at_once = false; });
  try_change(program, fails, [](Program &p) { p.setting.defer_now = false; });
  try_change(program, fails, [](Program &p) { p.setting.turns = 0; });
  try_change(program, fails, [](Program &p) { p.setting.threads = 1; });
  try_change(program, fails, [](Program &p) { p.setting.check = false; });
  try_change(program, fails, [](Program &p) { p.setting.interpret = false; });
  try_change(program, fails, [](Program &p) { p.setting.every_position = false; });
  try_change(program, fails, [](Program &p) {
    for (Step &step : p.steps)
      step.variants.clear();
  });
  try_change(program, fails, [](Program &p) { p.calls = 4; });
  for (std::size_t count = std::max<std::size_t>(program.steps.size() / 2, 1);; count /= 2) {
    for (std::size_t i = program.steps.size(); i-- > 0;) {
      if (i >= program.steps.size())
        continue;
      Program smaller = without(program, i, count);
      if (smaller.steps.size() < program.steps.size() && fails(smaller))
        program = std::move(smaller);
    }
    if (count <= 1)
      break;
  }
  try_change(program, fails, [](Program &p) { p.held.assign(p.held.size(), true); });
  for (std::size_t v = 0; v < program.held.size(); ++v)
    if (program.held[v])
      try_change(program, fails, [&](Program &p) { p.held[v] = false; });
  for (std::size_t i = 0; i < program.inputs.size(); ++i) {
    try_change(program, fails, [&](Program &p) { p.inputs[i].adopted = false; });
    if (program.inputs[i].fill == Fill::edges)
      try_change(program, fails, [&](Program &p) { p.inputs[i].fill = Fill::plain; });
  }
  return program;
}

} // namespace jit::fuzz
