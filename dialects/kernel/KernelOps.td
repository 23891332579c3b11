// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops of the `kernel` dialect. This comment is their contract with whoever lowers them.
//
// SPACE. A kernel.func has a space: a list of axes, axis n written as letter 'i' + n, each with an
// extent >= 1 and a kind. `parallel` axes come first: their points are independent and may run in
// any order, in any chunks, on any thread. `row` axes follow: reductions run over them. Loops are
// implicit: a value of type !kernel.val<f32, [i, k]> is one number for every point of i x k, and an
// operand that lacks an axis is broadcast along it. `inner` is the axis of a contraction; no lowering
// meets it.
//
// BUFFERS. Arguments are buffers, inputs before outputs (an output is an argument that is stored
// to, and is never loaded). An access has a map: element offset = offset + sum(axis * stride) from
// the address of the argument, strides may be negative; 0 means "does not depend on this axis". A
// load ranges over exactly the axes of its map and of its guard, a gather also over those of its index. A store happens once for every point of the axes of
// its map; its value ranges over some of them. Outputs do not overlap inputs or each other, with one
// exception that planning may choose: an output is the same memory as an input that is only loaded,
// guarded or not, with the map of the store, whose store ranges over all axes, and, if there are row axes, lies in the
// last pass. So: emit ops of a pass in program order and nothing can break.
// All points of the store's map are distinct: every element is written once.
//
// TYPES. i1 (bool: a byte, 0 or 1), ui8, i64, f32, f64. `ew` takes operands that already have the
// dtype it computes in (the condition of `where`: i1) and converts nothing by itself; a conversion is
// `ew cast`. Arithmetic is that of docs/numerics.md, by the templates of runtime/scalar.
//
// REDUCTIONS. A reduce runs over *all* row axes of the space, flattened row-major in axis order, in
// the canonical order `inner` or `outer`; all reductions of a kernel have the same order. Merging
// axes leaves one row axis at most, or several of 32 points in all (a window). `inner`: vectors along the row axis, `outer`: vectors along the last
// parallel axis (four chains). Results lack the row axes. sum, prod, max, min: element type of the
// operand; any, all: i1; argmax, argmin: i64, the index of the first winner; varmean: two results, variance
// (with `correction`) and mean.
//
// PASSES. const, arg, index, inside: pass 0; load, ew, gather: the greatest of its operands; reduce: the operand's
// plus 1. Each pass is one loop over the row. A value that ranges over row axes and is needed in a
// later pass than its own is computed again there, unless a `keep` stands between: then it is
// stored to scratch and loaded back.
//
// SCALARS. `arg n` is element n of the scalar arguments of this call, already of the result's dtype.
#ifndef TRACEJIT_KERNEL_OPS_TD
#define TRACEJIT_KERNEL_OPS_TD

include "dialects/kernel/KernelBase.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class KernelOp<string name, list<Trait> traits = []> : Op<KernelDialect, name, traits>;

def Kernel_FuncOp : KernelOp<"func", [IsolatedFromAbove, Symbol, SingleBlock, NoTerminator]> {
  let summary = "One fused kernel.";
  let arguments = (ins SymbolNameAttr:$sym_name, Kernel_Space:$space);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::Block &block() { return getBody().front(); }
    /// Arguments that are loaded come first; the others are outputs.
    unsigned count_inputs();
  }];
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins "::llvm::StringRef":$name, "::jit::kernel::SpaceAttr":$space,
                                 "::mlir::TypeRange":$arguments)>];
}

