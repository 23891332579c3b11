// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elementwise ops: operands broadcast, every element on its own. The enumerators of ScalarFunction
// are made from these records.
#ifndef TRACEJIT_DIALECTS_TRACE_ELEMENTWISE
#define TRACEJIT_DIALECTS_TRACE_ELEMENTWISE

include "dialects/trace/TraceBase.td"

class Elementwise<string mnemonic, string rule, list<Trait> traits = []>
    : TraceOp<mnemonic, "elementwise", traits> {
  let typeRule = rule;
  let types = All;
  let infer = "infer_broadcast";
  let scalar = mnemonic;
  let signature = "auto";
}
class Unary<string mnemonic, string rule> : Elementwise<mnemonic, rule> {
  let arguments = (ins AnyOperand:$x);
  let samples = [Sample<["[2,3]"]>];
}
class Binary<string mnemonic, string rule, list<Trait> traits = []>
    : Elementwise<mnemonic, rule, traits> {
  let arguments = (ins AnyOperand:$x, AnyOperand:$y);
  let samples = [Sample<["[2,3]", "[2,3]"]>, Sample<["[3,1]", "[1,4]"]>, Sample<["[5]", "2"]>];
}
class Comparison<string mnemonic, list<Trait> traits = []>
    : Binary<mnemonic, "comparison", traits>;
class Logical<string mnemonic> : Binary<mnemonic, "logical", [Commutative]>;

//===- Arithmetic of one number ----------------------------------------------------------------===//

def NegativeOp : Unary<"negative", "numeric"> {
  let doc = "-x; integers wrap.";
  let cpp = "operator-";
}
def AbsOp : Unary<"abs", "numeric"> {
  let doc = "Absolute value; the smallest integer is its own.";
}
def SignOp : Unary<"sign", "numeric"> {
  let doc = "-1, 0 or 1; keeps NaN and the sign of zero.";
}
def FloorOp : Unary<"floor", "numeric"> {
  let doc = "Largest integral value not above x; integers are returned as they are.";
}
def CeilOp : Unary<"ceil", "numeric"> {
  let doc = "Smallest integral value not below x; integers are returned as they are.";
}
def TruncOp : Unary<"trunc", "numeric"> {
  let doc = "x without its fraction; integers are returned as they are.";
}
def RoundOp : Unary<"round", "numeric"> {
  let doc = "The nearest integral value, ties to even; integers are returned as they are.";
}
def SquareOp : Unary<"square", "numeric"> {
  let doc = "x * x; integers wrap.";
}
def SqrtOp : Unary<"sqrt", "floating"> {
  let doc = "Square root, correctly rounded; NaN below -0.";
  let bounds = ["0.5", "0.5"];
}
def RsqrtOp : Unary<"rsqrt", "floating"> {
  let doc = "1 / sqrt(x), both steps correctly rounded.";
  let ulp = 2;
  let bounds = ["1.5", "1.5"];
}

def BitwiseInvertOp : Unary<"bitwise_invert", "numeric"> {
  let doc = "Every bit the other way round; of bool, not.";
  let types = Bits;
  let cpp = "operator~";
}

//===- Functions ------------------------------------------------------------------------------===//

