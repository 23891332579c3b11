// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/kernels/SmallOps.h"

#include "runtime/kernels/InferCache.h"
#include "runtime/ops/NumberRange.h"
#include "runtime/tensor/NewImpl.h"

namespace jit {

using detail::Access;

static bool holds(DType dtype, Scalar number) noexcept {
  return number.kind() != ScalarKind::integer || number_range(dtype).holds(number.as_int());
}

Impl *run_small(OpKind op, std::span<Operand *const> operands) noexcept {
  if (operands.size() > InferKey::max_operands)
    return nullptr;
  InferKey key;
  key.op = op;
  DirectCall call;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Operand &operand = *operands[i];
    if (const Impl *impl = Access::impl(operand)) {
      const Where where = impl->where.load(std::memory_order_acquire);
      if (where.state() != Where::ready) [[unlikely]]
        return nullptr;
      call.pointers[i + 1] = where.data();
      key.push_back({impl->meta});
    } else if (Access::is_scalar(operand) && !Access::is_huge(operand)) {
      key.push_back({nullptr, Access::scalar(operand).kind()});
    } else {
      return nullptr;
    }
  }
  const ResultMetas *known = ThreadInferCache::get().find(key);
  if (!known && key.take_interned()) [[unlikely]]
    known = ThreadInferCache::get().find(key);
  if (!known || !known->direct.usable)
    return nullptr;
  const DirectLoop &loop = known->direct;
  if (loop.ranged)
    for (const Operand *operand : operands)
      if (Access::is_scalar(*operand) && !holds(loop.compute, Access::scalar(*operand)))
        return nullptr; // dispatch settles it
  Storage *storage = new_storage(loop.bytes);
  if (!storage)
    return nullptr;
  Impl *result = new_impl(known->metas[0]);
  if (!result) {
    release(storage);
    return nullptr;
  }
  call.pointers[0] = storage->data;
  for (std::size_t i = 0; i < operands.size(); ++i)
    if (!key.metas[i])
      call.set_number(loop, i, Access::scalar(*operands[i]));
  call.run(loop, known->metas[0]->size);
  set_ready(result, storage, storage->data);
  return result;
}

} // namespace jit
