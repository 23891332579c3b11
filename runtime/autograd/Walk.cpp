// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The gradient walk: from the target back to the beginning of the tape, in reverse order of
// recording, so that the sum of several contributions always has the same bits.
#include "runtime/autograd/Tape.h"

#include "runtime/base/SourceLine.h"
#include "runtime/jit/Segment.h"

#include <algorithm>

namespace jit::autograd {
namespace {

/// Gradients of the values of an interval, and of sources that lie before it.
class Adjoints {
public:
  Adjoints(std::uint32_t begin, std::uint32_t end, std::span<const std::uint32_t> sources)
      : begin(begin), end(end), inside(end - begin), needed(end - begin), source(end - begin) {
    for (std::uint32_t value : sources) {
      if (value < begin)
        before.try_emplace(value);
      else if (value < end)
        needed[value - begin] = source[value - begin] = true;
    }
  }
  /// Whether a source was used to make the value, or it is one.
  bool is_needed(std::uint32_t value) const {
    if (value >= end) // recorded later, or constant
      return false;
    return value < begin ? before.contains(value) : needed[value - begin];
  }
  void need(std::uint32_t value) { needed[value - begin] = true; }
  /// Precondition: it is needed.
  Tensor &of(std::uint32_t value) {
    return value < begin ? before.find(value)->second : inside[value - begin];
  }
  /// The gradient of a value of the interval, which only sources keep.
  Tensor take(std::uint32_t value) {
    Tensor &tensor = inside[value - begin];
    return source[value - begin] ? tensor : std::move(tensor);
  }

private:
  std::uint32_t begin, end;
  std::vector<Tensor> inside;
  std::vector<bool> needed, source;
  std::unordered_map<std::uint32_t, Tensor> before;
};

/// While one lives, the ops of this thread are recorded as those of a gradient.
class MarkedOps {
public:
  explicit MarkedOps(OpKind op) noexcept
      : outer(std::exchange(thread_trace.gradient, gradient_mark(op))) {}
  ~MarkedOps() { thread_trace.gradient = outer; }
  MarkedOps(const MarkedOps &) = delete;

private:
  GradientMark outer;
};

class Walk {
public:
  Walk(TapeList &list, std::uint32_t begin, std::uint32_t target,
       std::span<const std::uint32_t> sources, const std::source_location &site)
      : list(list), begin(begin), recorded(list.size()), droppable(list.needed_from()),
        end(std::max(begin, results_end(target))), adjoints(begin, end, sources) {
    backward.site = site;
    for (std::uint32_t value = begin; value < end; ++value)
      if (depends_on_source(value))
        adjoints.need(value);
  }

  void run(std::uint32_t target, Tensor start) {
    if (!adjoints.is_needed(target))
      return;
    adjoints.of(target) = std::move(start);
    // What does not lie on a way from a source to the target goes first.
    for (std::uint32_t value = begin; value < recorded; ++value)
      if (value >= end || !adjoints.is_needed(value))
        drop(value);
    for (std::uint32_t value = end; value-- > begin;)
      if (list.entry(value).kind == TapeEntry::op && adjoints.is_needed(value))
        step(value);
  }

  Tensor gradient_of(std::uint32_t source) {
    return adjoints.is_needed(source) ? adjoints.of(source) : Tensor();
  }

private:
  bool is_second(std::uint32_t value) const {
    return value < recorded && list.entry(value).kind == TapeEntry::second;
  }
  /// Past the value and the other results of its op behind it.
  std::uint32_t results_end(std::uint32_t value) const {
    do
      ++value;
    while (is_second(value));
    return value;
  }
  bool depends_on_source(std::uint32_t value) const {
    if (adjoints.is_needed(value))
      return true;
    const TapeEntry &entry = list.entry(value);
    if (entry.kind == TapeEntry::leaf)
      return false;
    for (const TapeOperand &operand : list.operands_of(entry))
      if (adjoints.is_needed(operand.parent))
        return true;
    return false;
  }
  void drop(std::uint32_t value) noexcept {
    if (value < droppable)
      list.drop(value);
  }

  /// One op: what its result passes on to its operands.
  void step(std::uint32_t value) {
    if (list.entry(value).custom) {
      step_custom(value);
      return;
    }
    const bool two = value + 1 < end && is_second(value + 1);
    backward.upstream = {adjoints.take(value), two ? adjoints.take(value + 1) : Tensor()};
    if (backward.has_dy(0) || backward.has_dy(1))
      pass_on(value, two);
    backward.upstream = {};
    drop(value);
    if (two)
      drop(value + 1);
  }

