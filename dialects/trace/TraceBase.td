// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What every op record is made of. A record is read twice: mlir-tblgen makes the op of dialect
// `trace`, jit-tblgen makes the C++ side (kind, attributes, table row, public function, docs, samples).
// Fields left at `?` must be given by a record or its family; jit-tblgen refuses the record otherwise.
#ifndef TRACEJIT_DIALECTS_TRACE_TRACEBASE
#define TRACEJIT_DIALECTS_TRACE_TRACEBASE

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Trace_Dialect : Dialect {
  let name = "trace";
  let cppNamespace = "::jit::trace";
  let summary = "A recorded program: tensors in SSA form, one op per recorded op.";
}

// One verifier for all: the op's types must be those that jit::infer gives.
def CheckedByInfer : NativeOpTrait<"CheckedByInfer"> { let cppNamespace = "::jit::trace"; }

//===- Types --------------------------------------------------------------------------------===//

class DTypeName<string enumerator> { string name = enumerator; }
def Bool : DTypeName<"boolean">;
def Int8 : DTypeName<"i8">;
def UInt8 : DTypeName<"u8">;
def Int16 : DTypeName<"i16">;
def UInt16 : DTypeName<"u16">;
def Int32 : DTypeName<"i32">;
def UInt32 : DTypeName<"u32">;
def Int64 : DTypeName<"i64">;
def Float32 : DTypeName<"f32">;
def Float64 : DTypeName<"f64">;

defvar Integers = [Int8, UInt8, Int16, UInt16, Int32, UInt32, Int64];
defvar Floats = [Float32, Float64];
defvar Numbers = !listconcat(Integers, Floats);
defvar Bits = !listconcat([Bool], Integers);
defvar All = !listconcat([Bool], Numbers);

defvar TensorElements = [I1, I8, UI8, I16, UI16, I32, UI32, I64, F32, F64];
defvar TensorType = RankedTensorOf<TensorElements>;

// What may stand as an operand. In dialect `trace` numbers are tensors of rank 0 that
// `trace.scalar` reads, already of the dtype the op computes in.
class OperandOf<string kind, string what>
    : Type<TensorType.predicate, what, "::mlir::RankedTensorType"> {
  string operandKind = kind;
}
def AnyOperand : OperandOf<"any", "tensor or number">;
def TensorOperand : OperandOf<"tensor", "tensor">;
def IndexOperand : OperandOf<"index", "tensor of integers">;
def NumberOperand : OperandOf<"number", "number">;
def Result : OperandOf<"result", "tensor">;

// Attributes are I64Attr, BoolAttr, DenseI64ArrayAttr and this one.
def DTypeAttr : TypeAttrOf<AnyTypeOf<TensorElements>>;

//===- Facts ---------------------------------------------------------------------------------===//

// One call for tests. Operands are texts: "[2,3]" is a tensor of the dtype under test, "i64[4]" of
// that dtype, "0.5" a number. Attributes are written as in trace files.
class Sample<list<string> operandTexts, string attrText = ""> {
  list<string> operands = operandTexts;
  string attrs = attrText;
}

// Step of a row op's body: names for the results of a dag of ops.
class Let<list<string> resultNames, dag expression> {
  list<string> names = resultNames;
  dag value = expression;
}

// Values of an index operand lie in [-bound, bound), the negative ones counting from the end, or in
// [0, bound); `bound` is a function of runtime/ops/IndexBounds.h.
class InRange<string operandName, string boundFunction, bit fromEndToo = 1> {
  string operand = operandName;
  string bound = boundFunction;
  bit fromEnd = fromEndToo;
}

// A public function that is written with other ops.
class Composite<string signatureText, string docText> {
  string signature = signatureText;
  string doc = docText;
}

//===- Ops -----------------------------------------------------------------------------------===//

class TraceOp<string mnemonic, string familyName, list<Trait> traits = []>
    : Op<Trace_Dialect, mnemonic, !listconcat([Pure, CheckedByInfer], traits)> {
  let assemblyFormat = "operands attr-dict `:` functional-type(operands, results)";
  let results = (outs Result:$result);

  string family = familyName;      // jit::Family
  string doc = ?;                  // what the function does; lines are wrapped by hand
  string typeRule = ?;             // jit::TypeRule
  list<DTypeName> types = ?;     // dtypes accepted for operands, and for attribute dtype
  string infer = ?;                // shape rule, a function of runtime/ops/ShapeRules.h
  string scalar = "none";          // jit::ScalarFunction, elementwise ops only
  // The definition, step by step; the last step is the result. Row ops have one, elementwise ops may:
  // their function is made of it, and compiled programs see its steps.
  list<Let> body = [];
  list<InRange> indexCheck = [];   // at most one
  bit updates = 0;                 // the result may lie in the memory of operand 0
  // "cheap", "long": some ten times the cycles of an addition, or "broad": long, and leaves no registers
  // for four vectors at once.
  string cost = "cheap";
  int ulp = 0;                     // bound of the error of f32 and f64 results; 0 is exact
  // Elementwise ops with an error: the bounds that tests assert, of f32 on all inputs (on samples with
  // two operands) and of f64 on samples, against the function of this name in MPFR and the C library;
  // errorOf is "result", "operand" or "largest": whose last place is the unit (docs/numerics.md).
  list<string> bounds = [];
  string errorOf = "result";
  list<Sample> samples = ?;
  string cpp = "";                 // the C++ operator for it
  // "auto": one Operand an operand, and the definition is generated. "none": no free function. Else
  // the declaration, and the definition is in runtime/eager.
  string signature = ?;

  let summary = mnemonic;
}

// A C++ number of the trace: slot k of its run-time scalars. Not an op of the table.
def ScalarOp : Op<Trace_Dialect, "scalar", [Pure]> {
  let summary = "run-time number of the trace";
  let arguments = (ins I64Attr:$slot);
  let results = (outs 0DTensorOf<TensorElements>:$result);
  let assemblyFormat = "$slot attr-dict `:` type($result)";
}

#endif // TRACEJIT_DIALECTS_TRACE_TRACEBASE