class Function<string mnemonic, string f32Bound, string f64Bound> : Unary<mnemonic, "floating"> {
  let ulp = 2;
  let cost = "long";
  let bounds = [f32Bound, f64Bound];
}
def ExpOp : Function<"exp", "1.1", "1.1"> {
  let doc = "e to the power x.";
}
def LogOp : Function<"log", "1.0", "1.0"> {
  let doc = "Natural logarithm; NaN below -0.";
}
def SinOp : Function<"sin", "1.6", "2.0"> {
  let doc = "Sine of x in radians.";
  let cost = "broad";
}
def CosOp : Function<"cos", "1.6", "2.0"> {
  let doc = "Cosine of x in radians.";
  let cost = "broad";
}
def TanhOp : Function<"tanh", "1.8", "2.0"> {
  let doc = "Hyperbolic tangent.";
}
def ErfOp : Function<"erf", "1.2", "2.0"> {
  let doc = "Error function.";
}
def SigmoidOp : Function<"sigmoid", "2.0", "2.0"> {
  let doc = "1 / (1 + exp(-x)), computed as exp(x) / (1 + exp(x)) for negative x.";
}
def GeluOp : Function<"gelu", "1.8", "2.0"> {
  let doc = "x * (1 + erf(x / sqrt(2))) / 2, and -0 for -infinity. The error is relative to |x|.";
  let errorOf = "operand";
}
def ReluOp : Unary<"relu", "numeric"> {
  let doc = "0 > x ? 0 : x; keeps NaN and -0.";
}
def IsnanOp : Unary<"isnan", "comparison"> {
  let doc = "Whether x is NaN; false for integers.";
}
def Expm1Op : Function<"expm1", "1.6", "2.0"> {
  let doc = "exp(x) - 1 with its own digits near 0.";
}
def Log1pOp : Function<"log1p", "1.3", "1.0"> {
  let doc = "log(1 + x) with its own digits near 0; NaN below -1.";
}
def Exp2Op : Function<"exp2", "0.9", "1.3"> {
  let doc = "2 to the power x, exact for integral x.";
}
def Log2Op : Function<"log2", "1.4", "1.5"> {
  let doc = "Logarithm to the base 2, exact for powers of 2; NaN below -0.";
}
def Log10Op : Function<"log10", "1.5", "1.5"> {
  let doc = "Logarithm to the base 10, exact for powers of 10; NaN below -0.";
}
def AtanOp : Function<"atan", "1.3", "2.0"> {
  let doc = "Arc tangent in radians.";
}
def SinhOp : Function<"sinh", "1.5", "2.0"> {
  let doc = "Hyperbolic sine.";
  let cost = "broad";
}
def CoshOp : Function<"cosh", "1.3", "2.0"> {
  let doc = "Hyperbolic cosine.";
  let cost = "broad";
}
def TanOp : Function<"tan", "1.4", "2.0"> {
  let doc = "Tangent of x in radians.";
  let cost = "broad";
}
def AsinOp : Function<"asin", "1.2", "2.0"> {
  let doc = "Arc sine in radians; NaN beyond 1.";
}
def AcosOp : Function<"acos", "1.2", "2.0"> {
  let doc = "Arc cosine in radians; NaN beyond 1.";
}
def AsinhOp : Function<"asinh", "1.7", "2.0"> {
  let doc = "Inverse hyperbolic sine.";
  let cost = "broad";
}
def AcoshOp : Function<"acosh", "1.9", "2.0"> {
  let doc = "Inverse hyperbolic cosine; NaN below 1.";
  let cost = "broad";
}
def AtanhOp : Function<"atanh", "1.5", "2.0"> {
  let doc = "Inverse hyperbolic tangent; NaN beyond 1.";
  let cost = "broad";
}
def ErfcOp : Function<"erfc", "1.8", "2.0"> {
  let doc = "1 - erf(x) with its own digits for large x.";
  let cost = "broad";
}

def IsfiniteOp : Unary<"isfinite", "comparison"> {
  let doc = "Whether x is neither infinite nor NaN; true for integers.";
}
def IsinfOp : Unary<"isinf", "comparison"> {
  let doc = "Whether x is infinite; false for integers.";
}
def SignbitOp : Unary<"signbit", "comparison"> {
  let doc = "Whether x is negative or -0; false for NaN.";
}

//===- Arithmetic of two numbers ----------------------------------------------------------------===//

def AddOp : Binary<"add", "numeric", [Commutative]> {
  let doc = "x + y; integers wrap.";
  let cpp = "operator+";
}
def SubtractOp : Binary<"subtract", "numeric"> {
  let doc = "x - y; integers wrap.";
  let cpp = "operator-";
}
def MultiplyOp : Binary<"multiply", "numeric", [Commutative]> {
  let doc = "x * y; integers wrap.";
  let cpp = "operator*";
}
def DivideOp : Binary<"divide", "floating"> {
  let doc = "x / y as floating-point numbers; integers are divided as f32.";
  let cpp = "operator/";
}
def PowOp : Binary<"pow", "numeric"> {
  let doc = "x to the power y. Integers wrap; a negative integer power gives +-1 for x = +-1 and 0 otherwise.\n"
            "The literal power 2 is square(x).";
  let ulp = 2;
  let cost = "broad";
  let bounds = ["0.6", "1.2"];
  let signature = "Tensor pow(Operand x, Operand y)";
}
def MinimumOp : Binary<"minimum", "numeric", [Commutative]> {
  let doc = "The smaller one; NaN wins and -0 < +0.";
}
def MaximumOp : Binary<"maximum", "numeric", [Commutative]> {
  let doc = "The larger one; NaN wins and -0 < +0.";
}
def Atan2Op : Binary<"atan2", "floating"> {
  let doc = "The angle of the point with ordinate x and abscissa y, in [-pi, pi]: the arc tangent of x / y where y > 0.";
  let ulp = 2;
  let cost = "broad";
  let bounds = ["1.6", "2.0"];
}
def HypotOp : Binary<"hypot", "floating", [Commutative]> {
  let doc = "sqrt(x * x + y * y) without overflow on the way; infinity beats NaN.";
  let ulp = 2;
  let cost = "broad";
  let bounds = ["0.6", "1.2"];
}
def LogaddexpOp : Binary<"logaddexp", "floating", [Commutative]> {
  let doc = "log(exp(x) + exp(y)) without overflow on the way. The error is relative to the largest of |x|, |y|, the\n"
            "result and what is added to the larger operand.";
  let ulp = 2;
  let cost = "broad";
  let bounds = ["1.8", "2.0"];
  let errorOf = "largest";
}

