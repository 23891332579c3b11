// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/Execute.h"

#include "runtime/kernels/DeviceBackend.h"
#include "runtime/kernels/Families.h"
#include "runtime/kernels/InferCache.h"
#include "runtime/kernels/Parallel.h"
#include "runtime/ops/NumberRange.h"
#include "runtime/ops/Views.h"

#include <algorithm>
#include <array>
#include <limits>

namespace jit {

namespace {

InferKey key_of(OpKind op, std::span<const Argument> arguments) noexcept {
  InferKey key;
  key.op = op;
  for (const Argument &argument : arguments)
    key.push_back(argument.type());
  return key;
}

bool has_tensor(std::span<const Argument> arguments) noexcept {
  return std::ranges::any_of(arguments, [](const Argument &argument) { return argument.impl; });
}

std::optional<std::string> infer_uncached(OpKind op, AttrWords attrs,
                                          std::span<const Argument> arguments, ResultMetas &out) {
  std::array<OperandType, 8> few;
  std::vector<OperandType> many;
  std::span<OperandType> types(few.data(), arguments.size());
  if (arguments.size() > few.size()) {
    many.resize(arguments.size());
    types = many;
  }
  for (std::size_t i = 0; i < arguments.size(); ++i)
    types[i] = arguments[i].type();
  Inferred inferred;
  if (auto message = infer({op, attrs, types}, inferred))
    return message;
  out.count = inferred.count;
  out.view = inferred.results[0].view;
  const bool makes = !has_tensor(arguments);
  for (std::uint8_t r = 0; r < inferred.count; ++r) {
    const ResultType &result = inferred.results[r];
    const DeviceNumber device = makes ? default_device() : result.device;
    out.metas[r] = result.view ? value_meta(result.dtype, result.dims, result.strides, device)
                               : contiguous_value_meta(result.dtype, result.dims, device);
  }
  return std::nullopt;
}

} // namespace

DirectLoop find_direct_loop(const OpInfo &op, AttrWords attrs, std::span<const OperandType> types,
                            const Meta &result) noexcept {
  DirectLoop loop;
  if (op.family != Family::elementwise || op.types == TypeRule::cast || result.size == 0 ||
      result.size >= parallel_elements || types.size() > InferKey::max_operands ||
      result.device != on_cpu)
    return loop;
  loop.compute = element_types(op, attrs, types).compute;
  if (!active_table().element[slot(op.scalar)][slot(loop.compute)])
    return loop; // through wider lanes
  loop.function = static_cast<std::uint8_t>(op.scalar);
  for (std::size_t i = 0; i < types.size(); ++i) {
    const Meta *meta = types[i].meta;
    const bool condition = op.types == TypeRule::select && i == 0;
    if (meta && meta->dtype != (condition ? DType::boolean : loop.compute))
      return loop;
    if (!meta || meta->size == 1)
      loop.broadcast |= static_cast<std::uint8_t>(1 << i);
    else if (!meta->contiguous || meta->size != result.size)
      return loop;
  }
  loop.condition = op.types == TypeRule::select;
  loop.ranged = is_ranged(op, loop.compute);
  loop.bytes = result.bytes();
  loop.usable = true;
  return loop;
}

std::optional<std::string> infer_metas(OpKind op, AttrWords attrs,
                                       std::span<const Argument> arguments, ResultMetas &out) {
  // Without tensors it depends on the thread's device.
  const bool cacheable =
      attrs.empty() && arguments.size() <= InferKey::max_operands && has_tensor(arguments);
  InferKey key;
  if (cacheable) {
    key = key_of(op, arguments);
    const ResultMetas *known = ThreadInferCache::get().find(key);
    if (!known && key.take_interned()) [[unlikely]]
      known = ThreadInferCache::get().find(key);
    if (known) [[likely]] {
      out = *known;
      return std::nullopt;
    }
  }
  if (auto message = infer_uncached(op, attrs, arguments, out))
    return message;
  bool interned = cacheable;
  for (std::uint8_t r = 0; r < out.count; ++r)
    interned &= out.metas[r]->interned;
  for (const Meta *meta : key.metas)
    interned &= !meta || meta->interned;
  if (!interned)
    return std::nullopt;
  std::array<OperandType, InferKey::max_operands> types;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    types[i] = arguments[i].type();
  out.direct = find_direct_loop(info(op), attrs, {types.data(), arguments.size()}, *out.metas[0]);
  if (InferCache *cache = ThreadInferCache::make())
    cache->put(key, out);
  return std::nullopt;
}

void drop_metas(const ResultMetas &metas) noexcept {
  for (std::uint8_t r = 0; r < metas.count; ++r)
    if (!metas.metas[r]->interned)
      release_meta(metas.metas[r]);
}

/// Bytes between the operand's and the view's element [0, ..., 0]. Only slices move it.
static std::int64_t view_bytes(OpKind op, AttrWords attrs,
                               std::span<const Argument> arguments) noexcept {
  if (op != OpKind::slice)
    return 0;
  std::array<OperandType, max_rank + 1> types;
  DimList starts;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    types[i] = arguments[i].type();
    if (i > 0)
      starts.push_back(arguments[i].scalar.as_int());
  }
  const std::int64_t elements = view_offset({op, attrs, {types.data(), arguments.size()}}, starts);
  return elements * static_cast<std::int64_t>(itemsize(arguments[0].impl->meta->dtype));
}

/// As execute_into, on the device of the results.
static bool run_where(const KernelCall &call) noexcept {
  const DeviceNumber device = call.results[0].meta->device;
  return device == on_cpu ? run_kernel(call) : DeviceBackend::of(device).run(call);
}

