// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/eager/Dispatch.h"

#include "runtime/eager/Devices.h"
#include "runtime/eager/Numbers.h"
#include "runtime/eager/Start.h"
#include "runtime/eager/Typed.h"

#include "runtime/jit/Match.h"
#include "runtime/jit/Segment.h"
#include "runtime/kernels/Mxcsr.h"
#include "runtime/kernels/SmallOps.h"
#include "runtime/ops/Attributes.h"
#include "runtime/tensor/DeviceMemory.h"
#include "runtime/tensor/PackedMatrix.h"
#include "runtime/trace/PendingIndices.h"

#include <algorithm>
#include <array>
#include <memory>
#include <ranges>
#include <utility>

namespace jit::detail {

TapeHook tape_hook = nullptr;

void throw_empty(std::string_view op, const std::source_location &site) {
  throw Error(ErrorCode::invalid_argument, std::string(op) + ": operand is an empty tensor", site);
}

void check_usable(const Impl &value) {
  const Where where = value.where.load(std::memory_order_acquire);
  if (where.state() == Where::failed) [[unlikely]] {
    thread_trace.refused = true;
    throw where.failure()->error();
  }
}

void make_ready(Impl &value, const std::source_location &site) {
  observe(value, site);
  check_usable(value);
}

namespace {

/// The operands as arguments; most ops fit the array.
class Arguments {
public:
  Arguments(OpKind op, OperandList operands) : count(operands.size()) {
    if (count > few) [[unlikely]]
      many = std::make_unique<Argument[]>(count);
    Argument *list = data();
    for (std::size_t i = 0; i < count; ++i) {
      const Operand &operand = *operands[i];
      Impl *impl = Access::impl(operand);
      if (!impl && !Access::is_scalar(operand)) [[unlikely]]
        throw_empty(info(op).name, Access::site(operand));
      new (list + i)
          Argument(impl ? Argument{impl, 0} : Argument{nullptr, Access::scalar(operand)});
    }
  }
  std::span<const Argument> list() noexcept { return {data(), count}; }

private:
  static constexpr std::size_t few = 4;
  Argument *data() noexcept {
    return many ? many.get() : reinterpret_cast<Argument *>(small.data());
  }
  // Raw: only the arguments there are get initialised.
  alignas(Argument) std::array<std::byte, few * sizeof(Argument)> small;
  std::unique_ptr<Argument[]> many;
  std::size_t count;
};

Error out_of_memory(const OpCall &call, const Meta &meta) {
  thread_trace.refused = true;
  return memory_error(info(call.op).name, meta, *call.location);
}

/// Whether the result of the op may lie in the memory of argument 0: nobody can see what was there.
bool may_update(const OpCall &call, const ResultMetas &metas) noexcept {
  if (!call.owns_first || !info(call.op).updates)
    return false;
  const Impl &x = *call.arguments[0].impl;
  return x.refs.load(std::memory_order_acquire) == 1 &&
         x.storage->refs.load(std::memory_order_acquire) == 1 && !x.storage->free_owner &&
         !(x.flags.load(std::memory_order_relaxed) & Impl::exported) && x.meta->contiguous &&
         x.data() == x.storage->data && x.storage->bytes == metas.metas[0]->bytes();
}

/// The op in the memory of argument 0. False: no memory for the value, and nothing has changed.
bool update(const OpCall &call, const ResultMetas &metas, Impl **results) noexcept {
  Storage *const storage = call.arguments[0].impl->storage;
  retain(storage);
  results[0] = new_ready(metas.metas[0], storage, storage->data); // lets storage go if it fails
  if (!results[0])
    return false;
  if (has_packed(*storage))
    drop_packed(*storage);
  if (storage->device)
    storage->device->drop_host_copy(*storage);
  const KernelResult into{metas.metas[0], storage->data};
  if (execute_into(call.op, call.attrs, call.arguments, {&into, 1}))
    return true;
  release(std::exchange(results[0], nullptr));
  return false;
}

void run_eagerly(const OpCall &call, ResultMetas &metas, Impl **results) {
  for (const Argument &argument : call.arguments) {
    if (!argument.impl)
      continue;
    resolve(*argument.impl);
    check_usable(*argument.impl);
  }
  if (auto message = infer_metas(call.op, call.attrs, call.arguments, metas))
    throw Error(ErrorCode::invalid_argument, *message, *call.location);
  if (const IndexCheck *check = info(call.op).index_check) {
    Impl &index = *call.arguments[check->operand].impl;
    if (!can_know_range(index)) {
      drop_metas(metas);
      throw memory_error(info(call.op).name, *index.meta, *call.location);
    }
    if (auto message = check_indices(call.op, call.attrs, call.arguments)) {
      drop_metas(metas);
      throw Error(ErrorCode::invalid_argument, *message, *call.location);
    }
  }
  if (may_update(call, metas) && update(call, metas, results))
    return;
  std::array<Produced, max_results> produced;
  if (!execute(call.op, call.attrs, call.arguments, metas, produced.data())) {
    const Error error = out_of_memory(call, *metas.metas[0]);
    drop_metas(metas);
    throw error;
  }
  for (std::uint8_t r = 0; r < metas.count; ++r) {
    results[r] = new_ready(metas.metas[r], produced[r].storage, produced[r].data);
    if (results[r])
      continue;
    for (std::uint8_t made = 0; made < r; ++made)
      release(std::exchange(results[made], nullptr));
    for (std::uint8_t rest = r + 1; rest < metas.count; ++rest)
      release(produced[rest].storage);
    throw out_of_memory(call, *metas.metas[r]);
  }
}

/// Results carry a reference each for the caller; returns how many there are.
std::uint8_t run(const OpCall &call, Impl **results) {
  ResultMetas metas;
  ThreadTrace &t = thread_trace;
  if (t.activity == Activity::none) [[likely]] {
    run_eagerly(call, metas, results);
    return metas.count;
  }
  if (t.activity == Activity::armed)
    wait_before_timing(device_of(call.arguments));
  const SegmentTimer timer;
  for (const Argument &argument : call.arguments)
    if (argument.impl)
      check_usable(*argument.impl);
  if (const std::uint8_t matched = before_op(call, results))
    return matched;
  run_eagerly(call, metas, results);
  after_eager(call, metas, {results, metas.count});
  return metas.count;
}

/// Elementwise kernels convert their operands; for the other ops tensors of mixed dtypes are
/// converted by ops of their own, which fuse like any other.
void convert_operands(const OpInfo &op, AttrWords attrs, OperandList operands) {
  if (op.types != TypeRule::numeric && op.types != TypeRule::floating)
    return;
  const auto is_data = [&](std::size_t i) {
    const OperandKind kind = op.operands[std::min(i, op.operands.size() - 1)].kind;
    return (kind == OperandKind::any || kind == OperandKind::tensor) &&
           !Access::is_scalar(*operands[i]) && Access::impl(*operands[i]);
  };
  const auto is_converted = [&](DType dtype) {
    return std::ranges::all_of(std::views::iota(std::size_t{0}, operands.size()), [&](auto i) {
      return !is_data(i) || Access::impl(*operands[i])->meta->dtype == dtype;
    });
  };
  // The usual case: all have the first one's dtype already.
  const Impl *first = operands.empty() ? nullptr : Access::impl(*operands[0]);
  if (first && is_converted(first->meta->dtype) &&
      (op.types == TypeRule::numeric || is_float(first->meta->dtype)))
    return;
  std::vector<OperandType> types;
  for (std::size_t i = 0; i < operands.size(); ++i)
    if (is_data(i))
      types.push_back({Access::impl(*operands[i])->meta});
  const DType compute = element_types(op, attrs, types).compute;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    Operand &operand = *operands[i];
    if (is_data(i) && Access::impl(operand)->meta->dtype != compute)
      Access::replace(operand, dispatch(OpKind::astype, AttrWriter().dtype(compute), operand));
  }
}

void drop(OperandList operands) noexcept {
  for (Operand *operand : operands)
    Access::drop(*operand);
}

/// What an op has made so far, let go if it throws.
class Results {
public:
  explicit Results(Impl **list) noexcept : list(list) { std::fill_n(list, max_results, nullptr); }
  Results(const Results &) = delete;
  ~Results() {
    if (!kept)
      for (Impl **result = list; result != list + max_results; ++result)
        release(*result);
  }
  void keep() noexcept { kept = true; }

private:
  Impl **list;
  bool kept = false;
};

/// Any op in any state. Results carry a reference each; returns how many there are.
[[gnu::noinline]] std::uint8_t dispatch_any(OpKind op, AttrWords attrs, OperandList operands,
                                            const std::source_location &site, Impl **results) {
  ensure_started(site);
  const MxcsrGuard environment; // shape rules compute too
  settle_numbers(op, attrs, operands);
  const OpInfo &op_info = info(op);
  return typed(op_info.name, site, [&] {
    Results made(results);
    if (op_info.family != Family::elementwise)
      convert_operands(op_info, attrs, operands);
    Arguments arguments(op, operands);
    // A tape that looks at the op afterwards may keep what operand 0 holds.
    const bool owns_first =
        !operands.empty() && Access::is_owned(*operands[0]) && !thread_trace.tapes;
    const std::uint8_t count = run({op, attrs, arguments.list(), &site, owns_first}, results);
    if (thread_trace.tapes) [[unlikely]]
      tape_hook({op, attrs, arguments.list(), {results, count}});
    drop(operands);
    made.keep();
    return count;
  });
}

/// The quick ways in a scope; nullptr as below. A way of its own for ops that just run, since
/// matching needs more registers.
[[gnu::noinline]] Impl *follow_quickly(ThreadTrace &t, OpKind op, AttrWords attrs,
                                       OperandList operands) {
  if (may_end_here(t) || !attrs.empty() || t.device != on_cpu)
    return nullptr;
  Impl *value = run_small(op, operands);
  if (value) [[likely]]
    follow_op(t, op, attrs, operands, {&value, 1});
  return value;
}

/// For any op with one result.
[[gnu::noinline]] Impl *match_among_children(Session &session, OpKind op, AttrWords attrs,
                                             OperandList operands) noexcept {
  return session.match_plain(op, attrs, operands);
}

[[gnu::noinline]] Impl *match_quickly(ThreadTrace &t, OpKind op, AttrWords attrs,
                                      OperandList operands) {
  if (t.activity != Activity::matching || t.slow_match)
    return nullptr;
  // What a thread expects is what `match_or_dispatch` has looked at.
  Impl *value = attrs.empty() && (t.next == &no_step || t.next->op != op)
                    ? t.session->match_expected(op, operands)
                    : nullptr;
  if (!value)
    value = match_among_children(*t.session, op, attrs, operands);
  if (value) [[likely]]
    t.expect_next();
  return value;
}

/// The same for the first op of a segment, and for those whose time is added up.
[[gnu::noinline]] Impl *dispatch_timed(ThreadTrace &t, OpKind op, AttrWords attrs,
                                       OperandList operands) {
  if (t.lost)
    return nullptr;
  if (t.activity == Activity::armed)
    for (const Operand *operand : operands)
      if (const Impl *impl = Access::impl(*operand))
        wait_before_timing(impl->meta->device);
  const SegmentTimer timer;
  if (t.activity == Activity::armed)
    begin_segment(t);
  Impl *const value = t.activity == Activity::following ? follow_quickly(t, op, attrs, operands)
                                                        : match_quickly(t, op, attrs, operands);
  if (value)
    t.device = value->meta->device; // where nothing has looked at it yet
  return value;
}

/// What most ops come to: a value, computed or pending. nullptr: `dispatch_any` has to look.
[[gnu::always_inline]] inline Impl *dispatch_quickly(OpKind op, AttrWords attrs,
                                                     OperandList operands) {
  ThreadTrace &t = thread_trace;
  if (t.tapes)
    return nullptr;
  if (t.activity == Activity::none)
    return attrs.empty() ? run_small(op, operands) : nullptr;
  if (t.only_stamps()) {
    Impl *value = attrs.empty() ? run_small(op, operands) : nullptr;
    if (value)
      value->recording.store(t.followed, std::memory_order_relaxed);
    return value;
  }
  if (t.activity == Activity::armed || t.timed != Timed::no) [[unlikely]]
    return dispatch_timed(t, op, attrs, operands);
  if (t.activity == Activity::following)
    return follow_quickly(t, op, attrs, operands);
  return match_quickly(t, op, attrs, operands);
}

} // namespace

