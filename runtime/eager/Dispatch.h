// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Dispatch: the way of one op from a public function to a value, pending or computed.
#pragma once

#include "runtime/kernels/Execute.h"
#include "runtime/ops/OpTable.h"
#include "runtime/trace/Graph.h"

#include <tracejit/tensor.h>

#include <span>

namespace jit::detail {

/// Runs an op with one result. Owned operands are let go as soon as the op is recorded.
Tensor dispatch(OpKind op, AttrWords attrs, std::span<Operand> operands);
/// For ops without a tensor operand to carry the user's line.
Tensor dispatch(OpKind op, AttrWords attrs, std::span<Operand> operands,
                const std::source_location &site);
/// With several results.
void dispatch(OpKind op, AttrWords attrs, std::span<Operand> operands, std::span<Tensor> results);

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
[[noreturn]] void throw_empty(std::string_view op);
/// Throws the error that a value could not be computed for, if it is Failed.
void check_usable(const Impl &value);
/// Runs what is needed for the bytes, then throws if the value is Failed. For reads by the user.
void make_ready(Impl &value, const std::source_location &site);

} // namespace jit::detail
