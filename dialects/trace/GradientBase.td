// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What gradient records are made of. jit-tblgen turns them into C++ that calls public functions, so that
// the backward pass is recorded and fused like anything else, and derives what a tape must keep.
#ifndef TRACEJIT_DIALECTS_TRACE_GRADIENTBASE
#define TRACEJIT_DIALECTS_TRACE_GRADIENTBASE

include "dialects/trace/TraceOps.td"

// (Same $dy): the value itself. In a rule $dy stands for the gradient of the result.
def Same;

// Adds a dag of ops to the gradient of an operand; it may use operands, $dy and results by name, and
// numbers. What broadcasting repeated is summed, and the dtype is converted back. Ops are those without
// attributes; in the rule of a row op also reductions, which are over the row axis and keep it. A dag
// that is written twice is computed once.
class For<string operandName, dag expression> {
  string operand = operandName;
  dag value = expression;
}
// The operand is never differentiated, although it could be a tensor of floats.
class Constant<string operandName> : For<operandName, (Same)>;

// What a gradient written in C++ needs for an operand: operands and results by name.
class Needs<string operandName, list<string> neededNames = []> {
  string operand = operandName;
  list<string> names = neededNames;
}

class GradientOf<TraceOp differentiated> {
  TraceOp op = differentiated;
}
class Gradient<TraceOp op, list<For> forOperands> : GradientOf<op> {
  list<For> rules = forOperands;
}
// `void jit::autograd::FUNCTION(Backward &)` in runtime/autograd.
class CustomGradient<TraceOp op, string functionName, list<Needs> perOperand> : GradientOf<op> {
  string function = functionName;
  list<Needs> needs = perOperand;
  // `Keep FUNCTION(AttrWords, Keep)`: what of this an op with these attributes needs, or "" for all.
  string narrowed = "";
}
// The result is a constant: piecewise constant, or not a float.
class NoGradient<TraceOp op> : GradientOf<op>;

#endif // TRACEJIT_DIALECTS_TRACE_GRADIENTBASE