static Impl *dispatch_slowly(OpKind op, AttrWords attrs, OperandList operands) {
  Impl *results[max_results];
  dispatch_any(op, attrs, operands, Access::site(*operands[0]), results);
  return results[0];
}

Impl *dispatch_list(OpKind op, AttrWords attrs, OperandList operands) {
  if (Impl *value = dispatch_quickly(op, attrs, operands)) [[likely]] {
    drop(operands);
    return value;
  }
  return dispatch_slowly(op, attrs, operands);
}

namespace {

template <class... Operands>
[[gnu::noinline]] Tensor drop_and_return(Impl *value, Operands &...operands) noexcept {
  (Access::drop(operands), ...);
  return Access::tensor(value);
}

template <class... Operands>
[[gnu::noinline]] Tensor dispatch_unexpected(OpKind op, Operands &...operands) {
  Operand *const list[]{&operands...};
  if (Impl *value = dispatch_quickly(op, {}, list)) [[likely]] {
    (Access::drop(operands), ...);
    return Access::tensor(value);
  }
  return Access::tensor(dispatch_slowly(op, {}, list));
}

/// Every call here is a last act, so that there is little to save.
template <class... Operands>
[[gnu::always_inline]] inline Tensor match_or_dispatch(OpKind op, Operands &...operands) {
  ThreadTrace &t = thread_trace;
  const ExpectedStep &step = *t.next;
  if (step.op != op)
    return dispatch_unexpected(op, operands...);
  Session &session = *t.quick;
  Impl *const value = session.match_step(step, operands...);
  if (!value) [[unlikely]]
    return dispatch_unexpected(step.op, operands...);
  t.next = &session.upcoming();
  if ((Access::is_owned(operands) || ...))
    return drop_and_return(value, operands...);
  return Access::tensor(value);
}

} // namespace