def Kernel_LoadOp : KernelOp<"load", [Pure]> {
  let summary = "Element of a buffer at the point of the axes.";
  let description = "Where `guard` is false there need be no element, and the result is 0.";
  let arguments = (ins Kernel_Buf:$buffer, Kernel_Map:$map, Optional<Kernel_Val>:$guard);
  let results = (outs Kernel_Val:$result);
  let assemblyFormat = [{
    $buffer custom<Access>($map) (`if` $guard^)? attr-dict `:` type($buffer) (`,` type($guard)^)? `->` type($result)
  }];
  let hasVerifier = 1;
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins "::mlir::Value":$buffer, "::jit::kernel::MapAttr":$map,
                                 CArg<"::mlir::Value", "{}">:$guard)>];
}

def Kernel_GatherOp : KernelOp<"gather", [Pure]> {
  let summary = "Element of a buffer at a place that another value names.";
  let description = [{
    A load whose element offset is that of the map + index * stride. The index is an integer in
    [-extent, extent), which has been checked; a negative one counts from the end. `guard`: as of a load.
  }];
  let arguments = (ins Kernel_Buf:$buffer, Kernel_Map:$map, Kernel_Val:$index, I64Attr:$stride,
                       I64Attr:$extent, Optional<Kernel_Val>:$guard);
  let results = (outs Kernel_Val:$result);
  let assemblyFormat = [{
    $buffer custom<Access>($map) `at` $index `*` $stride `of` $extent (`if` $guard^)? attr-dict `:` type($buffer) `,` type($index) (`,` type($guard)^)? `->` type($result)
  }];
  let hasVerifier = 1;
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins "::mlir::Value":$buffer, "::jit::kernel::MapAttr":$map,
                                 "::mlir::Value":$index, "int64_t":$stride, "int64_t":$extent,
                                 CArg<"::mlir::Value", "{}">:$guard)>];
}

def Kernel_StoreOp : KernelOp<"store"> {
  let summary = "Writes the value for every point of the axes of the map.";
  let arguments = (ins Kernel_Val:$value, Kernel_Buf:$buffer, Kernel_Map:$map);
  let assemblyFormat = "$value `,` $buffer custom<Access>($map) attr-dict `:` type($value) `->` type($buffer)";
  let hasVerifier = 1;
}

def Kernel_ConstOp : KernelOp<"const", [Pure]> {
  let summary = "A constant; its bits are those of the attribute.";
  let arguments = (ins TypedAttrInterface:$value);
  let results = (outs Kernel_Val:$result);
  let assemblyFormat = "$value attr-dict `->` type($result)";
  let hasVerifier = 1;
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins "::mlir::TypedAttr":$value)>];
}

def Kernel_ArgOp : KernelOp<"arg", [Pure]> {
  let summary = "A run-time number: scalar argument `number` of the call.";
  let arguments = (ins I32Attr:$number);
  let results = (outs Kernel_Val:$result);
  let assemblyFormat = "$number attr-dict `:` type($result)";
}

def Kernel_IndexOp : KernelOp<"index", [Pure]> {
  let summary = "The number of the point along one axis, as i64.";
  let arguments = (ins I32Attr:$axis);
  let results = (outs Kernel_Val:$result);
  let assemblyFormat = "custom<AxisName>($axis) attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Kernel_InsideOp : KernelOp<"inside", [Pure]> {
  let summary = "Whether a sum of axes lies in [0, extent).";
  let arguments = (ins Kernel_Map:$coordinate, I64Attr:$extent);
  let results = (outs Kernel_Val:$result);
  let assemblyFormat = "custom<Access>($coordinate) `of` $extent attr-dict `->` type($result)";
  let hasVerifier = 1;
  let skipDefaultBuilders = 1;
  let builders = [OpBuilder<(ins "::jit::kernel::MapAttr":$coordinate, "int64_t":$extent)>];
}

def Kernel_EwOp : KernelOp<"ew", [Pure]> {
  let summary = "A scalar function of the op table, applied at every point.";
  let arguments = (ins Kernel_Function:$function, Variadic<Kernel_Val>:$operands);
  let results = (outs Kernel_Val:$result);
  let assemblyFormat = [{
    custom<Function>($function) $operands attr-dict `:` functional-type($operands, $result)
  }];
  let hasVerifier = 1;
  let builders = [OpBuilder<(ins "::jit::ScalarFunction":$function, "::mlir::ValueRange":$operands,
                                 "::mlir::Type":$element)>];
  let extraClassDeclaration = "::jit::ScalarFunction scalar() { return getFunction().getValue(); }";
}

