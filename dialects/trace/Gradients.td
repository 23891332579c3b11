// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Gradients of all ops, in the order of the ops. At ties: max and min the first winner, maximum and
// minimum x, abs(0) and relu(0) give 0.
include "dialects/trace/GradientBase.td"

//===- Elementwise, one operand ------------------------------------------------------------------===//

class UnaryGradient<TraceOp op, dag value> : Gradient<op, [For<"x", value>]>;

def : UnaryGradient<NegativeOp, (NegativeOp $dy)>;
def : UnaryGradient<AbsOp, (MultiplyOp $dy, (SignOp $x))>;
def : NoGradient<SignOp>;
def : NoGradient<FloorOp>;
def : NoGradient<CeilOp>;
def : NoGradient<TruncOp>;
def : NoGradient<RoundOp>;
def : UnaryGradient<ReciprocalOp, (NegativeOp (MultiplyOp $dy, (SquareOp $result)))>;
def : NoGradient<BitwiseInvertOp>;
def : UnaryGradient<SquareOp, (MultiplyOp $dy, (MultiplyOp $x, 2))>;
def : UnaryGradient<SqrtOp, (DivideOp (MultiplyOp $dy, "0.5"), $result)>;
def : UnaryGradient<RsqrtOp, (MultiplyOp (MultiplyOp $dy, "-0.5"), (MultiplyOp $result, (SquareOp $result)))>;
def : UnaryGradient<ExpOp, (MultiplyOp $dy, $result)>;
def : UnaryGradient<LogOp, (DivideOp $dy, $x)>;
def : UnaryGradient<SinOp, (MultiplyOp $dy, (CosOp $x))>;
def : UnaryGradient<CosOp, (NegativeOp (MultiplyOp $dy, (SinOp $x)))>;
def : UnaryGradient<TanhOp, (MultiplyOp $dy, (SubtractOp 1, (SquareOp $result)))>;
// exp(-30 * 30 / 2) is 0 in f64 too, and erf(30 / sqrt(2)) is 1. So nothing changes within the bounds,
// and beyond them no infinity meets that 0, in derivatives of any order.
// 2 / sqrt(pi)
def : UnaryGradient<ErfOp,
    (MultiplyOp $dy,
      (MultiplyOp (ExpOp (NegativeOp (SquareOp (ClipOp $x, -30, 30)))), "1.1283791670955126"))>;
def : UnaryGradient<SigmoidOp, (MultiplyOp $dy, (MultiplyOp $result, (SubtractOp 1, $result)))>;
// Normal distribution: its integral plus x times its density; 1 / sqrt(2) and 1 / sqrt(2 pi).
def : UnaryGradient<GeluOp,
    (MultiplyOp $dy,
      (AddOp (MultiplyOp (AddOp (ErfOp (MultiplyOp (ClipOp $x, -30, 30), "0.70710678118654752")), 1), "0.5"),
             (MultiplyOp (ClipOp $x, -30, 30),
               (MultiplyOp (ExpOp (MultiplyOp (SquareOp (ClipOp $x, -30, 30)), "-0.5")), "0.39894228040143268"))))>;
def : UnaryGradient<ReluOp, (WhereOp (GreaterOp $result, 0), $dy, 0)>;
def : NoGradient<IsnanOp>;
def : NoGradient<IsfiniteOp>;
def : NoGradient<IsinfOp>;
def : NoGradient<SignbitOp>;
def : UnaryGradient<Expm1Op, (MultiplyOp $dy, (ExpOp $x))>;
def : UnaryGradient<Log1pOp, (DivideOp $dy, (AddOp $x, 1))>;
// log(2), and the reciprocals of log(2) and log(10)
def : UnaryGradient<Exp2Op, (MultiplyOp $dy, (MultiplyOp $result, "0.69314718055994531"))>;
def : UnaryGradient<Log2Op, (DivideOp (MultiplyOp $dy, "1.4426950408889634"), $x)>;
def : UnaryGradient<Log10Op, (DivideOp (MultiplyOp $dy, "0.43429448190325183"), $x)>;
// Here and below the bound is finite in f32 and its square infinite: no infinity is divided by itself
// or meets a 0, in derivatives of any order.
def : UnaryGradient<AtanOp, (DivideOp $dy, (AddOp (SquareOp (ClipOp $x, "-1e38", "1e38")), 1))>;
def : UnaryGradient<SinhOp, (MultiplyOp $dy, (CoshOp $x))>;
def : UnaryGradient<CoshOp, (MultiplyOp $dy, (SinhOp $x))>;
def : UnaryGradient<TanOp, (MultiplyOp $dy, (AddOp (SquareOp $result), 1))>;
// 1 - x^2: as a product, which keeps its digits near the ends; at the ends as a square, in whose derivative
// no infinity meets the 0 of a factor.
defvar one_minus_square =
    (WhereOp (EqualOp (AbsOp $x), 1), (SubtractOp 1, (SquareOp $x)), (MultiplyOp (SubtractOp 1, $x), (AddOp $x, 1)));
