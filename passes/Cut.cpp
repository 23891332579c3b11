// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Cut: what a kernel computes from a product becomes an epilogue, a kernel of its own that runs on
// finished tiles. What is left describes the product: loads of A and B, the contraction, C.
#include "passes/Passes.h"
#include "runtime/base/SafePoint.h"

#include <mlir/IR/Builders.h>
#include <mlir/IR/BuiltinOps.h>

using namespace mlir;

namespace jit {

#define GEN_PASS_DEF_CUT
#include "passes/Passes.h.inc"

using kernel::MapAttr;

// C is row-major over batch, m, n; an axis of extent 1 has no stride.
static MapAttr map_of_c(kernel::SpaceAttr space) {
  llvm::SmallVector<std::int64_t> strides(space.size() - 1);
  std::int64_t stride = 1;
  for (unsigned axis = space.size() - 1; axis-- > 0; stride *= space.extent(axis))
    strides[axis] = space.extent(axis) > 1 ? stride : 0;
  return MapAttr::of(space.getContext(), 0, strides);
}

// Where the product itself may store C: rows of neighbours, wherever they begin. Nothing if
// somebody computes with it.
static std::optional<MapAttr> stored_rows(kernel::FuncOp function, kernel::ContractOp contract) {
  const kernel::SpaceAttr space = function.getSpace();
  const unsigned columns = space.size() - 2;
  auto store = contract->hasOneUse() ? dyn_cast<kernel::StoreOp>(*contract->user_begin()) : nullptr;
  if (!store || !llvm::hasSingleElement(function.block().getOps<kernel::StoreOp>()) ||
      (space.extent(columns) > 1 && store.getMap().stride(columns) != 1))
    return std::nullopt;
  return store.getMap();
}

static kernel::FuncOp make_product(kernel::FuncOp function, kernel::ContractOp contract,
                                   MapAttr map_of_rows) {
  OpBuilder builder(function);
  const Location location = contract.getLoc();
  const Type buffer = kernel::BufType::get(builder.getContext(), contract.getType().getElement());
  auto product =
      kernel::FuncOp::create(builder, location, (function.getSymName() + "_product").str(),
                             function.getSpace(), TypeRange{buffer, buffer, buffer});
  Block &block = product.block();
  builder.setInsertionPointToEnd(&block);
  const auto load = [&](Value like, unsigned argument) {
    const MapAttr map = like.getDefiningOp<kernel::LoadOp>().getMap();
    return kernel::LoadOp::create(builder, location, block.getArgument(argument), map).getResult();
  };
  const Value a = load(contract.getLhs(), 0), b = load(contract.getRhs(), 1);
  const Value c = kernel::ContractOp::create(builder, location, contract.getType(), a, b);
  kernel::StoreOp::create(builder, location, c, block.getArgument(2), map_of_rows);
  return product;
}

// Values vary along every axis that an operand varies along.
static void widen_types(Block &block) {
  for (Operation &op : block) {
    if (!isa<kernel::EwOp, kernel::GatherOp, kernel::LoadOp>(op))
      continue;
    const kernel::MapAttr map = kernel::access_map(&op);
    std::uint32_t axes = map ? map.axes() : 0;
    for (const Value operand : op.getOperands())
      if (const auto type = dyn_cast<kernel::ValType>(operand.getType()))
        axes |= type.getAxes();
    const Type element = cast<kernel::ValType>(op.getResult(0).getType()).getElement();
    op.getResult(0).setType(kernel::ValType::get(op.getContext(), element, axes));
  }
}

// C takes the place of the contraction, as argument 0. Returns which arguments follow it.
static llvm::SmallVector<unsigned> make_epilogue(kernel::FuncOp function,
                                                 kernel::ContractOp contract) {
  Block &block = function.block();
  Operation *lhs = contract.getLhs().getDefiningOp(), *rhs = contract.getRhs().getDefiningOp();
  OpBuilder builder(contract);
  const Value c = block.insertArgument(
      0u, kernel::BufType::get(function.getContext(), contract.getType().getElement()),
      function.getLoc());
  // An operand that is broadcast makes equal elements. Each is read where it was just computed: the
  // others may be another thread's and not there yet.
  const Value load =
      kernel::LoadOp::create(builder, contract.getLoc(), c, map_of_c(function.getSpace()));
  contract.getResult().replaceAllUsesWith(load);
  contract.erase();
  widen_types(block);
  // Over one k a load is also that of the epilogue.
  const bool same = lhs == rhs;
  if (rhs->use_empty())
    rhs->erase();
  if (!same && lhs->use_empty())
    lhs->erase();
  llvm::SmallVector<unsigned> kept;
  for (unsigned argument = 1; argument < block.getNumArguments(); ++argument)
    if (!block.getArgument(argument).use_empty())
      kept.push_back(argument - 1);
  for (unsigned argument = block.getNumArguments(); argument-- > 1;)
    if (block.getArgument(argument).use_empty())
      block.eraseArgument(argument);
  const kernel::SpaceAttr space = function.getSpace();
  function.setSpaceAttr(kernel::SpaceAttr::get(space.getContext(), space.getAxes().drop_back()));
  return kept;
}

static void cut(kernel::LaunchOp launch, kernel::FuncOp function, kernel::ContractOp contract) {
  const auto read_by = [&](Value operand) {
    const Value buffer = operand.getDefiningOp<kernel::LoadOp>().getBuffer();
    return launch.getOperands()[cast<BlockArgument>(buffer).getArgNumber()];
  };
  llvm::SmallVector<Value> operands{read_by(contract.getLhs()), read_by(contract.getRhs())};
  const std::optional<MapAttr> rows = stored_rows(function, contract);
  kernel::FuncOp product =
      make_product(function, contract, rows.value_or(map_of_c(function.getSpace())));
  if (!rows) {
    for (const unsigned argument : make_epilogue(function, contract))
      if (argument < launch.getNumOperands())
        operands.push_back(launch.getOperands()[argument]);
    launch.setEpilogue(function.getSymName());
  } else {
    function.erase();
  }
  launch.setCallee(product.getSymName());
  launch->setOperands(operands);
}

void cut(trace::FuncOp program) {
  llvm::StringMap<kernel::FuncOp> kernels;
  for (auto function : program->getParentOfType<ModuleOp>().getOps<kernel::FuncOp>())
    kernels[function.getSymName()] = function;
  for (auto launch : program.block().getOps<kernel::LaunchOp>()) {
    safe_point();
    kernel::FuncOp function = kernels.lookup(launch.getCallee());
    const auto contracts = function.block().getOps<kernel::ContractOp>();
    if (!launch.getEpilogue() && !contracts.empty())
      cut(launch, function, *contracts.begin());
  }
}

namespace {
struct CutPass : impl::CutBase<CutPass> {
  void runOnOperation() override {
    for (auto program : getOperation().getOps<trace::FuncOp>())
      cut(program);
  }
};
} // namespace

} // namespace jit