def CopysignOp : Binary<"copysign", "floating"> {
  let doc = "|x| with the sign of y; |x| where y is NaN.";
}
def NextafterOp : Binary<"nextafter", "floating"> {
  let doc = "The float beside x on the way to y; y if they are equal.";
}
def FloorDivideOp : Binary<"floor_divide", "numeric"> {
  let doc = "x / y rounded down; of integers 0 where y is 0, of floats x / y there.";
  let types = Numbers;
  let cost = "long";
}
def RemainderOp : Binary<"remainder", "numeric"> {
  let doc = "x - floor_divide(x, y) * y, exactly, with the sign of y; where y is 0, of integers 0, of floats NaN.";
  let types = Numbers;
  let cost = "long";
  let cpp = "operator%";
}
class BitwiseBinary<string mnemonic, list<DTypeName> accepted, list<Trait> traits = []>
    : Binary<mnemonic, "numeric", traits> {
  let types = accepted;
}
def BitwiseAndOp : BitwiseBinary<"bitwise_and", Bits, [Commutative]> {
  let doc = "Bits that both have; of bool, whether both are true.";
  let cpp = "operator&";
}
def BitwiseOrOp : BitwiseBinary<"bitwise_or", Bits, [Commutative]> {
  let doc = "Bits that one of them has; of bool, whether one is true.";
  let cpp = "operator|";
}
def BitwiseXorOp : BitwiseBinary<"bitwise_xor", Bits, [Commutative]> {
  let doc = "Bits that differ; of bool, whether one alone is true.";
  let cpp = "operator^";
}
def LeftShiftOp : BitwiseBinary<"left_shift", Integers> {
  let doc = "x * 2^y, wrapping; 0 where y is negative or not below the width of the dtype.";
  let cpp = "operator<<";
}
def RightShiftOp : BitwiseBinary<"right_shift", Integers> {
  let doc = "x / 2^y, rounded down; 0 where y is negative or not below the width of the dtype.";
  let cpp = "operator>>";
}

//===- Comparisons and logic ---------------------------------------------------------------------===//

def EqualOp : Comparison<"equal", [Commutative]> {
  let doc = "x == y; false if one is NaN.";
  let cpp = "operator==";
}
def NotEqualOp : Comparison<"not_equal", [Commutative]> {
  let doc = "x != y; true if one is NaN.";
  let cpp = "operator!=";
}
def LessOp : Comparison<"less"> {
  let doc = "x < y; false if one is NaN.";
  let cpp = "operator<";
}
def LessEqualOp : Comparison<"less_equal"> {
  let doc = "x <= y; false if one is NaN.";
  let cpp = "operator<=";
}
def GreaterOp : Comparison<"greater"> {
  let doc = "x > y; false if one is NaN.";
  let cpp = "operator>";
}
def GreaterEqualOp : Comparison<"greater_equal"> {
  let doc = "x >= y; false if one is NaN.";
  let cpp = "operator>=";
}
def LogicalAndOp : Logical<"logical_and"> {
  let doc = "Whether both are true; numbers other than 0, NaN included, are true.";
}
def LogicalOrOp : Logical<"logical_or"> {
  let doc = "Whether one is true; numbers other than 0, NaN included, are true.";
}
def LogicalXorOp : Logical<"logical_xor"> {
  let doc = "Whether one alone is true; numbers other than 0, NaN included, are true.";
}
def LogicalNotOp : Unary<"logical_not", "logical"> {
  // No operator: `!x` is `!bool(x)`, as in conditions.
  let doc = "Whether x is 0 or false.";
}

//===- Choice and conversion -----------------------------------------------------------------------===//

