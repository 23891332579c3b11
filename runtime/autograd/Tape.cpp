// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/autograd/Tape.h"

#include "runtime/base/SourceLine.h"
#include "runtime/eager/Typed.h"
#include "runtime/eager/VariableBox.h"
#include "runtime/jit/Segment.h"
#include "runtime/kernels/Mxcsr.h"

#include <tracejit/autograd.h>

#include <algorithm>

namespace jit::autograd {

thread_local constinit TapeList *recording = nullptr;

namespace {

constinit thread_local bool thread_ended = false;
/// Keeps the list that records here: another thread may destroy the last of its tapes.
struct Holder {
  std::shared_ptr<TapeList> list;
  ~Holder() {
    thread_ended = true;
    recording = nullptr;
    thread_trace.tapes = 0;
  }
};
constinit thread_local Holder holder;

} // namespace

/// Without the tapes that other threads destroyed.
static TapeList *recording_now() noexcept {
  if (recording && recording->has_closed_elsewhere()) [[unlikely]] {
    recording->close_what_others_closed();
    set_recording(recording->is_open() ? recording : nullptr);
  }
  return recording;
}

/// The NoGrad of this thread that lives longest is the last of a list.
static constinit thread_local NoGrad *innermost_pause = nullptr;

static void record(const detail::TapeOp &op) {
  if (TapeList *list = recording_now())
    list->append(op);
}
/// A copy on another device has the gradient of its original, copied back.
static void record_move(const Tensor &from, const Tensor &to, const std::source_location &site) {
  TapeList *list = recording_now();
  if (!list)
    return;
  static const auto back = std::make_shared<const detail::GradientFunction>(
      [](const std::vector<Tensor> &inputs, const std::vector<Tensor> &,
         const std::vector<Tensor> &gradients) {
        return std::vector<Tensor>{gradients[0].to(inputs[0].device())};
      });
  Impl *const input = detail::Access::impl(from), *const result = detail::Access::impl(to);
  list->append({&input, 1}, {&result, 1}, {back, Site::of(site)});
}

void TapeList::rebind_everywhere(const Impl &value, std::uint64_t variable) {
  if (TapeList *list = recording_now())
    list->rebind(value, variable);
  for (const NoGrad *pause = innermost_pause; pause; pause = pause->around)
    if (pause->outer && pause->outer->is_open())
      pause->outer->rebind(value, variable);
}

/// The dispatcher calls the hook only while thread_trace.tapes is not 0.
[[maybe_unused]] static const bool hooked =
    (detail::tape_hook = record, detail::rebind_hook = TapeList::rebind_everywhere,
     detail::move_hook = record_move, true);

void set_recording(TapeList *list) noexcept {
  recording = list;
  thread_trace.tapes = static_cast<std::uint8_t>(list ? list->depth() : 0);
  thread_trace.expect_nothing();
  if (!thread_ended)
    holder.list = list ? list->shared_from_this() : nullptr;
}

/// 0 means no tape; after 2^32 lists numbers repeat, and a value would have to live that long to be
/// mistaken.
static std::uint32_t next_serial() noexcept {
  static std::atomic<std::uint32_t> last{0};
  std::uint32_t serial = 0;
  while (serial == 0)
    serial = last.fetch_add(1, std::memory_order_relaxed) + 1;
  return serial;
}

TapeList::TapeList() : owner(&recording), serial(next_serial()) {
  entries.reserve(64);
  operands.reserve(128);
}

TapeList::~TapeList() {
  for (std::uint32_t value = 0; value < size(); ++value)
    drop(value);
  for (const auto &[leaf, number] : leaves)
    release(entries[number].kept);
}

std::uint32_t TapeList::find(const Impl &value) const {
  if (value.edge.serial == serial)
    return value.edge.index;
  if (leaves.empty())
    return TapeOperand::constant;
  const auto leaf = leaves.find(&value);
  return leaf == leaves.end() ? TapeOperand::constant : leaf->second;
}

std::uint32_t TapeList::track(Impl &value) {
  if (!is_float(value.meta->dtype))
    return TapeOperand::constant;
  const std::uint32_t found = find(value);
  const bool trainable = value.flags.load(std::memory_order_relaxed) & Impl::trainable;
  return found == TapeOperand::constant && trainable ? add_leaf(value) : found;
}

std::uint32_t TapeList::watch(Impl &value) {
  const std::uint32_t found = find(value);
  return found == TapeOperand::constant ? add_leaf(value) : found;
}

/// Room for n more, so that adding them cannot fail half-way.
template <class T> static void make_room(std::vector<T> &list, std::size_t n) {
  if (list.capacity() - list.size() < n)
    list.reserve(std::max(2 * list.capacity(), list.size() + n));
}

/// Leaves are found by address and not by a mark on the value, because threads share them.
std::uint32_t TapeList::add_leaf(Impl &value) {
  const std::uint32_t number = size();
  make_room(entries, 1);
  leaves.emplace(&value, number);
  entries.push_back({.kind = TapeEntry::leaf, .kept = &value});
  retain(&value);
  return number;
}

const Attr *TapeList::keep_attrs(AttrWords words) {
  if (words.empty())
    return nullptr;
  if (const Attr *interned = intern_attr(words))
    return interned;
  own_attrs.push_back(std::make_unique<Attr>(Attr{{words.begin(), words.end()}, 0}));
  return own_attrs.back().get();
}

void TapeList::append(const detail::TapeOp &op) {
  const GradientRule &rule = gradient_rule(op.op);
  if (!rule.apply || !is_float(op.results[0]->meta->dtype))
    return;
  make_room(operands, op.arguments.size());
  const std::size_t first = operands.size();
  Keep keep = 0;
  for (std::size_t i = 0; i < op.arguments.size(); ++i) {
    const Argument &argument = op.arguments[i];
    TapeOperand operand{.number = argument.scalar};
    if (argument.impl) {
      operand.meta = argument.impl->meta;
      operand.parent = track(*argument.impl);
    }
    if (operand.parent != TapeOperand::constant)
      keep |= rule.keeps[std::min(i, rule.keeps.size() - 1)];
    operands.push_back(operand);
  }
  if (rule.narrowed)
    keep = rule.narrowed(op.attrs, keep);
  if (std::all_of(operands.begin() + static_cast<std::ptrdiff_t>(first), operands.end(),
                  [](const TapeOperand &o) { return o.parent == TapeOperand::constant; })) {
    operands.resize(first);
    return;
  }
  const Attr *attrs = keep_attrs(op.attrs);
  make_room(entries, op.results.size());
  keep_operands(op.arguments, first, keep); // from here on nothing can fail
  for (std::size_t r = 0; r < op.results.size(); ++r) {
    Impl *result = op.results[r];
    result->edge = {serial, size()};
    const bool kept = keep & 1u << (first_result + r);
    if (kept)
      retain(result);
    entries.push_back(
        {r == 0 ? TapeEntry::op : TapeEntry::second, op.op, static_cast<std::uint32_t>(first),
         static_cast<std::uint32_t>(op.arguments.size()), attrs, kept ? result : nullptr});
  }
}

void TapeList::append(std::span<Impl *const> inputs, std::span<Impl *const> results,
                      CustomGradient gradient) {
  make_room(operands, inputs.size());
  make_room(entries, inputs.size() + results.size()); // inputs may become leaves
  const auto first = static_cast<std::uint32_t>(operands.size());
  bool any = false;
  for (Impl *input : inputs) {
    TapeOperand operand{.parent = track(*input), .meta = input->meta};
    any |= operand.parent != TapeOperand::constant;
    operands.push_back(operand);
  }
  if (!any) {
    operands.resize(first);
    return;
  }
  custom.push_back(std::move(gradient));
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    retain(inputs[i]);
    operands[first + i].kept = inputs[i];
  }
  for (std::size_t r = 0; r < results.size(); ++r) {
    results[r]->edge = {serial, size()};
    retain(results[r]);
    entries.push_back({.kind = r == 0 ? TapeEntry::op : TapeEntry::second,
                       .first_operand = first,
                       .operand_count = static_cast<std::uint32_t>(inputs.size()),
                       .kept = results[r],
                       .custom = &custom.back()});
  }
}

