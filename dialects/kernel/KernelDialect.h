// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The `kernel` dialect in C++: types, attributes and ops. Meaning: top of KernelOps.td.
#pragma once

#include "runtime/ops/OpTable.h"

#include <llvm/ADT/Hashing.h>
#include <mlir/Bytecode/BytecodeOpInterface.h>
#include <mlir/IR/BuiltinAttributes.h>
#include <mlir/IR/BuiltinTypes.h>
#include <mlir/IR/Dialect.h>
#include <mlir/IR/OpImplementation.h>
#include <mlir/IR/SymbolTable.h>
#include <mlir/Interfaces/SideEffectInterfaces.h>

#include "dialects/kernel/KernelDialect.h.inc"
#include "dialects/kernel/KernelEnums.h.inc"

namespace jit::kernel {

/// Axes have the letters i, j, ..., x.
inline constexpr unsigned max_axes = 16;
inline char axis_letter(unsigned axis) { return static_cast<char>('i' + axis); }

struct Axis {
  int64_t extent;
  AxisKind kind;
  bool operator==(const Axis &) const = default;
};
inline llvm::hash_code hash_value(const Axis &axis) {
  return llvm::hash_combine(axis.extent, axis.kind);
}

} // namespace jit::kernel

#define GET_ATTRDEF_CLASSES
#include "dialects/kernel/KernelAttrs.h.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/kernel/KernelTypes.h.inc"
#define GET_OP_CLASSES
#include "dialects/kernel/KernelOps.h.inc"

namespace jit::kernel {

/// Element type of a dtype: i1, ui8, i64, f32, f64, ...
mlir::Type element_type(mlir::MLIRContext *context, DType dtype);
DType dtype_of(mlir::Type element);

/// What an op computes from the axes: where it loads, gathers or stores, or the coordinate of
/// inside; null of another op.
MapAttr access_map(mlir::Operation *op);
void set_access_map(mlir::Operation *op, MapAttr map);

} // namespace jit::kernel
