// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads the ops of a kernel in order.
#include "compiler/nest/ReadKernel.h"
#include "passes/KernelFacts.h"

#include <llvm/ADT/TypeSwitch.h>

namespace jit::nest {
namespace {

ReduceKind reduction_of(kernel::ReduceKind kind) {
  switch (kind) {
  case kernel::ReduceKind::sum:
    return ReduceKind::sum;
  case kernel::ReduceKind::prod:
    return ReduceKind::prod;
  case kernel::ReduceKind::max:
    return ReduceKind::max;
  case kernel::ReduceKind::min:
    return ReduceKind::min;
  case kernel::ReduceKind::any:
    return ReduceKind::any;
  case kernel::ReduceKind::all:
    return ReduceKind::all;
  case kernel::ReduceKind::argmax:
    return ReduceKind::argmax;
  case kernel::ReduceKind::argmin:
    return ReduceKind::argmin;
  case kernel::ReduceKind::varmean:
    return ReduceKind::varmean;
  }
  llvm_unreachable("closed list");
}

std::uint64_t bits_of(mlir::TypedAttr value) {
  if (auto real = llvm::dyn_cast<mlir::FloatAttr>(value))
    return real.getValue().bitcastToAPInt().getZExtValue();
  return llvm::cast<mlir::IntegerAttr>(value).getValue().getZExtValue();
}

class Reader {
public:
  Reader(kernel::FuncOp function, Nest &nest)
      : function(function), nest(nest), passes(number_row_passes(function)) {}

  std::string run() {
    nest.name = function.getSymName().str();
    nest.buffers = function.block().getNumArguments();
    for (const kernel::Axis &axis : function.getSpace().getAxes())
      nest.axes.push_back({axis.extent, axis.kind == kernel::AxisKind::row});
    for (mlir::Operation &op : function.block())
      read(op);
    return failure;
  }

private:
  Access access_of(mlir::Value buffer, kernel::MapAttr map) const {
    Access access = sum_of(map);
    access.buffer = llvm::cast<mlir::BlockArgument>(buffer).getArgNumber();
    return access;
  }
  Access sum_of(kernel::MapAttr map) const {
    Access access;
    access.offset = map.getOffset();
    for (unsigned axis = 0; axis < nest.axes.size(); ++axis)
      access.strides.push_back(map.stride(axis));
    return access;
  }

  Node make(NodeKind kind, mlir::Value value) const {
    auto type = llvm::cast<kernel::ValType>(value.getType());
    Node node{};
    node.kind = kind;
    node.dtype = kernel::dtype_of(type.getElement());
    node.axes = type.getAxes();
    node.pass = passes.of.lookup(value);
    return node;
  }

  void add(Node node, mlir::ValueRange operands, mlir::Value result) {
    for (mlir::Value operand : operands)
      node.operands.push_back(numbers.lookup(operand));
    if (result)
      numbers[result] = static_cast<unsigned>(nest.nodes.size());
    nest.nodes.push_back(std::move(node));
  }

  void read(mlir::Operation &op) {
    llvm::TypeSwitch<mlir::Operation *>(&op)
        .Case([&](kernel::LoadOp load) {
          Node node = make(NodeKind::load, load.getResult());
          node.access = access_of(load.getBuffer(), load.getMap());
          node.guard = load.getGuard() ? 0 : -1;
          add(std::move(node), load->getOperands().drop_front(), load.getResult());
        })
        .Case([&](kernel::GatherOp gather) {
          Node node = make(NodeKind::gather, gather.getResult());
          node.access = access_of(gather.getBuffer(), gather.getMap());
          node.index_stride = static_cast<std::int64_t>(gather.getStride());
          node.index_extent = static_cast<std::int64_t>(gather.getExtent());
          node.guard = gather.getGuard() ? 1 : -1;
          add(std::move(node), gather->getOperands().drop_front(), gather.getResult());
        })
        .Case([&](kernel::InsideOp inside) {
          Node node = make(NodeKind::inside, inside.getResult());
          node.access = sum_of(inside.getCoordinate());
          node.index_extent = static_cast<std::int64_t>(inside.getExtent());
          add(std::move(node), {}, inside.getResult());
        })
        .Case([&](kernel::StoreOp store) {
          Node node = make(NodeKind::store, store.getValue());
          node.access = access_of(store.getBuffer(), store.getMap());
          node.axes = store.getMap().axes();
          add(std::move(node), store.getValue(), nullptr);
        })
        .Case([&](kernel::ConstOp constant) {
          Node node = make(NodeKind::constant, constant.getResult());
          node.bits = bits_of(constant.getValue());
          add(std::move(node), {}, constant.getResult());
        })
        .Case([&](kernel::ArgOp arg) {
          Node node = make(NodeKind::argument, arg.getResult());
          node.number = arg.getNumber();
          add(std::move(node), {}, arg.getResult());
        })
        .Case([&](kernel::IndexOp index) {
          Node node = make(NodeKind::index, index.getResult());
          node.number = index.getAxis();
          add(std::move(node), {}, index.getResult());
        })
        .Case([&](kernel::EwOp element) {
          Node node = make(NodeKind::element, element.getResult());
          node.function = element.scalar();
          add(std::move(node), element.getOperands(), element.getResult());
        })
        .Case([&](kernel::ReduceOp reduce) { read_reduce(reduce); })
        .Case([&](kernel::KeepOp keep) {
          add(make(NodeKind::keep, keep.getResult()), keep.getValue(), keep.getResult());
        })
        .Default([&](mlir::Operation *other) {
          failure = "no lowering of " + other->getName().getStringRef().str();
        });
  }

  void read_reduce(kernel::ReduceOp reduce) {
    Node node = make(NodeKind::reduce, reduce.getResults()[0]);
    node.reduction = reduction_of(reduce.getKind());
    node.correction = static_cast<std::int64_t>(reduce.getCorrection());
    nest.outer = reduce.getOrder() == kernel::ReduceOrder::outer;
    add(std::move(node), reduce.getOperand(), reduce.getResults()[0]);
    if (reduce.getResults().size() == 1)
      return;
    Node second = make(NodeKind::second, reduce.getResults()[1]);
    second.operands = {numbers.lookup(reduce.getResults()[0])};
    numbers[reduce.getResults()[1]] = static_cast<unsigned>(nest.nodes.size());
    nest.nodes.push_back(std::move(second));
  }

  kernel::FuncOp function;
  Nest &nest;
  RowPasses passes;
  llvm::DenseMap<mlir::Value, unsigned> numbers;
  std::string failure;
};

} // namespace

std::string read_kernel(kernel::FuncOp function, Nest &nest) {
  return Reader(function, nest).run();
}

} // namespace jit::nest