void TapeList::rebind(const Impl &value, std::uint64_t variable) {
  if (const std::uint32_t number = find(value); number != TapeOperand::constant)
    earlier[variable].push_back(number);
}

std::span<const std::uint32_t> TapeList::held_before(std::uint64_t variable) const {
  const auto found = earlier.find(variable);
  return found == earlier.end() ? std::span<const std::uint32_t>() : found->second;
}

void TapeList::keep_operands(std::span<const Argument> arguments, std::size_t first, Keep keep) {
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    Impl *impl = arguments[i].impl;
    // A meta past the cap of its table dies with its tensor.
    if (impl && (keep & 1u << std::min(i, last_operand_bit) || !impl->meta->interned)) {
      retain(impl);
      operands[first + i].kept = impl;
    }
  }
}

void TapeList::drop(std::uint32_t value) noexcept {
  TapeEntry &entry = entries[value];
  if (entry.kind == TapeEntry::leaf)
    return; // its address must stay its own
  if (entry.kind == TapeEntry::op)
    for (std::uint32_t i = 0; i < entry.operand_count; ++i)
      if (Impl *kept = std::exchange(operands[entry.first_operand + i].kept, nullptr))
        release(kept);
  if (Impl *kept = std::exchange(entry.kept, nullptr))
    release(kept);
}

