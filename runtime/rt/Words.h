// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The blocks of words that rt.h describes. Each is spelt out once, as a function over a stream that
// either reads words or writes them.
#pragma once

#include "runtime/kernels/contract/Contract.h"
#include "runtime/ops/OpTable.h"
#include "runtime/rt/rt.h"

#include <concepts>
#include <type_traits>

namespace jit::rt {

static_assert(
    static_cast<int>(DType::boolean) == TJ_RT1_BOOL && static_cast<int>(DType::i8) == TJ_RT1_I8 &&
    static_cast<int>(DType::u8) == TJ_RT1_U8 && static_cast<int>(DType::i16) == TJ_RT1_I16 &&
    static_cast<int>(DType::u16) == TJ_RT1_U16 && static_cast<int>(DType::i32) == TJ_RT1_I32 &&
    static_cast<int>(DType::u32) == TJ_RT1_U32 && static_cast<int>(DType::i64) == TJ_RT1_I64 &&
    static_cast<int>(DType::f16) == TJ_RT1_F16 && static_cast<int>(DType::bf16) == TJ_RT1_BF16 &&
    static_cast<int>(DType::f32) == TJ_RT1_F32 && static_cast<int>(DType::f64) == TJ_RT1_F64);
static_assert(static_cast<int>(ScalarKind::boolean) == TJ_RT1_NUMBER_BOOL &&
              static_cast<int>(ScalarKind::integer) == TJ_RT1_NUMBER_INT &&
              static_cast<int>(ScalarKind::floating) == TJ_RT1_NUMBER_FLOAT);
static_assert(max_rank == TJ_RT1_MAX_RANK);

/// Takes words from a block.
class WordReader {
public:
  explicit WordReader(const std::int64_t *words) noexcept : next(words) {}

  template <class T> void word(T &value) noexcept { value = static_cast<T>(*next++); }
  void words(std::int64_t *values, std::int64_t count) noexcept {
    for (std::int64_t i = 0; i < count; ++i)
      values[i] = *next++;
  }
  /// As they lie in the block.
  void words(const std::int64_t *&values, std::int64_t count) noexcept {
    values = next;
    next += count;
  }

private:
  const std::int64_t *next;
};

/// dtype, rank, extents and strides of a meta; size and `contiguous` are not words.
template <class Stream> void pass_tensor(Stream &stream, Meta &meta) {
  stream.word(meta.dtype);
  stream.word(meta.rank);
  stream.words(meta.dim_values, meta.rank);
  stream.words(meta.stride_values, meta.rank);
}

template <class Stream> void pass_result(Stream &stream, Meta &meta) {
  stream.word(meta.dtype);
  stream.word(meta.rank);
  stream.words(meta.dim_values, meta.rank);
}

/// Whether an operand is a tensor, and the kind of one that is not. The meta of a tensor follows.
template <class Stream> void pass_operand(Stream &stream, bool &is_number, ScalarKind &kind) {
  stream.word(is_number);
  if (is_number)
    stream.word(kind);
}

/// Everything but pointers. `whole_rows` is -1 without an epilogue.
template <class Stream> void pass_product(Stream &stream, ContractArgs &args, int &whole_rows) {
  stream.word(args.dtype);
  for (std::int64_t *value : {&args.m, &args.n, &args.k, &args.a_row_stride, &args.a_col_stride,
                              &args.b_row_stride, &args.b_col_stride, &args.c_row_stride})
    stream.word(*value);
  stream.word(whole_rows);
  ContractBatch &batch = args.batch;
  stream.word(batch.rank);
  for (const std::int64_t **values :
       {&batch.sizes, &batch.a_strides, &batch.b_strides, &batch.c_strides})
    stream.words(*values, batch.rank);
}

} // namespace jit::rt
