// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What holds the ops of a recorded path together. Not in the op table: jit-tblgen never reads this.
#ifndef TRACEJIT_DIALECTS_TRACE_TRACEPROGRAM
#define TRACEJIT_DIALECTS_TRACE_TRACEPROGRAM

include "dialects/trace/TraceOps.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/SymbolInterfaces.td"

def FuncOp : Op<Trace_Dialect, "func", [IsolatedFromAbove, Symbol,
                                        SingleBlockImplicitTerminator<"::jit::trace::ReturnOp">]> {
  let summary = "One path: inputs as arguments, values that somebody may still hold as results.";
  let description = [{
    `strides` lists the strides of every argument; without it all are row-major. `refusals` is what
    fusion leaves for reports: producer op, consumer op and reason in turn.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<ArrayAttr>:$strides,
                       OptionalAttr<ArrayAttr>:$refusals);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{ ::mlir::Block &block() { return getBody().front(); } }];
}

def ReturnOp : Op<Trace_Dialect, "return", [Terminator, HasParent<"FuncOp">]> {
  let summary = "The outputs of the path, in order.";
  let arguments = (ins Variadic<TensorType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
  let builders = [OpBuilder<(ins), [{ $_state.addOperands(::mlir::ValueRange()); }]>];
}

def ConstantOp : Op<Trace_Dialect, "constant", [Pure]> {
  let summary = "A tensor that folding computed.";
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Result:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
}

#endif // TRACEJIT_DIALECTS_TRACE_TRACEPROGRAM
