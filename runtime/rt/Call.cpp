// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/rt/Call.h"

#include "runtime/kernels/Mxcsr.h"
#include "runtime/kernels/Scratch.h"
#include "runtime/rt/CurrentCaller.h"
#include "runtime/rt/Words.h"

#include <algorithm>
#include <cstring>
#include <new>

namespace jit {

// Callers give all scratch that kernels ask for.
std::byte *arena::allocate(std::size_t) noexcept { __builtin_trap(); }
void arena::deallocate(std::byte *, std::size_t) noexcept { __builtin_trap(); }

namespace rt {
namespace {

/// A call as kernels take it, from words.
class Described {
public:
  /// Without data if `operands` and `results` are null. `room` holds metas and operands of a call
  /// that has more than inline_operands.
  Described(OpKind op, const std::int64_t *words, const void *const *operands, void *const *results,
            std::byte *room) noexcept;
  Described(const Described &) = delete;

  KernelCall call() const noexcept {
    return {op, attrs, {operands, operand_count}, {results, result_count}};
  }

private:
  OpKind op;
  AttrWords attrs;
  std::size_t operand_count = 0, result_count = 0;
  KernelOperand *operands = own_operands;
  KernelOperand own_operands[inline_operands];
  Meta own_metas[inline_operands], result_metas[max_results];
  KernelResult results[max_results];
};

/// What the words of a meta leave out.
void complete(Meta &meta) noexcept {
  meta.interned = false;
  meta.size = 1;
  for (const std::int64_t extent : meta.dims())
    meta.size *= extent;
  std::int64_t expected = 1;
  meta.contiguous = true;
  for (int axis = meta.rank - 1; axis >= 0 && meta.size > 1; --axis) {
    const std::int64_t extent = meta.dim_values[axis];
    meta.contiguous &= extent == 1 || meta.stride_values[axis] == expected;
    expected = meta.contiguous ? expected * extent : 0;
  }
}

Scalar number_at(ScalarKind kind, const void *bytes) noexcept {
  double floating;
  std::int64_t integer;
  std::memcpy(&floating, bytes, sizeof floating);
  std::memcpy(&integer, bytes, sizeof integer);
  switch (kind) {
  case ScalarKind::boolean:
    return integer != 0;
  case ScalarKind::integer:
    return integer;
  case ScalarKind::floating:
    return floating;
  }
  return 0;
}

KernelOperand read_operand(WordReader &reader, Meta &meta, const void *data) noexcept {
  bool is_number = false;
  ScalarKind kind = ScalarKind::floating;
  pass_operand(reader, is_number, kind);
  if (is_number) {
    constexpr std::int64_t none = 0;
    return {nullptr, nullptr, number_at(kind, data ? data : &none), nullptr};
  }
  pass_tensor(reader, meta);
  complete(meta);
  return {&meta, static_cast<const std::byte *>(data), 0, nullptr};
}

Described::Described(OpKind op, const std::int64_t *words, const void *const *operand_data,
                     void *const *result_data, std::byte *room) noexcept
    : op(op) {
  WordReader reader(words);
  std::int64_t count = 0;
  reader.word(count);
  const std::int64_t *attr_words = nullptr;
  reader.words(attr_words, count);
  attrs = {attr_words, static_cast<std::size_t>(count)};

  reader.word(operand_count);
  Meta *metas = own_metas;
  if (operand_count > inline_operands) {
    metas = reinterpret_cast<Meta *>(room);
    operands = reinterpret_cast<KernelOperand *>(metas + operand_count);
  }
  for (std::size_t i = 0; i < operand_count; ++i) {
    Meta *meta = new (metas + i) Meta;
    new (operands + i)
        KernelOperand(read_operand(reader, *meta, operand_data ? operand_data[i] : nullptr));
  }

  reader.word(result_count);
  for (std::size_t i = 0; i < result_count; ++i) {
    Meta &meta = result_metas[i];
    pass_result(reader, meta);
    std::int64_t stride = 1;
    for (int axis = meta.rank - 1; axis >= 0; --axis) {
      meta.stride_values[axis] = stride;
      stride *= std::max<std::int64_t>(meta.dim_values[axis], 1);
    }
    complete(meta);
    results[i] = {&meta, result_data ? static_cast<std::byte *>(result_data[i]) : nullptr};
  }
}

/// Bytes of scratch for operands that find no room on the stack.
std::size_t room_of(const std::int64_t *words) noexcept {
  WordReader reader(words);
  std::int64_t count = 0;
  reader.word(count);
  const std::int64_t *attr_words = nullptr;
  reader.words(attr_words, count);
  reader.word(count);
  return count > inline_operands
             ? scratch_part(count * static_cast<std::int64_t>(sizeof(Meta) + sizeof(KernelOperand)))
             : 0;
}

} // namespace

std::size_t scratch_of(OpKind op, const Kernel &kernel, const std::int64_t *words,
                       std::int32_t workers) noexcept {
  if (!kernel.scratch)
    return room_of(words);
  const Described described(op, words, nullptr, nullptr, nullptr);
  return kernel.scratch(described.call(), std::max(workers, 1));
}

void run_by(OpKind op, const Kernel &kernel, const std::int64_t *words,
            const Arguments &arguments) noexcept {
  const MxcsrGuard environment;
  const CurrentCaller scope({arguments.parallel, arguments.pool});
  auto *scratch = static_cast<std::byte *>(arguments.scratch);
  const Described described(op, words, arguments.operands, arguments.results, scratch);
  kernel.run(described.call(), {scratch, std::max(arguments.workers, 1)});
}

} // namespace rt
} // namespace jit