Tensor dispatch_plain(Operand &x, OpKind op) { return match_or_dispatch(op, x); }
Tensor dispatch_plain(Operand &x, Operand &y, OpKind op) { return match_or_dispatch(op, x, y); }
Tensor dispatch_plain(Operand &x, Operand &y, Operand &z, OpKind op) {
  return match_or_dispatch(op, x, y, z);
}

Tensor dispatch_at(const std::source_location &site, OpKind op, AttrWords attrs) {
  Impl *results[max_results];
  dispatch_any(op, attrs, {}, site, results);
  return Access::tensor(results[0]);
}

namespace {

/// Pointers to operands that lie side by side.
class Pointers {
public:
  explicit Pointers(std::span<Operand> operands)
      : count(operands.size()), many(count > few.size() ? count : 0) {
    Operand **list = many.empty() ? few.data() : many.data();
    for (std::size_t i = 0; i < count; ++i)
      list[i] = &operands[i];
  }
  operator OperandList() const noexcept { return {many.empty() ? few.data() : many.data(), count}; }

private:
  std::size_t count;
  std::array<Operand *, 2 * max_rank> few;
  std::vector<Operand *> many;
};

} // namespace

Tensor dispatch(OpKind op, AttrWords attrs, std::span<Operand> operands) {
  return typed(info(op).name, Access::site(operands[0]),
               [&] { return Access::tensor(dispatch_list(op, attrs, Pointers(operands))); });
}

void dispatch_several(OpKind op, AttrWords attrs, std::span<Operand> operands,
                      std::span<Tensor> tensors) {
  Impl *results[max_results];
  const std::uint8_t count = typed(info(op).name, Access::site(operands[0]), [&] {
    return dispatch_any(op, attrs, Pointers(operands), Access::site(operands[0]), results);
  });
  for (std::size_t r = 0; r < count; ++r)
    tensors[r] = Access::tensor(results[r]);
}

} // namespace jit::detail