def WhereOp : Elementwise<"where", "select"> {
  let doc = "x where the condition is true, y elsewhere. The condition is bool; x and y promote.";
  let arguments = (ins AnyOperand:$condition, AnyOperand:$x, AnyOperand:$y);
  let samples = [Sample<["bool[2,3]", "[2,3]", "[2,3]"]>, Sample<["bool[3,1]", "[4]", "0"]>];
}
def ClipOp : Elementwise<"clip", "numeric"> {
  let doc = "min(max(x, low), high); keeps NaN.";
  let arguments = (ins AnyOperand:$x, AnyOperand:$low, AnyOperand:$high);
  let samples = [Sample<["[2,3]", "0", "1"]>, Sample<["[2,3]", "[3]", "[2,1]"]>];
}
def AstypeOp : Elementwise<"astype", "cast"> {
  let doc = "Converts: integer to float rounds once; float to integer truncates, saturates and gives 0 for NaN;\n"
            "integer to integer wraps; to bool is x != 0, true for NaN.";
  let arguments = (ins AnyOperand:$x, DTypeAttr:$dtype);
  let scalar = "cast";
  let samples = [Sample<["[2,3]"], "dtype=f32">, Sample<["[2,3]"], "dtype=u8">, Sample<["[2,3]"], "dtype=bool">];
  let signature = "Tensor astype(Operand x, DType dtype)";
}

//===- Functions made of others ------------------------------------------------------------------------===//

// Every step rounds once; there is no error but that of the steps.
class Composed<string mnemonic> : Elementwise<mnemonic, "floating">;
class ComposedUnary<string mnemonic> : Unary<mnemonic, "floating">;