  void pass_on(std::uint32_t value, bool two) {
    // Copies: an outer tape records while the rule runs, and the list grows.
    const TapeEntry entry = list.entry(value);
    const std::span<const TapeOperand> recorded_operands = list.operands_of(entry);
    operands.assign(recorded_operands.begin(), recorded_operands.end());
    wanted.resize(operands.size());
    bool any = false;
    for (std::size_t i = 0; i < operands.size(); ++i)
      any |= wanted[i] = adjoints.is_needed(operands[i].parent);
    if (!any)
      return; // the op is a source itself, and nothing below is asked for
    given.assign(operands.size(), Tensor());
    backward.op = entry.made_by;
    backward.attrs = entry.attrs ? AttrWords(entry.attrs->words) : AttrWords();
    backward.operands = operands;
    backward.results = {entry.kept, two ? list.entry(value + 1).kept : nullptr};
    backward.wanted = &wanted;
    backward.given = given;
    const MarkedOps marked(entry.made_by);
    const WhereItLies there(where_made(value));
    gradient_rule(entry.made_by).apply(backward);
    for (std::size_t i = 0; i < operands.size(); ++i)
      if (!given[i].empty())
        accumulate(adjoints.of(operands[i].parent), std::move(given[i]));
  }

  /// Where the op of a value has run.
  DeviceNumber where_made(std::uint32_t value) const {
    for (const TapeOperand &operand : list.operands_of(list.entry(value)))
      if (operand.meta)
        return operand.meta->device;
    return default_device();
  }

  /// One call of a function whose gradient was given by hand.
  void step_custom(std::uint32_t value) {
    const TapeEntry entry = list.entry(value);
    const std::uint32_t results_behind = std::min(results_end(value), end);
    const auto tensor_of = [](Impl *kept) {
      retain(kept);
      return detail::Access::tensor(kept);
    };
    std::vector<Tensor> inputs, outputs, upstream;
    bool any = false;
    for (std::uint32_t result = value; result < results_behind; ++result) {
      outputs.push_back(tensor_of(list.entry(result).kept));
      upstream.push_back(adjoints.take(result));
      any |= !upstream.back().empty();
    }
    const std::span<const TapeOperand> recorded_operands = list.operands_of(entry);
    operands.assign(recorded_operands.begin(), recorded_operands.end());
    if (any) {
      for (std::size_t r = 0; r < outputs.size(); ++r)
        if (upstream[r].empty()) {
          const WhereItLies there(outputs[r]);
          upstream[r] = zeros(outputs[r].shape(), outputs[r].dtype(), backward.site);
        }
      for (const TapeOperand &operand : operands)
        inputs.push_back(tensor_of(operand.kept));
      pass_on_custom(*entry.custom, (*entry.custom->function)(inputs, outputs, upstream));
    }
    for (std::uint32_t result = value; result < results_behind; ++result)
      drop(result);
  }

  void pass_on_custom(const CustomGradient &custom, std::vector<Tensor> gradients) {
    const auto refuse = [&](const std::string &why) {
      throw Error(ErrorCode::invalid_argument,
                  "custom_gradient of " + line_text(custom.made.file, custom.made.line) +
                      ": the gradient function gave " + why,
                  backward.site);
    };
    if (gradients.size() != operands.size())
      refuse(std::to_string(gradients.size()) + " gradients for " +
             std::to_string(operands.size()) + " arguments");
    for (std::size_t i = 0; i < operands.size(); ++i) {
      if (gradients[i].empty() || !adjoints.is_needed(operands[i].parent))
        continue;
      const Meta &meta = *operands[i].meta;
      if (!std::ranges::equal(gradients[i].shape(), meta.dims()))
        refuse(describe(*detail::Access::impl(gradients[i])->meta) + " for argument " +
               std::to_string(i) + ", " + describe(meta));
      accumulate(adjoints.of(operands[i].parent),
                 astype(backward.at(std::move(gradients[i])), meta.dtype));
    }
  }

  void accumulate(Tensor &sum, Tensor contribution) {
    if (sum.empty())
      sum = std::move(contribution);
    else
      sum = add(backward.at(std::move(sum)), backward.at(std::move(contribution)));
  }

  TapeList &list;
  const std::uint32_t begin, recorded, droppable, end;
  Adjoints adjoints;
  Backward backward;
  std::vector<TapeOperand> operands;
  std::vector<bool> wanted;
  std::vector<Tensor> given;
};

} // namespace

bool depends_on(const TapeList &list, std::uint32_t value, std::uint32_t source) {
  if (value == TapeOperand::constant || source == TapeOperand::constant || source > value)
    return false;
  std::vector<bool> reached(value - source + 1);
  reached[0] = true;
  for (std::uint32_t next = source + 1; next <= value; ++next) {
    const TapeEntry &entry = list.entry(next);
    if (entry.kind != TapeEntry::leaf)
      reached[next - source] =
          std::ranges::any_of(list.operands_of(entry), [&](const TapeOperand &operand) {
            return operand.parent >= source && operand.parent < next &&
                   reached[operand.parent - source];
          });
  }
  return reached[value - source];
}

std::vector<Tensor> walk_back(TapeList &list, std::uint32_t begin, std::uint32_t target,
                              Tensor start, std::span<const std::uint32_t> sources,
                              const std::source_location &site) {
  Walk walk(list, begin, target, sources, site);
  walk.run(target, std::move(start));
  std::vector<Tensor> gradients;
  gradients.reserve(sources.size());
  for (std::uint32_t source : sources)
    gradients.push_back(walk.gradient_of(source));
  return gradients;
}

} // namespace jit::autograd