bool execute_into(OpKind op, AttrWords attrs, std::span<const Argument> arguments,
                  std::span<const KernelResult> results) noexcept {
  std::array<KernelOperand, 8> few;
  std::unique_ptr<KernelOperand[]> many;
  KernelOperand *operands = few.data();
  if (arguments.size() > few.size()) {
    many.reset(new (std::nothrow) KernelOperand[arguments.size()]);
    if (!many)
      return false;
    operands = many.get();
  }
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Argument &argument = arguments[i];
    if (argument.impl)
      operands[i] = {argument.impl->meta, argument.impl->data(), 0,
                     constant_storage(*argument.impl)};
    else
      operands[i] = {nullptr, nullptr, argument.scalar};
  }
  return run_where({op, attrs, {operands, arguments.size()}, results});
}

bool execute(OpKind op, AttrWords attrs, std::span<const Argument> arguments,
             std::span<const Meta *const> metas, bool view, Produced *out) noexcept {
  if (view) {
    Impl &base = *arguments[0].impl;
    retain(base.storage);
    out[0] = {base.storage, base.data() + view_bytes(op, attrs, arguments)};
    return true;
  }
  std::array<KernelResult, max_results> results;
  std::size_t ready = 0;
  for (; ready < metas.size(); ++ready) {
    Storage *storage = new_storage(metas[ready]->bytes(), metas[ready]->device);
    if (!storage)
      break;
    out[ready] = {storage, storage->data};
    results[ready] = {metas[ready], storage->data};
  }
  if (ready == metas.size() && execute_into(op, attrs, arguments, {results.data(), metas.size()}))
    return true;
  for (std::size_t r = 0; r < ready; ++r)
    release(out[r].storage);
  return false;
}

bool execute(const DirectLoop &loop, std::span<const Argument> arguments, const Meta &result,
             Produced *out) noexcept {
  Storage *storage = new_storage(loop.bytes);
  if (!storage)
    return false;
  *out = {storage, storage->data};
  DirectCall call;
  call.pointers[0] = storage->data;
  for (std::size_t i = 0; i < arguments.size(); ++i)
    if (arguments[i].impl)
      call.pointers[i + 1] = arguments[i].impl->data();
    else
      call.set_number(loop, i, arguments[i].scalar);
  call.run(loop, result.size);
  return true;
}

bool execute(OpKind op, AttrWords attrs, std::span<const Argument> arguments,
             const ResultMetas &metas, Produced *out) noexcept {
  if (metas.direct.usable) [[likely]]
    return execute(metas.direct, arguments, *metas.metas[0], out);
  return execute(op, attrs, arguments, {metas.metas, metas.count}, metas.view, out);
}

/// Where its elements lie; of a device where it gives them.
static std::optional<IndexRange> find_range(const Impl &index) noexcept {
  const Meta &meta = *index.meta;
  if (meta.device != on_cpu && meta.size > 0 &&
      !index.storage->has_host_copy.load(std::memory_order_relaxed))
    if (const auto range = DeviceBackend::of(meta.device).index_range(meta, index.data()))
      return range;
  const std::byte *data = host_bytes(index);
  if (!data && meta.size > 0)
    return std::nullopt;
  return index_range(meta, data);
}

/// known_range, or nothing.
static std::optional<IndexRange> readable_range(Impl &index) noexcept {
  if (!(index.flags.load(std::memory_order_acquire) & Impl::range_known)) {
    const std::optional<IndexRange> range = find_range(index);
    if (!range)
      return std::nullopt;
    // Several threads may compute it; they write the same values.
    std::atomic_ref(index.index_min).store(range->min, std::memory_order_relaxed);
    std::atomic_ref(index.index_max).store(range->max, std::memory_order_relaxed);
    index.flags.fetch_or(Impl::range_known, std::memory_order_release);
  }
  return IndexRange{std::atomic_ref(index.index_min).load(std::memory_order_relaxed),
                    std::atomic_ref(index.index_max).load(std::memory_order_relaxed)};
}

IndexRange known_range(Impl &index) noexcept {
  constexpr IndexRange any{std::numeric_limits<std::int64_t>::min(),
                           std::numeric_limits<std::int64_t>::max()};
  return readable_range(index).value_or(any);
}

bool can_know_range(Impl &index) noexcept { return readable_range(index).has_value(); }

IndexRange allowed_indices(OpKind op, AttrWords attrs, std::span<const Argument> arguments) {
  std::vector<OperandType> types;
  for (const Argument &argument : arguments)
    types.push_back(argument.type());
  return info(op).index_check->allowed({op, attrs, types});
}

std::optional<std::string> check_indices(OpKind op, AttrWords attrs,
                                         std::span<const Argument> arguments) {
  const IndexRange allowed = allowed_indices(op, attrs, arguments);
  Impl &index = *arguments[info(op).index_check->operand].impl;
  const std::optional<IndexRange> found = readable_range(index);
  if (!found)
    return std::string(info(op).name) + ": " +
           DeviceBackend::of(index.meta->device)
               .refusal()
               .value_or("no memory to read the indices " + describe(*index.meta));
  const IndexRange range = *found;
  if (range.is_within(allowed))
    return std::nullopt;
  const std::int64_t culprit = range.min < allowed.min ? range.min : range.max;
  return std::string(info(op).name) + ": index " + std::to_string(culprit) +
         " is out of range: indices must be in [" + std::to_string(allowed.min) + ", " +
         std::to_string(allowed.max + 1) + ")";
}

} // namespace jit
