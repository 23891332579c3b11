// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Dispatch: the way of one op from a public function to a value, pending or computed.
#pragma once

#include "runtime/kernels/Execute.h"
#include "runtime/ops/OpTable.h"
#include "runtime/trace/Graph.h"

#include <tracejit/tensor.h>

#include <span>

namespace jit::detail {

/// The operands of one op, where they lie. Owned ones are let go as soon as the op is recorded.
using OperandList = std::span<Operand *const>;

/// Runs an op with one result, which carries a reference for the caller. The user's line is that of
/// the first operand.
Impl *dispatch_list(OpKind op, AttrWords attrs, OperandList operands);
template <class... Operands>
Tensor dispatch(OpKind op, AttrWords attrs, Operand &first, Operands &...others) {
  Operand *const list[]{&first, &others...};
  return Access::tensor(dispatch_list(op, attrs, list));
}
/// Without attributes: the op that a matched path expects next is pending at once. The operands
/// come first, so that public functions pass on what they were given.
Tensor dispatch_plain(Operand &x, OpKind op);
Tensor dispatch_plain(Operand &x, Operand &y, OpKind op);
Tensor dispatch_plain(Operand &x, Operand &y, Operand &z, OpKind op);
/// Without operands.
Tensor dispatch_at(const std::source_location &site, OpKind op, AttrWords attrs);
/// With a number of operands that varies.
Tensor dispatch(OpKind op, AttrWords attrs, std::span<Operand> operands);
/// With several results.
void dispatch_several(OpKind op, AttrWords attrs, std::span<Operand> operands,
                      std::span<Tensor> results);

/// What a gradient tape sees of an op that has been recorded or run. Set once by runtime/autograd.
struct TapeOp {
  OpKind op;
  AttrWords attrs;
  std::span<const Argument> arguments;
  std::span<Impl *const> results;
};
using TapeHook = void (*)(const TapeOp &);
extern TapeHook tape_hook;

/// Throws invalid_argument "NAME: operand is an empty tensor".
[[noreturn]] void throw_empty(std::string_view op, const std::source_location &site);
/// Throws the error that a value could not be computed for, if it is Failed.
void check_usable(const Impl &value);
/// Runs what is needed for the bytes, then throws if the value is Failed. For reads by the user.
void make_ready(Impl &value, const std::source_location &site);

} // namespace jit::detail
