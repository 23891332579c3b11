// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops without tensor operands. What decides a shape is an attribute; the rest are run-time numbers.
#ifndef TRACEJIT_DIALECTS_TRACE_CREATION
#define TRACEJIT_DIALECTS_TRACE_CREATION

include "dialects/trace/TraceBase.td"

class Creation<string mnemonic, string rule> : TraceOp<mnemonic, "creation"> {
  let typeRule = "custom";
  let types = All;
  let infer = rule;
}

def FullOp : Creation<"full", "infer_full"> {
  let doc = "Every element is value; of the number's default dtype (bool, i64, f32) unless given.";
  let arguments = (ins NumberOperand:$value, DenseI64ArrayAttr:$shape, DTypeAttr:$dtype);
  let samples = [Sample<["1.5"], "shape=[2,3] dtype=f32">, Sample<["3"], "shape=[] dtype=i64">];
  let signature = "Tensor full(DimList shape, Operand value, std::optional<DType> dtype = {})";
}
def : Composite<"Tensor zeros(DimList shape, DType dtype = DType::f32)", "All elements 0.">;
def : Composite<"Tensor ones(DimList shape, DType dtype = DType::f32)", "All elements 1.">;
def : Composite<"Tensor empty(DimList shape, DType dtype = DType::f32)", "Some elements, which nobody should read: all 0.">;
def : Composite<"Tensor full_like(Operand x, Operand value, std::optional<DType> dtype = {})",
                "Every element is value; of x's shape and, unless given, dtype.">;
def : Composite<"Tensor zeros_like(Operand x, std::optional<DType> dtype = {})", "The same with 0.">;
def : Composite<"Tensor ones_like(Operand x, std::optional<DType> dtype = {})", "The same with 1.">;
def : Composite<"Tensor empty_like(Operand x, std::optional<DType> dtype = {})", "The same with elements that nobody should read.">;

def ArangeOp : Creation<"arange", "infer_arange"> {
  let doc = "start + i * step for i from 0 to ceil((stop - start) / step) - 1, computed in f64, integers in i64; i64 if\n"
            "all three are integers, else f32, unless given.";
  let types = Numbers;
  // Integers; for a floating dtype the bits of doubles.
  let arguments = (ins I64Attr:$start, I64Attr:$stop, I64Attr:$step, DTypeAttr:$dtype);
  let samples = [Sample<[], "start=2 stop=11 step=3 dtype=i64">,
                 Sample<[], "start=0 stop=4612811918334230528 step=4598175219545276416 dtype=f32">];
  let signature = "Tensor arange(Scalar start, Scalar stop, Scalar step = 1, std::optional<DType> dtype = {})";
}
def : Composite<"Tensor eye(std::int64_t rows, std::optional<std::int64_t> columns = {}, std::int64_t k = 0, DType dtype = DType::f32)",
                "1 where column - row is k, else 0.">;
def : Composite<"Tensor linspace(double start, double stop, std::int64_t count, DType dtype = DType::f32)",
                "start + i * (stop - start) / (count - 1) in f64 for i < count - 1, then stop itself.">;
def : Composite<"Tensor arange(Scalar stop)", "0, 1, ..., up to but without stop.">;

class Random<string mnemonic> : Creation<mnemonic, "infer_random"> {
  let types = Floats;
  let arguments = (ins NumberOperand:$key, NumberOperand:$counter, DenseI64ArrayAttr:$shape, DTypeAttr:$dtype);
  let samples = [Sample<["42", "7"], "shape=[3,5] dtype=f32">, Sample<["42", "7"], "shape=[3,5] dtype=f64">];
  let signature = "Tensor " # mnemonic # "(Generator &generator, DimList shape, DType dtype = DType::f32)";
}
def UniformOp : Random<"uniform"> {
  let doc = "Uniform on [0, 1) by Philox4x32-10: 24 random bits for f32, 53 for f64.";
}
// By the default generator, which `seed` sets.
class OfDefaultGenerator<string name, string parameters>
    : Composite<"Tensor " # name # "(" # parameters # ")", "The same by the default generator.">;
class OfGenerator<string name, string parameters, string doc>
    : Composite<"Tensor " # name # "(Generator &generator, " # parameters # ")", doc>;
def : OfDefaultGenerator<"uniform", "DimList shape, DType dtype = DType::f32">;
def NormalOp : Random<"normal"> {
  let doc = "Standard normal by Philox4x32-10 and Box-Muller.";
  let ulp = 8;
}
def : OfDefaultGenerator<"normal", "DimList shape, DType dtype = DType::f32">;
def PermutationOp : Creation<"permutation", "infer_permutation"> {
  let doc = "0, 1, ..., n - 1 (i64) in random order: a stable sort of 64-bit Philox keys.";
  let arguments = (ins NumberOperand:$key, NumberOperand:$counter, I64Attr:$n);
  let samples = [Sample<["42", "7"], "n=17">];
  let signature = "Tensor permutation(Generator &generator, std::int64_t n)";
}
def : OfDefaultGenerator<"permutation", "std::int64_t n">;
defvar bounds_and_shape = "std::int64_t low, std::int64_t high, DimList shape, DType dtype = DType::i64";
def RandintOp : Creation<"randint", "infer_random"> {
  let doc = "Integers in [low, high): low plus the upper half of the product of 64 Philox bits and high - low, so that their\n"
            "probabilities differ by less than 2^-64. The dtype must hold them.";
  let types = Integers;
  let arguments = (ins NumberOperand:$key, NumberOperand:$counter, NumberOperand:$low, NumberOperand:$count,
                       DenseI64ArrayAttr:$shape, DTypeAttr:$dtype);
  let samples = [Sample<["42", "7", "-3", "10"], "shape=[3,5] dtype=i64">,
                 Sample<["42", "7", "0", "200"], "shape=[3,5] dtype=u8">];
  let signature = "Tensor randint(Generator &generator, std::int64_t low, std::int64_t high, DimList shape, DType dtype = DType::i64)";
}
def : OfDefaultGenerator<"randint", bounds_and_shape>;
def : OfGenerator<"bernoulli", "Operand p, DimList shape", "True with probability p, a number or a tensor that broadcasts.">;
def : OfDefaultGenerator<"bernoulli", "Operand p, DimList shape">;
def : OfGenerator<"exponential", "DimList shape, DType dtype = DType::f32", "Exponential with mean 1: -log(1 - uniform).">;
def : OfDefaultGenerator<"exponential", "DimList shape, DType dtype = DType::f32">;
def : OfGenerator<"categorical", "Operand logits, int axis = -1",
                  "Classes (i64) along an axis, which is dropped, with probabilities softmax(logits): argmax of logits and\n"
                  "noise -log(-log(uniform)).">;
def : OfDefaultGenerator<"categorical", "Operand logits, int axis = -1">;
defvar truncated_normal = "DimList shape, double low = -2, double high = 2, DType dtype = DType::f32";
def : OfGenerator<"truncated_normal", truncated_normal,
                  "Standard normal in [low, high], which lie within [-5, 5]: the inverse of the distribution function.">;
def : OfDefaultGenerator<"truncated_normal", truncated_normal>;
def : OfGenerator<"shuffle", "Operand x, int axis = 0", "The parts of x along an axis in random order.">;
def : OfDefaultGenerator<"shuffle", "Operand x, int axis = 0">;

#endif // TRACEJIT_DIALECTS_TRACE_CREATION