void TapeList::open(std::uint32_t begin) {
  make_room(begins, 1);
  const std::lock_guard guard(elsewhere);
  closed_elsewhere.reserve(begins.size() + 1);
  begins.push_back(begin);
}

void TapeList::close(std::uint32_t begin) noexcept {
  begins.erase(std::find(begins.begin(), begins.end(), begin));
}

void TapeList::close_on_another_thread(std::uint32_t begin) noexcept {
  const std::lock_guard guard(elsewhere);
  closed_elsewhere.push_back(begin); // open() has made room
  any_closed_elsewhere.store(true, std::memory_order_relaxed);
}

void TapeList::close_what_others_closed() noexcept {
  const std::lock_guard guard(elsewhere);
  for (const std::uint32_t begin : closed_elsewhere)
    close(begin);
  closed_elsewhere.clear();
  any_closed_elsewhere.store(false, std::memory_order_relaxed);
}

std::uint32_t TapeList::needed_from() const noexcept {
  return begins.empty() ? TapeOperand::constant : *std::min_element(begins.begin(), begins.end());
}

} // namespace jit::autograd

namespace jit {

using autograd::recording;
using autograd::TapeList;
using autograd::TapeOperand;

static constexpr std::size_t max_tapes = 255;

Tape::Tape(std::source_location site) {
  TapeList *outer = autograd::recording_now();
  if (outer && outer->depth() == max_tapes)
    throw Error(ErrorCode::invalid_argument, "Tape: 255 tapes are open on this thread", site);
  detail::typed("Tape", site, [&] {
    list = outer ? outer->shared_from_this() : std::make_shared<TapeList>();
    begin = list->size();
    list->open(begin);
  });
  autograd::set_recording(list.get());
}

Tape::~Tape() {
  if (!list)
    return;
  if (!list->is_mine()) {
    list->close_on_another_thread(begin);
    return;
  }
  close();
  const std::uint32_t end = std::min(list->size(), list->needed_from());
  for (std::uint32_t value = begin; value < end; ++value)
    list->drop(value);
}

void Tape::close() noexcept {
  list->close(begin);
  if (recording == list.get())
    autograd::set_recording(list->is_open() ? list.get() : nullptr);
}

void Tape::check_usable(const char *function, const std::source_location &site) const {
  if (!list)
    throw Error(ErrorCode::invalid_argument,
                std::string(function) + ": this tape was used up by the gradient at " +
                    line_text(consumed_file, consumed_line) + "; a tape gives gradients once",
                site);
  if (!list->is_mine())
    throw Error(ErrorCode::invalid_argument,
                std::string(function) + ": this tape belongs to another thread", site);
}

/// Refuses what has no gradient.
static Impl &differentiable(const char *function, const char *role, const Tensor &tensor,
                            const std::source_location &site) {
  Impl *impl = detail::Access::impl(tensor);
  if (!impl)
    throw Error(ErrorCode::invalid_argument,
                std::string(function) + ": " + role + " is an empty tensor", site);
  if (!is_float(impl->meta->dtype))
    throw Error(ErrorCode::invalid_argument,
                std::string(function) + ": " + role + " is " + describe(*impl->meta) +
                    ", but only floating dtypes can be differentiated",
                site);
  return *impl;
}

void Tape::watch(const Tensor &tensor, std::source_location site) {
  check_usable("Tape::watch", site);
  Impl &impl = differentiable("Tape::watch", "the tensor", tensor, site);
  detail::typed("Tape::watch", site, [&] { list->watch(impl); });
}

std::vector<Tensor> Tape::gradient(const Tensor &target, const Sources &sources,
                                   std::source_location site) {
  return detail::typed("Tape::gradient", site, [&] { return use_up(target, sources, site); });
}

/// The number of a source. What the tape has never seen has no zero gradient, but one that is
/// unknown; only trainable Variables are seen by themselves, when they are used.
static std::uint32_t known_source(const TapeList &list, const Sources::Source &source,
                                  std::size_t place, const std::source_location &site) {
  const Impl &value = differentiable("Tape::gradient", "a source", source.value, site);
  const std::uint32_t number = list.find(value);
  const bool trainable = value.flags.load(std::memory_order_relaxed) & Impl::trainable;
  if (number == TapeOperand::constant && !trainable)
    throw Error(ErrorCode::invalid_argument,
                "Tape::gradient: the tape has never seen source " + std::to_string(place) + ", " +
                    describe(*value.meta) + "; watch it before it is used",
                site);
  return number;
}

/// Of a Variable that was assigned since: if the target does not depend on its value now, the last
/// one before on which it does.
static std::uint32_t value_meant(const TapeList &list, const Sources::Source &source,
                                 std::size_t place, std::uint32_t target,
                                 const std::source_location &site) {
  const std::uint32_t now = known_source(list, source, place, site);
  const std::span<const std::uint32_t> before = list.held_before(source.variable);
  if (before.empty() || depends_on(list, target, now))
    return now;
  const auto last = std::find_if(before.rbegin(), before.rend(), [&](std::uint32_t number) {
    return depends_on(list, target, number);
  });
  return last == before.rend() ? now : *last;
}

std::vector<Tensor> Tape::use_up(const Tensor &target, const Sources &sources,
                                 const std::source_location &site) {
  const MxcsrGuard environment; // rules compute factors
  check_usable("Tape::gradient", site);
  const Impl &end = differentiable("Tape::gradient", "the target", target, site);
  const std::uint32_t end_number = list->find(end);
  std::vector<std::uint32_t> numbers;
  for (const Sources::Source &source : sources.list())
    numbers.push_back(value_meant(*list, source, numbers.size(), end_number, site));
  close();
  const Site consumed = Site::of(site);
  consumed_file = consumed.file;
  consumed_line = consumed.line;
  const std::shared_ptr<TapeList> walked = std::move(list);
  std::vector<Tensor> gradients(numbers.size());
  if (end_number != TapeOperand::constant) {
    const WhereItLies there(*end.meta);
    gradients = autograd::walk_back(*walked, begin, end_number,
                                    full(end.meta->dims(), Operand(1, site), end.meta->dtype),
                                    numbers, site);
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const Tensor &value = sources.list()[i].value;
    const WhereItLies there(value);
    if (gradients[i].empty())
      gradients[i] = zeros(value.shape(), value.dtype(), site);
  }
  return gradients;
}

NoGrad::NoGrad() noexcept
    : outer(recording ? recording->shared_from_this() : nullptr),
      around(std::exchange(autograd::innermost_pause, this)) {
  autograd::set_recording(nullptr);
}

NoGrad::~NoGrad() {
  autograd::innermost_pause = around;
  if (outer && outer->is_open())
    autograd::set_recording(outer.get());
}

Tensor stop_gradient(Operand x) {
  if (detail::Access::is_scalar(x))
    return Tensor(detail::Access::scalar(x), {}, detail::Access::site(x));
  const NoGrad constant;
  const Tensor value = detail::Access::tensor_of(x);
  return reshape(std::move(x), value.shape(detail::Access::site(x)));
}

/// The same elements as another value, so that what tapes know of one is not said of the other.
static Tensor fresh(const Tensor &x, const std::source_location &site) {
  return reshape(Operand(x, site), x.shape(site));
}

std::vector<Tensor> detail::call_with_gradient(
    const std::vector<Tensor> &inputs,
    const std::function<std::vector<Tensor>(const std::vector<Tensor> &)> &forward,
    const std::shared_ptr<const GradientFunction> &gradient, const std::source_location &site) {
  constexpr const char *function = "custom_gradient";
  for (const Tensor &input : inputs)
    if (input.empty())
      detail::throw_empty(function, site);
  std::vector<Tensor> results;
  {
    const NoGrad constant;
    for (const Tensor &result : forward(inputs)) {
      if (result.empty())
        throw Error(ErrorCode::invalid_argument,
                    "custom_gradient: the function gave an empty tensor", site);
      results.push_back(fresh(result, site));
    }
  }
  TapeList *list = autograd::recording_now();
  if (!list || results.empty())
    return results;
  std::vector<Impl *> operands, made;
  for (const Tensor &input : inputs)
    operands.push_back(detail::Access::impl(input));
  for (const Tensor &result : results)
    made.push_back(detail::Access::impl(result));
  detail::typed(function, site, [&] { list->append(operands, made, {gradient, Site::of(site)}); });
  return results;
}

std::uint64_t detail::identity_of(const Variable &variable) noexcept {
  return detail::Access::Box::identity_of(variable);
}

Tensor detail::fresh_argument(const Tensor &x, const std::source_location &site) {
  return reshape(Operand(x, site), x.shape(site));
}

void detail::throw_bad_argnum(int argnum, std::size_t arguments, const std::source_location &site) {
  throw Error(ErrorCode::invalid_argument,
              "grad: argnum " + std::to_string(argnum) + " is out of range for " +
                  std::to_string(arguments) + " arguments",
              site);
}

} // namespace jit