def : UnaryGradient<AsinOp, (MultiplyOp $dy, (RsqrtOp one_minus_square))>;
def : UnaryGradient<AcosOp, (NegativeOp (MultiplyOp $dy, (RsqrtOp one_minus_square)))>;
def : UnaryGradient<AsinhOp, (DivideOp $dy, (HypotOp (ClipOp $x, "-1e38", "1e38"), 1))>;
def : UnaryGradient<AcoshOp,
    (MultiplyOp $dy, (MultiplyOp (RsqrtOp (SubtractOp $x, 1)), (RsqrtOp (AddOp $x, 1))))>;
def : UnaryGradient<AtanhOp, (DivideOp $dy, one_minus_square)>;
// As erf.
def : UnaryGradient<ErfcOp,
    (MultiplyOp $dy,
      (MultiplyOp (ExpOp (NegativeOp (SquareOp (ClipOp $x, -30, 30)))), "-1.1283791670955126"))>;

//===- Elementwise, several operands -------------------------------------------------------------===//

class BinaryGradient<TraceOp op, dag forX, dag forY> : Gradient<op, [For<"x", forX>, For<"y", forY>]>;

def : BinaryGradient<AddOp, (Same $dy), (Same $dy)>;
def : BinaryGradient<SubtractOp, (Same $dy), (NegativeOp $dy)>;
def : BinaryGradient<MultiplyOp, (MultiplyOp $dy, $y), (MultiplyOp $dy, $x)>;
def : BinaryGradient<DivideOp, (DivideOp $dy, $y), (NegativeOp (DivideOp (MultiplyOp $dy, $result), $y))>;
def : CustomGradient<PowOp, "pow_gradient", [Needs<"x", ["x", "y"]>, Needs<"y", ["x", "result"]>]>;
def : BinaryGradient<MinimumOp, (WhereOp (GreaterOp $x, $y), 0, $dy), (WhereOp (GreaterOp $x, $y), $dy, 0)>;
def : BinaryGradient<MaximumOp, (WhereOp (LessOp $x, $y), 0, $dy), (WhereOp (LessOp $x, $y), $dy, 0)>;
// y / h^2 and -x / h^2 with h = hypot(x, y). At the origin 0, for want of a limit.
defvar Atan2X = (ClipOp $x, "-1e38", "1e38");
defvar Atan2Y = (ClipOp $y, "-1e38", "1e38");
defvar Atan2Length = (WhereOp (EqualOp (HypotOp Atan2X, Atan2Y), 0), 1, (HypotOp Atan2X, Atan2Y));
def : BinaryGradient<Atan2Op,
    (MultiplyOp $dy, (DivideOp (DivideOp Atan2Y, Atan2Length), Atan2Length)),
    (NegativeOp (MultiplyOp $dy, (DivideOp (DivideOp Atan2X, Atan2Length), Atan2Length)))>;
// x / h and y / h; at the origin 0, for want of a limit, and of an infinite h the sign of an infinite
// operand.
defvar HypotLength =
    (WhereOp (LogicalOrOp (EqualOp $result, 0), (EqualOp $result, "inf")), 1, $result);
def : BinaryGradient<HypotOp,
    (MultiplyOp $dy,
      (DivideOp (WhereOp (EqualOp $result, "inf"),
                         (WhereOp (EqualOp (AbsOp $x), "inf"), (SignOp $x), 0), $x), HypotLength)),
    (MultiplyOp $dy,
      (DivideOp (WhereOp (EqualOp $result, "inf"),
                         (WhereOp (EqualOp (AbsOp $y), "inf"), (SignOp $y), 0), $y), HypotLength))>;