def ReciprocalOp : ComposedUnary<"reciprocal"> {
  let doc = "1 / x.";
  let body = [Let<["y"], (DivideOp 1, $x)>];
}
def SiluOp : ComposedUnary<"silu"> {
  let doc = "x * sigmoid(x).";
  let body = [Let<["y"], (MultiplyOp $x, (SigmoidOp $x))>];
}
def HardsigmoidOp : ComposedUnary<"hardsigmoid"> {
  let doc = "clip(x + 3, 0, 6) / 6.";
  let body = [Let<["y"], (DivideOp (ClipOp (AddOp $x, 3), 0, 6), 6)>];
}
def HardswishOp : ComposedUnary<"hardswish"> {
  let doc = "x * clip(x + 3, 0, 6) / 6.";
  let body = [Let<["y"], (DivideOp (MultiplyOp $x, (ClipOp (AddOp $x, 3), 0, 6)), 6)>];
}
def GeluTanhOp : ComposedUnary<"gelu_tanh"> {
  let doc = "The approximation x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))) of gelu.";
  let body = [Let<["cube"], (MultiplyOp (SquareOp $x), $x)>,
              Let<["inner"], (AddOp $x, (MultiplyOp "0.044715", $cube))>,
              Let<["t"], (TanhOp (MultiplyOp "0.7978845608028654", $inner))>,
              Let<["y"], (MultiplyOp (MultiplyOp "0.5", $x), (AddOp 1, $t))>];
}
def SoftsignOp : ComposedUnary<"softsign"> {
  let doc = "x / (1 + |x|).";
  let body = [Let<["y"], (DivideOp $x, (AddOp 1, (AbsOp $x)))>];
}
def SoftplusOp : ComposedUnary<"softplus"> {
  let doc = "log(1 + exp(x)), as max(x, 0) + log1p(exp(-|x|)), which does not overflow.";
  let body = [Let<["tail"], (Log1pOp (ExpOp (NegativeOp (AbsOp $x))))>,
              Let<["y"], (AddOp (MaximumOp $x, 0), $tail)>];
}
def LogSigmoidOp : ComposedUnary<"log_sigmoid"> {
  let doc = "log(sigmoid(x)), as -softplus(-x).";
  let body = [Let<["y"], (NegativeOp (SoftplusOp (NegativeOp $x)))>];
}
def MishOp : ComposedUnary<"mish"> {
  let doc = "x * tanh(softplus(x)).";
  let body = [Let<["y"], (MultiplyOp $x, (TanhOp (SoftplusOp $x)))>];
}
def EluOp : Composed<"elu"> {
  let doc = "x > 0 ? x : alpha * expm1(x).";
  let arguments = (ins AnyOperand:$x, AnyOperand:$alpha);
  let body = [Let<["y"], (WhereOp (GreaterOp $x, 0), $x, (MultiplyOp $alpha, (Expm1Op $x)))>];
  let samples = [Sample<["[2,3]", "1"]>, Sample<["[2,3]", "[3]"]>];
}
def BceWithLogitsOp : Composed<"bce_with_logits"> {
  let doc = "Cross entropy of a label y in [0, 1] and sigmoid(x): max(x, 0) - x * y + log1p(exp(-|x|)). The loss is\n"
            "the mean of it.";
  let arguments = (ins AnyOperand:$x, AnyOperand:$y);
  let body = [Let<["linear"], (SubtractOp (MaximumOp $x, 0), (MultiplyOp $x, $y))>,
              Let<["r"], (AddOp $linear, (Log1pOp (ExpOp (NegativeOp (AbsOp $x)))))>];
  let samples = [Sample<["[2,3]", "[2,3]"]>, Sample<["[2,3]", "1"]>];
}
def LeakyReluOp : Composed<"leaky_relu"> {
  let doc = "x > 0 ? x : slope * x.";
  let arguments = (ins AnyOperand:$x, AnyOperand:$slope);
  let body = [Let<["y"], (WhereOp (GreaterOp $x, 0), $x, (MultiplyOp $slope, $x))>];
  let samples = [Sample<["[2,3]", "0.01"]>, Sample<["[2,3]", "[3]"]>];
}
def XlogyOp : Composed<"xlogy"> {
  let doc = "x * log(y); 0 where x is 0 and y is not NaN.";
  let arguments = (ins AnyOperand:$x, AnyOperand:$y);
  let body = [Let<["none"], (LogicalAndOp (EqualOp $x, 0), (EqualOp $y, $y))>,
              Let<["r"], (WhereOp $none, 0, (MultiplyOp $x, (LogOp $y)))>];
  let samples = [Sample<["[2,3]", "[2,3]"]>, Sample<["[3,1]", "[1,4]"]>];
}
def LerpOp : Composed<"lerp"> {
  let doc = "x + w * (y - x) for w < 1/2, else y - (y - x) * (1 - w): x at 0 and y at 1.";
  let arguments = (ins AnyOperand:$x, AnyOperand:$y, AnyOperand:$w);
  let body = [Let<["d"], (SubtractOp $y, $x)>,
              Let<["low"], (AddOp $x, (MultiplyOp $w, $d))>,
              Let<["high"], (SubtractOp $y, (MultiplyOp $d, (SubtractOp 1, $w)))>,
              Let<["r"], (WhereOp (LessOp $w, "0.5"), $low, $high)>];
  let samples = [Sample<["[2,3]", "[2,3]", "0.25"]>, Sample<["[2,3]", "[3]", "[2,1]"]>];
}
def SmoothL1Op : Composed<"smooth_l1"> {
  let doc = "d * d / (2 beta) for d = |x - y| < beta, else d - beta / 2. The loss is the mean of it.";
  let arguments = (ins AnyOperand:$x, AnyOperand:$y, AnyOperand:$beta);
  let body = [Let<["d"], (AbsOp (SubtractOp $x, $y))>,
              Let<["near"], (DivideOp (MultiplyOp (MultiplyOp "0.5", $d), $d), $beta)>,
              Let<["far"], (SubtractOp $d, (MultiplyOp "0.5", $beta))>,
              Let<["r"], (WhereOp (LessOp $d, $beta), $near, $far)>];
  let samples = [Sample<["[2,3]", "[2,3]", "1"]>, Sample<["[2,3]", "[3]", "0.5"]>];
}

def : Composite<"Tensor positive(Operand x)", "x itself; an error for bool.">;
def : Composite<"Tensor relu6(Operand x)", "clip(x, 0, 6).">;
def : Composite<"Tensor hardtanh(Operand x, double low = -1, double high = 1)", "clip(x, low, high).">;
def : Composite<"Tensor hardshrink(Operand x, double bound = 0.5)", "0 where |x| <= bound, else x.">;
def : Composite<"Tensor softshrink(Operand x, double bound = 0.5)", "x - clip(x, -bound, bound).">;
def : Composite<"Tensor tanhshrink(Operand x)", "x - tanh(x).">;
def : Composite<"Tensor threshold(Operand x, double bound, double otherwise)", "x where x > bound, else `otherwise`.">;
def : Composite<"Tensor nan_to_num(Operand x, double nan = 0, std::optional<double> positive = {}, std::optional<double> negative = {})",
                "Numbers for NaN and the infinities; for these the largest finite ones unless given.">;

#endif // TRACEJIT_DIALECTS_TRACE_ELEMENTWISE
