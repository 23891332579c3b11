// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/eager/Dispatch.h"

#include "runtime/eager/Start.h"

#include "runtime/jit/Segment.h"
#include "runtime/ops/Attributes.h"
#include "runtime/trace/PendingIndices.h"

#include <algorithm>
#include <array>
#include <memory>

namespace jit::detail {

TapeHook tape_hook = nullptr;

void throw_empty(std::string_view op) {
  throw Error(ErrorCode::invalid_argument, std::string(op) + ": operand is an empty tensor");
}

void check_usable(const Impl &value) {
  const Where where = value.where.load(std::memory_order_acquire);
  if (where.state() == Where::failed) [[unlikely]]
    throw Error(where.failure()->code, where.failure()->message);
}

void make_ready(Impl &value, const std::source_location &site) {
  observe(value, Site::of(site));
  check_usable(value);
}

namespace {

/// The operands as arguments; most ops fit the array.
class Arguments {
public:
  Arguments(OpKind op, std::span<Operand> operands) : count(operands.size()) {
    if (count > few)
      many = std::make_unique<Argument[]>(count);
    Argument *list = data();
    for (std::size_t i = 0; i < count; ++i) {
      const Operand &operand = operands[i];
      if (Access::is_scalar(operand)) {
        new (list + i) Argument{nullptr, Access::scalar(operand)};
        continue;
      }
      Impl *impl = Access::impl(operand);
      if (!impl) [[unlikely]]
        throw_empty(info(op).name);
      check_usable(*impl);
      new (list + i) Argument{impl, 0};
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

[[noreturn]] void throw_out_of_memory(OpKind op, const Meta &meta) {
  throw Error(ErrorCode::out_of_memory, std::string(info(op).name) + ": cannot allocate " +
                                            std::to_string(meta.bytes()) + " bytes for " +
                                            describe(meta));
}

/// Lets a meta that belongs to no tensor go if it is not interned.
void drop_metas(const ResultMetas &metas) noexcept {
  for (std::uint8_t r = 0; r < metas.count; ++r)
    if (!metas.metas[r]->interned)
      release_meta(metas.metas[r]);
}

void run_eagerly(const OpCall &call, ResultMetas &metas, Impl **results) {
  for (const Argument &argument : call.arguments) {
    if (!argument.impl)
      continue;
    resolve(*argument.impl);
    check_usable(*argument.impl);
  }
  if (auto message = infer_metas(call.op, call.attrs, call.arguments, metas))
    throw Error(ErrorCode::invalid_argument, *message);
  if (const IndexCheck *check = info(call.op).index_check) {
    const std::int64_t bound = index_bound(call.op, call.attrs, call.arguments);
    if (auto message =
            check_range(call.op, known_range(*call.arguments[check->operand].impl), bound)) {
      drop_metas(metas);
      throw Error(ErrorCode::invalid_argument, *message);
    }
  }
  std::array<Produced, max_results> produced;
  if (!execute(call.op, call.attrs, call.arguments, metas, produced.data())) {
    const Meta *meta = metas.metas[0];
    throw_out_of_memory(call.op, *meta);
  }
  for (std::uint8_t r = 0; r < metas.count; ++r) {
    results[r] = new_ready(metas.metas[r], produced[r].storage, produced[r].data);
    if (!results[r])
      throw_out_of_memory(call.op, *metas.metas[r]);
  }
}

/// Results carry a reference each for the caller.
void run(const OpCall &call, Impl **results, std::uint8_t &count) {
  ResultMetas metas;
  ThreadTrace &t = thread_trace;
  if (t.activity == Activity::none) [[likely]] {
    run_eagerly(call, metas, results);
  } else {
    const SegmentTimer timer;
    if (!before_op(call, metas, results)) {
      run_eagerly(call, metas, results);
      after_eager(call, metas, {results, metas.count});
    }
  }
  count = metas.count;
  if (t.tapes) [[unlikely]]
    tape_hook({call.op, call.attrs, call.arguments, {results, count}});
}

/// Elementwise kernels convert their operands; for the other ops tensors of mixed dtypes are
/// converted by ops of their own, which fuse like any other.
void convert_operands(const OpInfo &op, AttrWords attrs, std::span<Operand> operands) {
  if (op.types != TypeRule::numeric && op.types != TypeRule::floating)
    return;
  const auto is_data = [&](std::size_t i) {
    const OperandKind kind = op.operands[std::min(i, op.operands.size() - 1)].kind;
    return (kind == OperandKind::any || kind == OperandKind::tensor) &&
           !Access::is_scalar(operands[i]) && Access::impl(operands[i]);
  };
  std::vector<OperandType> types;
  for (std::size_t i = 0; i < operands.size(); ++i)
    if (is_data(i))
      types.push_back({Access::impl(operands[i])->meta});
  const DType compute = element_types(op, attrs, types).compute;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (!is_data(i) || Access::impl(operands[i])->meta->dtype == compute)
      continue;
    const std::source_location site = Access::site(operands[i]);
    const AttrWriter to = AttrWriter().dtype(compute);
    Access::replace(operands[i], dispatch(OpKind::astype, to, {&operands[i], 1}, site));
  }
}

void dispatch_at(OpKind op, AttrWords attrs, std::span<Operand> operands,
                 const std::source_location &site, Impl **results) {
  ensure_started();
  const OpInfo &op_info = info(op);
  if (op_info.family != Family::elementwise)
    convert_operands(op_info, attrs, operands);
  Arguments arguments(op, operands);
  std::uint8_t count = 0;
  run({op, attrs, arguments.list(), &site}, results, count);
  for (Operand &operand : operands)
    Access::drop(operand);
}

} // namespace

Tensor dispatch(OpKind op, AttrWords attrs, std::span<Operand> operands,
                const std::source_location &site) {
  std::array<Impl *, max_results> results{};
  dispatch_at(op, attrs, operands, site, results.data());
  return Access::tensor(results[0]);
}

Tensor dispatch(OpKind op, AttrWords attrs, std::span<Operand> operands) {
  return dispatch(op, attrs, operands, Access::site(operands[0]));
}

void dispatch(OpKind op, AttrWords attrs, std::span<Operand> operands, std::span<Tensor> tensors) {
  std::array<Impl *, max_results> results{};
  dispatch_at(op, attrs, operands, Access::site(operands[0]), results.data());
  for (std::size_t r = 0; r < tensors.size(); ++r)
    tensors[r] = Access::tensor(results[r]);
}

} // namespace jit::detail