def Kernel_ReduceOp : KernelOp<"reduce", [Pure]> {
  let summary = "Reduction over the row axes in a canonical order.";
  let arguments = (ins Kernel_ReduceKind:$kind, Kernel_Val:$operand, Kernel_ReduceOrder:$order,
                       DefaultValuedAttr<I64Attr, "0">:$correction);
  let results = (outs Variadic<Kernel_Val>:$results);
  let assemblyFormat = [{
    $kind $operand `order` $order (`correction` $correction^)? attr-dict `:` functional-type($operand, $results)
  }];
  let hasVerifier = 1;
}

def Kernel_ContractOp : KernelOp<"contract", [Pure]> {
  let summary = "Sum of lhs * rhs over the inner axis, in the canonical order of contractions.";
  let description = [{
    Operands are plain loads. After `cut` its kernel stores it, by rows of neighbours, and does
    nothing else: planning makes that a call of the library's microkernels, so a lowering never meets it.
  }];
  let arguments = (ins Kernel_Val:$lhs, Kernel_Val:$rhs);
  let results = (outs Kernel_Val:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
}

def Kernel_KeepOp : KernelOp<"keep", [Pure]> {
  let summary = "The operand, held between passes instead of computed again.";
  let arguments = (ins Kernel_Val:$value);
  let results = (outs Kernel_Val:$result);
  let assemblyFormat = "$value attr-dict `:` type($value) `->` type($result)";
  let hasVerifier = 1;
}

def Kernel_LaunchOp : KernelOp<"launch", [Pure]> {
  let summary = "Runs a kernel on tensors: the seam between the two dialects.";
  let description = [{
    Operands are the inputs of the function, results its outputs. `slots` are the run-time numbers of
    the path that become its scalar arguments, `ops` the graph ops that it computes, for reports.
    With `then` the function is a product, whose operands come first, and the results are those of
    the epilogue: a function of the product, as argument 0, and of the other operands. Its space is
    that of the product without k (batch..., m, n; all parallel), and it runs on finished tiles.
    Merging leaves n an axis of its own, the last one, unless it has one point.
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<AnyRankedTensor>:$operands,
                       DenseI32ArrayAttr:$slots, DenseI32ArrayAttr:$ops,
                       OptionalAttr<FlatSymbolRefAttr>:$epilogue);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $callee (`then` $epilogue^)? `(` $operands `)` `slots` $slots `ops` $ops attr-dict `:` functional-type($operands, $results)
  }];
  let builders = [OpBuilder<(ins "::mlir::TypeRange":$results, "::llvm::StringRef":$callee,
                                 "::mlir::ValueRange":$operands, "::llvm::ArrayRef<int32_t>":$slots,
                                 "::llvm::ArrayRef<int32_t>":$ops), [{
    build($_builder, $_state, results, callee, operands, slots, ops, /*epilogue=*/{});
  }]>];
  let hasVerifier = 1;
}

def Kernel_JoinOp : KernelOp<"join", [Pure]> {
  let summary = "Tensors side by side along an axis, in one memory.";
  let description = [{
    The operands lie in the memory of the result: the functions of their launches store there, with
    its strides and at an offset, and nobody else reads them. `op` is the graph op, for reports.
  }];
  let arguments = (ins Variadic<AnyRankedTensor>:$parts, I64Attr:$axis, I32Attr:$op);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = [{
    `(` $parts `)` `axis` $axis `op` $op attr-dict `:` functional-type($parts, $result)
  }];
  let hasVerifier = 1;
}

#endif
