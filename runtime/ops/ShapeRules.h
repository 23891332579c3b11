// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Shape rules that the records name. A rule sees a request whose arity, operand kinds, dtypes and
// attribute words have been checked; it sets dtype and dims of each result, and strides of views.
// It returns the message without the op's name, or nothing; sizes of results are checked after it.
#pragma once

#include "runtime/ops/OpTable.h"

namespace jit {

using RuleError = std::optional<std::string>;

/// "lhs f32[2,3], rhs a number": every operand, for messages.
std::string list_operands(const InferRequest &request);
/// "lhs", "rhs", the name in the record, or "operand 3" of a variadic one.
std::string operand_label(const OpInfo &op, std::size_t i, std::size_t count);

/// Broadcasts `dims` into `result`: aligned at the last axis, extents are equal or one of them
/// is 1. False if they are not, or the rank would exceed max_rank.
bool broadcast_into(DimList &result, Dims dims);

RuleError infer_broadcast(const InferRequest &request, Inferred &out);

RuleError infer_typed_reduction(const InferRequest &request, Inferred &out);
RuleError infer_extremum(const InferRequest &request, Inferred &out);
RuleError infer_truth(const InferRequest &request, Inferred &out);
RuleError infer_argmax(const InferRequest &request, Inferred &out);
RuleError infer_var_mean(const InferRequest &request, Inferred &out);

RuleError infer_cumulative(const InferRequest &request, Inferred &out);
RuleError infer_linear_scan(const InferRequest &request, Inferred &out);

RuleError infer_row(const InferRequest &request, Inferred &out);
RuleError infer_row_reduction(const InferRequest &request, Inferred &out);
RuleError infer_layer_norm(const InferRequest &request, Inferred &out);

RuleError infer_matmul(const InferRequest &request, Inferred &out);
RuleError infer_vecdot(const InferRequest &request, Inferred &out);

RuleError infer_reshape(const InferRequest &request, Inferred &out);
RuleError infer_permute_dims(const InferRequest &request, Inferred &out);
RuleError infer_broadcast_to(const InferRequest &request, Inferred &out);
RuleError infer_expand_dims(const InferRequest &request, Inferred &out);
RuleError infer_squeeze(const InferRequest &request, Inferred &out);
RuleError infer_slice(const InferRequest &request, Inferred &out);

RuleError infer_concat(const InferRequest &request, Inferred &out);
RuleError infer_slice_update(const InferRequest &request, Inferred &out);
RuleError infer_pad(const InferRequest &request, Inferred &out);
RuleError infer_windows(const InferRequest &request, Inferred &out);
RuleError infer_fold(const InferRequest &request, Inferred &out);

RuleError infer_take(const InferRequest &request, Inferred &out);
RuleError infer_take_along_axis(const InferRequest &request, Inferred &out);
RuleError infer_scatter(const InferRequest &request, Inferred &out);
RuleError infer_scatter_along_axis(const InferRequest &request, Inferred &out);
RuleError infer_one_hot(const InferRequest &request, Inferred &out);

RuleError infer_sort(const InferRequest &request, Inferred &out);
RuleError infer_searchsorted(const InferRequest &request, Inferred &out);

RuleError infer_full(const InferRequest &request, Inferred &out);
RuleError infer_arange(const InferRequest &request, Inferred &out);
RuleError infer_random(const InferRequest &request, Inferred &out);
RuleError infer_permutation(const InferRequest &request, Inferred &out);

} // namespace jit
