// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the back ends make of a few records.
// RUN: jit-tblgen -gen-op-kinds -I %root -I %mlir_include %s | FileCheck %s --check-prefix=KINDS
// RUN: jit-tblgen -gen-scalar-functions -I %root -I %mlir_include %s | FileCheck %s --check-prefix=SCALAR
// RUN: jit-tblgen -gen-scalar-forms -I %root -I %mlir_include %s | FileCheck %s --check-prefix=FORMS
// RUN: jit-tblgen -gen-accuracy -I %root -I %mlir_include %s | FileCheck %s --check-prefix=ACCURACY
// RUN: jit-tblgen -gen-accuracy-table -I %root -I %mlir_include %s | FileCheck %s --check-prefix=BOUNDS
// RUN: jit-tblgen -gen-line-checks -I %root -I %mlir_include %s | FileCheck %s --check-prefix=LINES
// RUN: jit-tblgen -gen-op-table -I %root -I %mlir_include %s | FileCheck %s --check-prefix=TABLE
// RUN: jit-tblgen -gen-attrs -I %root -I %mlir_include %s | FileCheck %s --check-prefix=ATTRS
// RUN: jit-tblgen -gen-api-header -I %root -I %mlir_include %s | FileCheck %s --check-prefix=HEADER
// RUN: jit-tblgen -gen-api -I %root -I %mlir_include %s | FileCheck %s --check-prefix=API
// RUN: jit-tblgen -gen-samples -I %root -I %mlir_include %s | FileCheck %s --check-prefix=SAMPLES
// RUN: jit-tblgen -gen-docs -I %root -I %mlir_include %s | FileCheck %s --check-prefix=DOCS

include "dialects/trace/TraceBase.td"

def PlusOp : TraceOp<"plus", "elementwise", [Commutative]> {
  let doc = "x + y.\nSays \"so\" | often.";
  let typeRule = "numeric";
  let types = Floats;
  let infer = "infer_broadcast";
  let scalar = "sum_of_two";
  let signature = "auto";
  let cpp = "operator+";
  let ulp = 3;
  let bounds = ["2.5", "3"];
  let arguments = (ins AnyOperand:$x, AnyOperand:$y);
  let samples = [Sample<["[2]", "1.5"]>];
}
def AlterOp : TraceOp<"al_ter", "movement"> {
  let doc = "Comes later though its name does not.";
  let typeRule = "custom";
  let types = All;
  let infer = "infer_alter";
  let signature = "Tensor al_ter(std::vector<Tensor> xs, int axis)";
  let arguments = (ins Variadic<TensorOperand>:$xs, I64Attr:$axis, BoolAttr:$flag,
                       DenseI64ArrayAttr:$list, DTypeAttr:$dtype);
  let samples = [Sample<["[2]", "[3]"], "axis=0 flag=true list=[] dtype=f32">];
}
def : Composite<"Tensor plus_one(Operand x)", "plus(x, 1).">;

// KINDS:      TRACEJIT_OP(plus)
// KINDS-NEXT: TRACEJIT_OP(al_ter)

// SCALAR:     TRACEJIT_SCALAR_FUNCTION(sum_of_two)
// SCALAR-NOT: TRACEJIT_SCALAR_FUNCTION

// FORMS:      TRACEJIT_SCALAR_FORM(sum_of_two, float, float, float)
// FORMS-NEXT: TRACEJIT_SCALAR_FORM(sum_of_two, double, double, double)
// FORMS-NOT:  TRACEJIT_SCALAR
// ACCURACY:     TRACEJIT_ACCURACY(sum_of_two, 2, 2.5, 3, result)
// ACCURACY-NOT: TRACEJIT_ACCURACY
// BOUNDS: | `plus`, on samples | 2.5 | 3 |
// LINES:     check_gradient([] { return plus(v, x); });
// LINES-NOT: check

// TABLE-DAG: constexpr OperandField plus_operands[]{{[{][{]}}"x", OperandKind::any, false}, {"y", OperandKind::any, false}, };
// TABLE-DAG: constexpr OperandField al_ter_operands[]{{[{][{]}}"xs", OperandKind::tensor, true}, };
// TABLE-DAG: constexpr AttrField al_ter_attrs[]{{[{][{]}}"axis", AttrKind::integer}, {"flag", AttrKind::boolean}, {"list", AttrKind::list}, {"dtype", AttrKind::dtype}, };
// TABLE:      {OpKind::plus, "plus", Family::elementwise,
// TABLE-NEXT: TRACEJIT_DOC(R"(x + y.
// TABLE-NEXT: Says "so" | often.)"),
// TABLE-NEXT: plus_operands, {}, 1, ScalarFunction::sum_of_two, TypeRule::numeric,
// TABLE-NEXT: DTypeSet{DType::f32, DType::f64, }, true, false, 3, TRACEJIT_SHAPE_RULE(infer_broadcast), {}, nullptr},
// TABLE:      {OpKind::al_ter,
// TABLE:      false, false, 0, TRACEJIT_SHAPE_RULE(infer_alter), {}, nullptr},

// ATTRS:      struct AlTerAttrs {
// ATTRS-NEXT: std::int64_t axis{};
// ATTRS-NEXT: bool flag{};
// ATTRS-NEXT: DimList list{};
// ATTRS-NEXT: DType dtype{};
// ATTRS:      attrs.list = reader.list();
// ATTRS:      writer.list(list);
// ATTRS-NOT:  struct

// HEADER:      /// x + y.
// HEADER-NEXT: /// Says "so" | often.
// HEADER-NEXT: Tensor plus(Operand &&x, Operand &&y);
// HEADER:      Tensor al_ter(std::vector<Tensor> xs, int axis,
// HEADER-NEXT: std::source_location site = std::source_location::current());
// HEADER:      /// plus(x, 1).
// HEADER-NEXT: Tensor plus_one(Operand x);
// HEADER:      inline Tensor operator+(Operand &&x, Operand &&y) { return plus(std::move(x), std::move(y)); }

// API:      Tensor plus(Operand &&x, Operand &&y) {
// API-NEXT: return detail::dispatch_plain(x, y, OpKind::plus);
// API-NOT:  al_ter

// SAMPLES: TRACEJIT_SAMPLE(plus, "[2] 1.5", "")
// SAMPLES: TRACEJIT_SAMPLE(al_ter, "[2] [3]", "axis=0 flag=true list=[] dtype=f32")

// DOCS: ## elementwise
// DOCS: | `Tensor plus(Operand &&x, Operand &&y)` | x + y. Says "so" \| often. Written `+`. | f32 f64 | 3 ulp |
// DOCS: ## movement
// DOCS: | boolean i8 u8 i16 u16 i32 u32 i64 f32 f64 | exact |
// DOCS: | `Tensor plus_one(Operand x)` | plus(x, 1). |