// The sigmoid of the difference; equal infinities, which have none, share alike.
defvar LogaddexpDifference =
    (WhereOp (LogicalAndOp (EqualOp $x, $y), (EqualOp (AbsOp $x), "inf")), 0, (SubtractOp $x, $y));
def : BinaryGradient<LogaddexpOp,
    (MultiplyOp $dy, (SigmoidOp LogaddexpDifference)),
    (MultiplyOp $dy, (SigmoidOp (NegativeOp LogaddexpDifference)))>;

def : Gradient<CopysignOp, [For<"x", (WhereOp (EqualOp (SignbitOp $x), (SignbitOp $y)), $dy, (NegativeOp $dy))>,
                            Constant<"y">]>;
def : Gradient<NextafterOp, [For<"x", (Same $dy)>, Constant<"y">]>;
def : NoGradient<FloorDivideOp>;
def : BinaryGradient<RemainderOp, (Same $dy), (NegativeOp (MultiplyOp $dy, (FloorOp (DivideOp $x, $y))))>;
def : NoGradient<BitwiseAndOp>;
def : NoGradient<BitwiseOrOp>;
def : NoGradient<BitwiseXorOp>;
def : NoGradient<LeftShiftOp>;
def : NoGradient<RightShiftOp>;

def : NoGradient<EqualOp>;
def : NoGradient<NotEqualOp>;
def : NoGradient<LessOp>;
def : NoGradient<LessEqualOp>;
def : NoGradient<GreaterOp>;
def : NoGradient<GreaterEqualOp>;
def : NoGradient<LogicalAndOp>;
def : NoGradient<LogicalOrOp>;
def : NoGradient<LogicalXorOp>;
def : NoGradient<LogicalNotOp>;

def : Gradient<WhereOp, [Constant<"condition">,
                         For<"x", (WhereOp $condition, $dy, 0)>,
                         For<"y", (WhereOp $condition, 0, $dy)>]>;
def : Gradient<ClipOp, [
    For<"x", (WhereOp (LogicalOrOp (LessOp $x, $low), (GreaterOp $x, $high)), 0, $dy)>,
    For<"low", (WhereOp (LessOp $x, $low), (WhereOp (GreaterOp $low, $high), 0, $dy), 0)>,
    For<"high", (WhereOp (GreaterOp (MaximumOp $x, $low), $high), $dy, 0)>]>;
def : UnaryGradient<AstypeOp, (Same $dy)>;

//===- Functions made of others ------------------------------------------------------------------===//

// s (1 + x (1 - s)) with s = sigmoid(x).
def : UnaryGradient<SiluOp,
    (MultiplyOp $dy,
      (MultiplyOp (SigmoidOp $x), (AddOp 1, (MultiplyOp $x, (SubtractOp 1, (SigmoidOp $x))))))>;
def : UnaryGradient<HardsigmoidOp,
    (WhereOp (LogicalAndOp (GreaterOp $x, -3), (LessOp $x, 3)), (DivideOp $dy, 6), 0)>;
def : UnaryGradient<HardswishOp,
    (WhereOp (GreaterOp $x, -3),
      (WhereOp (LessOp $x, 3), (MultiplyOp $dy, (DivideOp (AddOp (MultiplyOp $x, 2), 3), 6)), $dy), 0)>;
// With t the hyperbolic tangent: (1 + t) / 2 + x / 2 (1 - t^2) c (1 + 3 * 0.044715 x^2). Beyond the bounds
// t is 1 or -1 and its derivative 0.
defvar bounded = (ClipOp $x, -30, 30);
defvar cubic = (AddOp bounded, (MultiplyOp "0.044715", (MultiplyOp (SquareOp bounded), bounded)));
defvar tanh_of_cubic = (TanhOp (MultiplyOp "0.7978845608028654", cubic));
defvar slope_of_cubic =
    (MultiplyOp "0.7978845608028654", (AddOp 1, (MultiplyOp "0.134145", (SquareOp bounded))));
