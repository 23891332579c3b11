// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The gradient walk: from the target back to the beginning of the tape, in reverse order of
// recording, so that the sum of several contributions always has the same bits.
#include "runtime/autograd/Tape.h"

#include "runtime/jit/Segment.h"

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
  /// Past the value and the other result of its op.
  std::uint32_t results_end(std::uint32_t value) const {
    return is_second(value + 1) ? value + 2 : value + 1;
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
    gradient_rule(entry.made_by).apply(backward);
    for (std::size_t i = 0; i < operands.size(); ++i)
      if (!given[i].empty())
        accumulate(adjoints.of(operands[i].parent), std::move(given[i]));
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
