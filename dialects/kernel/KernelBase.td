// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The `kernel` dialect: its name, types and attributes. KernelOps.td says what they mean.
#ifndef TRACEJIT_KERNEL_BASE_TD
#define TRACEJIT_KERNEL_BASE_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpBase.td"

def KernelDialect : Dialect {
  let name = "kernel";
  let cppNamespace = "::jit::kernel";
  let summary = "One fused kernel: SSA over named axes, loops implicit.";
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = "void register_types();";
}

class KernelType<string name, string keyword> : TypeDef<KernelDialect, name> {
  let mnemonic = keyword;
}
class KernelAttr<string name, string keyword> : AttrDef<KernelDialect, name> {
  let mnemonic = keyword;
}

def Kernel_Buf : KernelType<"Buf", "buf"> {
  let summary = "Memory of a tensor: the address of its element [0, ..., 0] and an element type.";
  let parameters = (ins "::mlir::Type":$element);
  let assemblyFormat = "`<` $element `>`";
}

def Kernel_Val : KernelType<"Val", "val"> {
  let summary = "One number for every point of some axes, as in !kernel.val<f32, [i, k]>.";
  let parameters = (ins "::mlir::Type":$element, "uint32_t":$axes);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    bool ranges_over(unsigned axis) const { return getAxes() >> axis & 1; }
  }];
}

def Kernel_Map : KernelAttr<"Map", "map"> {
  let summary = "Element offset of an access: offset + sum of axis * stride.";
  let description = [{
    strides[n] belongs to axis n of the space; trailing zeros are trimmed by `Map::of`, so that equal
    maps are equal attributes.
  }];
  let parameters = (ins "int64_t":$offset, ArrayRefParameter<"int64_t">:$strides);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    static MapAttr of(::mlir::MLIRContext *context, int64_t offset, ::llvm::ArrayRef<int64_t> strides);
    /// Zero for an axis that the access does not depend on.
    int64_t stride(unsigned axis) const { return axis < getStrides().size() ? getStrides()[axis] : 0; }
    /// Axes with a stride, as in ValType.
    uint32_t axes() const;
  }];
}

def Kernel_Space : KernelAttr<"Space", "space"> {
  let summary = "Axes of a kernel in order, as in #kernel.space<i = 128 : parallel, j = 1024 : row>.";
  let parameters = (ins ArrayRefParameter<"::jit::kernel::Axis">:$axes);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    unsigned size() const { return static_cast<unsigned>(getAxes().size()); }
    int64_t extent(unsigned axis) const { return getAxes()[axis].extent; }
    AxisKind kind(unsigned axis) const { return getAxes()[axis].kind; }
    uint32_t all() const { return size() == 32 ? ~0u : (1u << size()) - 1; }
    /// Axes of one kind as a set, bit n for axis n.
    uint32_t of_kind(AxisKind kind) const;
    /// Product of the extents of the axes in a set.
    int64_t points(uint32_t axes) const;
  }];
}

def Kernel_Function : KernelAttr<"Function", "function"> {
  let summary = "A scalar function of the op table, by its name.";
  let parameters = (ins "::jit::ScalarFunction":$value);
  let hasCustomAssemblyFormat = 1;
}

class KernelEnum<string name, list<I32EnumAttrCase> cases> : I32EnumAttr<name, "", cases> {
  let cppNamespace = "::jit::kernel";
  let genSpecializedAttr = 0;
}

def AxisKind : KernelEnum<"AxisKind", [
    I32EnumAttrCase<"parallel", 0>, I32EnumAttrCase<"row", 1>, I32EnumAttrCase<"inner", 2>]>;

def ReduceKind : KernelEnum<"ReduceKind", [
    I32EnumAttrCase<"sum", 0>, I32EnumAttrCase<"prod", 1>, I32EnumAttrCase<"max", 2>,
    I32EnumAttrCase<"min", 3>, I32EnumAttrCase<"any", 4>, I32EnumAttrCase<"all", 5>,
    I32EnumAttrCase<"argmax", 6>, I32EnumAttrCase<"varmean", 7>,
    I32EnumAttrCase<"argmin", 8>]>;
def Kernel_ReduceKind : EnumAttr<KernelDialect, ReduceKind, "reduce_kind">;

def ReduceOrder : KernelEnum<"ReduceOrder", [
    I32EnumAttrCase<"inner", 0>, I32EnumAttrCase<"outer", 1>]>;
def Kernel_ReduceOrder : EnumAttr<KernelDialect, ReduceOrder, "reduce_order">;

#endif