def : UnaryGradient<GeluTanhOp,
    (MultiplyOp $dy,
      (AddOp (MultiplyOp "0.5", (AddOp 1, tanh_of_cubic)),
             (MultiplyOp (MultiplyOp (MultiplyOp "0.5", bounded), (SubtractOp 1, (SquareOp tanh_of_cubic))),
                         slope_of_cubic)))>;
def : UnaryGradient<SoftplusOp, (MultiplyOp $dy, (SigmoidOp $x))>;
def : UnaryGradient<LogSigmoidOp, (MultiplyOp $dy, (SigmoidOp (NegativeOp $x)))>;
// t + x s (1 - t^2) with t the hyperbolic tangent and s = sigmoid(x); beyond the bounds 1 - t^2 or s is 0.
defvar tanh_of_softplus = (TanhOp (SoftplusOp $x));
def : UnaryGradient<MishOp,
    (MultiplyOp $dy,
      (AddOp tanh_of_softplus,
             (MultiplyOp (MultiplyOp (ClipOp $x, -200, 200), (SigmoidOp $x)),
                         (SubtractOp 1, (SquareOp tanh_of_softplus)))))>;
// The minimum keeps the branch that is not taken finite, for derivatives of the second order.
def : Gradient<EluOp, [
    For<"x", (WhereOp (GreaterOp $x, 0), $dy, (MultiplyOp $dy, (MultiplyOp $alpha, (ExpOp (MinimumOp $x, 0)))))>,
    For<"alpha", (WhereOp (GreaterOp $x, 0), 0, (MultiplyOp $dy, (Expm1Op (MinimumOp $x, 0))))>]>;
def : Gradient<BceWithLogitsOp, [
    For<"x", (MultiplyOp $dy, (SubtractOp (SigmoidOp $x), $y))>,
    For<"y", (NegativeOp (MultiplyOp $dy, $x))>]>;
def : UnaryGradient<SoftsignOp, (DivideOp $dy, (SquareOp (AddOp 1, (AbsOp $x))))>;
def : Gradient<LeakyReluOp, [
    For<"x", (WhereOp (GreaterOp $x, 0), $dy, (MultiplyOp $dy, $slope))>,
    For<"slope", (WhereOp (GreaterOp $x, 0), 0, (MultiplyOp $dy, $x))>]>;
// Where x is 0 the value is 0 for every y.
def : Gradient<XlogyOp, [
    For<"x", (MultiplyOp $dy, (LogOp $y))>,
    For<"y", (WhereOp (EqualOp $x, 0), 0,
               (DivideOp (MultiplyOp $dy, $x), (WhereOp (EqualOp $x, 0), 1, $y)))>]>;
def : Gradient<LerpOp, [
    For<"x", (MultiplyOp $dy, (SubtractOp 1, $w))>,
    For<"y", (MultiplyOp $dy, $w)>,
    For<"w", (MultiplyOp $dy, (SubtractOp $y, $x))>]>;
// A beta of 0 is never divided by, in derivatives neither.
defvar divisor = (WhereOp (EqualOp $beta, 0), 1, $beta);
def : Gradient<SmoothL1Op, [
    For<"x", (WhereOp (LessOp (AbsOp (SubtractOp $x, $y)), $beta),
               (DivideOp (MultiplyOp $dy, (SubtractOp $x, $y)), divisor),
               (MultiplyOp $dy, (SignOp (SubtractOp $x, $y))))>,
    For<"y", (WhereOp (LessOp (AbsOp (SubtractOp $x, $y)), $beta),
               (DivideOp (MultiplyOp $dy, (SubtractOp $y, $x)), divisor),
               (MultiplyOp $dy, (SignOp (SubtractOp $y, $x))))>,
    For<"beta", (WhereOp (LessOp (AbsOp (SubtractOp $x, $y)), $beta),
               (MultiplyOp $dy, (MultiplyOp "-0.5", (SquareOp (DivideOp (SubtractOp $x, $y), divisor)))),
               (MultiplyOp $dy, "-0.5"))>]>;

//===- Reductions --------------------------------------------------------------------------------===//

