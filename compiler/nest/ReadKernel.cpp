// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reads the ops of a kernel in order; axes of extent 1 are dropped on the way.
#include "compiler/nest/ReadKernel.h"

#include <llvm/ADT/DenseMap.h>
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
  Reader(kernel::FuncOp function, bool epilogue, Nest &nest) : function(function), nest(nest) {
    choose_axes(epilogue);
  }

  std::string run() {
    nest.name = function.getSymName().str();
    nest.buffers = function.block().getNumArguments();
    for (mlir::Operation &op : function.block())
      read(op);
    return failure;
  }

private:
  void choose_axes(bool epilogue) {
    kernel::SpaceAttr space = function.getSpace();
    bool has_row = false;
    for (unsigned axis = space.size(); axis-- > 0;) {
      bool row = space.kind(axis) == kernel::AxisKind::row;
      // A row of one point is a row still, and the columns of an epilogue are its lanes.
      bool kept =
          space.extent(axis) != 1 || (row && !has_row) || (epilogue && axis + 1 == space.size());
      has_row |= row && kept;
      if (kept)
        axes.insert(axes.begin(), axis);
    }
    for (unsigned axis : axes)
      nest.axes.push_back({space.extent(axis), space.kind(axis) == kernel::AxisKind::row});
  }

  std::uint32_t axes_of(std::uint32_t set) const {
    std::uint32_t mapped = 0;
    for (unsigned k = 0; k < axes.size(); ++k)
      mapped |= (set >> axes[k] & 1) << k;
    return mapped;
  }

  Access access_of(mlir::Value buffer, kernel::MapAttr map) const {
    Access access;
    access.buffer = llvm::cast<mlir::BlockArgument>(buffer).getArgNumber();
    access.offset = map.getOffset();
    for (unsigned axis : axes)
      access.strides.push_back(map.stride(axis));
    return access;
  }

  Node make(NodeKind kind, mlir::Value value) const {
    auto type = llvm::cast<kernel::ValType>(value.getType());
    Node node{};
    node.kind = kind;
    node.dtype = kernel::dtype_of(type.getElement());
    node.axes = axes_of(type.getAxes());
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
          add(std::move(node), {}, load.getResult());
        })
        .Case([&](kernel::StoreOp store) {
          Node node = make(NodeKind::store, store.getValue());
          node.access = access_of(store.getBuffer(), store.getMap());
          node.axes = axes_of(store.getMap().axes());
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
        .Case([&](kernel::IndexOp index) { read_index(index); })
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

  void read_index(kernel::IndexOp index) {
    auto found = llvm::find(axes, index.getAxis());
    Node node = make(found == axes.end() ? NodeKind::constant : NodeKind::index, index.getResult());
    node.number = static_cast<unsigned>(found - axes.begin());
    add(std::move(node), {}, index.getResult());
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
  std::vector<unsigned> axes; ///< of the space, by axis of the nest
  llvm::DenseMap<mlir::Value, unsigned> numbers;
  std::string failure;
};

} // namespace

std::string read_kernel(kernel::FuncOp function, bool epilogue, Nest &nest) {
  std::string failure = Reader(function, epilogue, nest).run();
  nest.merge_axes(epilogue);
  nest.number_passes();
  return failure;
}

} // namespace jit::nest
