// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Element functions in LLVM IR: from run-time enumerators to the templates of runtime/scalar.
#pragma once

#include "compiler/cpu/IrEmitter.h"
#include "runtime/ops/OpTable.h"

namespace jit::cpu {

/// Vectors as the lowering holds them: i1 lanes for bool, else those of runtime/scalar/Storage.h,
/// which hold values of the dtype. Null if there is no such function of these operands.
llvm::Value *apply_element(ir::Emitter &e, ScalarFunction function, DType result,
                           llvm::ArrayRef<llvm::Value *> operands, llvm::ArrayRef<DType> dtypes);

/// f(a value of the type of float lanes): arithmetic on F32 and on F64 looks at no type.
template <class F> auto with_lanes(DType dtype, F f) {
  return dtype == DType::f64 ? f(ir::Emitter::F64()) : f(ir::Emitter::F32());
}

/// The low bits of integer lanes as a value of the dtype; others as they are.
llvm::Value *apply_normalise(ir::Emitter &e, DType dtype, llvm::Value *x);
llvm::Value *apply_maximum(ir::Emitter &e, DType dtype, llvm::Value *x, llvm::Value *y);
llvm::Value *apply_minimum(ir::Emitter &e, DType dtype, llvm::Value *x, llvm::Value *y);

} // namespace jit::cpu