def : CustomGradient<SumOp, "sum_gradient", [Needs<"x">]>;
def : CustomGradient<ProdOp, "prod_gradient", [Needs<"x", ["x"]>]>;
def : CustomGradient<MeanOp, "mean_gradient", [Needs<"x">]>;
def : CustomGradient<MaxOp, "max_gradient", [Needs<"x", ["x"]>]>;
def : CustomGradient<MinOp, "min_gradient", [Needs<"x", ["x"]>]>;
def : NoGradient<AnyOp>;
def : NoGradient<AllOp>;
def : NoGradient<ArgmaxOp>;
def : NoGradient<ArgminOp>;
def : CustomGradient<VarMeanOp, "var_mean_gradient", [Needs<"x", ["x", "mean"]>]>;

//===- Rows --------------------------------------------------------------------------------------===//

def : UnaryGradient<SoftmaxOp,
    (MultiplyOp $result, (SubtractOp $dy, (SumOp (MultiplyOp $dy, $result))))>;
def : UnaryGradient<LogSoftmaxOp,
    (SubtractOp $dy, (MultiplyOp (ExpOp $result), (SumOp $dy)))>;
def : CustomGradient<LogsumexpOp, "logsumexp_gradient", [Needs<"x", ["x", "result"]>]>;
def : CustomGradient<LayerNormOp, "layer_norm_gradient",
    [Needs<"x", ["x", "gamma", "eps"]>, Needs<"gamma", ["x", "eps"]>, Needs<"beta">]>;

//===- Scans -------------------------------------------------------------------------------------===//

def : CustomGradient<CumulativeSumOp, "cumulative_sum_gradient", [Needs<"x">]>;
def : CustomGradient<CumulativeProdOp, "cumulative_prod_gradient", [Needs<"x", ["x"]>]>;
def : CustomGradient<LinearScanOp, "linear_scan_gradient", [Needs<"a", ["a", "result"]>, Needs<"b", ["a"]>]>;

//===- Contractions ------------------------------------------------------------------------------===//

def : CustomGradient<MatmulOp, "matmul_gradient", [Needs<"x", ["y"]>, Needs<"y", ["x"]>]>;
def : CustomGradient<VecdotOp, "vecdot_gradient", [Needs<"x", ["y"]>, Needs<"y", ["x"]>]>;

//===- Views and movement ------------------------------------------------------------------------===//

def : CustomGradient<ReshapeOp, "reshape_gradient", [Needs<"x">]>;
def : CustomGradient<PermuteDimsOp, "permute_dims_gradient", [Needs<"x">]>;
def : UnaryGradient<BroadcastToOp, (Same $dy)>;
def : CustomGradient<ExpandDimsOp, "reshape_gradient", [Needs<"x">]>;
def : CustomGradient<SqueezeOp, "reshape_gradient", [Needs<"x">]>;
def : CustomGradient<SliceOp, "slice_gradient", [Needs<"x">]>;
def : CustomGradient<ConcatOp, "concat_gradient", [Needs<"xs">]>;
def : CustomGradient<SliceUpdateOp, "slice_update_gradient", [Needs<"x">, Needs<"y">]>;
def : CustomGradient<PadOp, "pad_gradient", [Needs<"x">]>;
def : CustomGradient<WindowsOp, "windows_gradient", [Needs<"x">]>;
def : CustomGradient<FoldOp, "fold_gradient", [Needs<"x">]>;

//===- Index and creation ------------------------------------------------------------------------===//

def : CustomGradient<TakeOp, "take_gradient", [Needs<"x", ["index"]>]>;
def : CustomGradient<TakeAlongAxisOp, "take_along_axis_gradient", [Needs<"x", ["index"]>]>;
class ScatterGradient<TraceOp op>
    : CustomGradient<op, "scatter_gradient",
                     [Needs<"x", ["x", "index", "updates", "result"]>,
                      Needs<"updates", ["x", "index", "updates", "result"]>]> {
  let narrowed = "kept_of_scatter";
}
def : ScatterGradient<ScatterOp>;
def : ScatterGradient<ScatterAlongAxisOp>;
def : NoGradient<OneHotOp>;
def : CustomGradient<SortOp, "sort_gradient", [Needs<"x", ["indices"]>]>;
def : NoGradient<SearchsortedOp>;
def : NoGradient<FullOp>;
def : NoGradient<ArangeOp>;
def : NoGradient<UniformOp>;
def : NoGradient<NormalOp>;
def : NoGradient<PermutationOp>;
def : NoGradient<RandintOp>;
