// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Cuts a kernel with a contraction into shapes for the library's microkernels and an epilogue.
#include "compiler/Planner.h"

using namespace mlir;

namespace jit {

using kernel::MapAttr;

// Fills what the maps of the two loads and the space say.
static void describe_shapes(kernel::SpaceAttr space, MapAttr a, MapAttr b, ContractStep &step) {
  const unsigned k = space.size() - 1, n = k - 1, m = k - 2;
  step.m = space.extent(m);
  step.n = space.extent(n);
  step.k = space.extent(k);
  step.a_row_stride = a.stride(m);
  step.a_col_stride = a.stride(k);
  step.b_row_stride = b.stride(k);
  step.b_col_stride = b.stride(n);
  step.c_row_stride = step.n;
  std::int64_t entries = step.m * step.n * space.points((1u << m) - 1);
  for (unsigned axis = 0; axis < m; ++axis) {
    entries /= space.extent(axis);
    step.batch_sizes.push_back(space.extent(axis));
    step.a_batch_strides.push_back(a.stride(axis));
    step.b_batch_strides.push_back(b.stride(axis));
    step.c_batch_strides.push_back(entries);
  }
}

// C is row-major over batch, m, n; an axis of extent 1 has no stride.
static MapAttr result_map(kernel::SpaceAttr space, const ContractStep &step) {
  llvm::SmallVector<std::int64_t> strides(step.c_batch_strides.begin(), step.c_batch_strides.end());
  strides.push_back(step.m > 1 ? step.c_row_stride : 0);
  strides.push_back(step.n > 1 ? 1 : 0);
  return MapAttr::of(space.getContext(), 0, strides);
}

// Values vary along every axis that an operand varies along.
static void widen_types(Block &block) {
  for (auto ew : block.getOps<kernel::EwOp>()) {
    std::uint32_t axes = 0;
    for (const Value operand : ew->getOperands())
      axes |= cast<kernel::ValType>(operand.getType()).getAxes();
    ew.getResult().setType(kernel::ValType::get(ew.getContext(), ew.getType().getElement(), axes));
  }
}

static kernel::SpaceAttr without_inner_axis(kernel::SpaceAttr space) {
  return kernel::SpaceAttr::get(space.getContext(), space.getAxes().drop_back());
}

// Whether the epilogue walks all points of some rows instead of the columns of one, which would
// leave lanes idle. C is not cut between columns then: there must be rows enough for many threads,
// or too little work to be shared.
static bool should_keep_rows_whole(const ContractStep &step) {
  constexpr std::int64_t narrow = 16, whole_vectors = 16, wide = 128, enough_rows = 128;
  constexpr double little_work = 1 << 20;
  if (step.n < narrow)
    return true;
  const double work =
      static_cast<double>(step.m) * static_cast<double>(step.n) * static_cast<double>(step.k);
  return step.n < wide && step.n % whole_vectors != 0 &&
         (step.m >= enough_rows || work <= little_work);
}

ContractParts split_contraction(kernel::FuncOp function) {
  Block &block = function.block();
  auto contract = *block.getOps<kernel::ContractOp>().begin();
  auto lhs = contract.getLhs().getDefiningOp<kernel::LoadOp>();
  auto rhs = contract.getRhs().getDefiningOp<kernel::LoadOp>();
  ContractParts parts;
  parts.a = cast<BlockArgument>(lhs.getBuffer()).getArgNumber();
  parts.b = cast<BlockArgument>(rhs.getBuffer()).getArgNumber();
  parts.step.dtype = kernel::dtype_of(contract.getType().getElement());
  describe_shapes(function.getSpace(), lhs.getMap(), rhs.getMap(), parts.step);
  const MapAttr map = result_map(function.getSpace(), parts.step);

  const unsigned inputs = function.count_inputs();
  for (auto store : block.getOps<kernel::StoreOp>()) {
    const bool fits = store.getMap() == map &&
                      store.getValue().getType().getElement() == contract.getType().getElement();
    parts.has_epilogue |=
        store.getValue() != contract.getResult() || !fits || !contract->hasOneUse();
    if (fits)
      parts.in_place_outputs.push_back(cast<BlockArgument>(store.getBuffer()).getArgNumber() -
                                       inputs);
  }
  if (!parts.has_epilogue)
    return parts;
  parts.step.whole_rows = should_keep_rows_whole(parts.step);

  // The epilogue: C takes the place of the contraction.
  OpBuilder builder(contract);
  const Value c = block.insertArgument(
      0u, kernel::BufType::get(function.getContext(), contract.getType().getElement()),
      function.getLoc());
  // An operand that is broadcast makes equal elements. Each is read where it was just computed: the
  // others may be another thread's and not there yet.
  const Value load = kernel::LoadOp::create(builder, contract.getLoc(), c, map);
  contract.getResult().replaceAllUsesWith(load);
  contract.erase();
  widen_types(block);
  // Over one k a load is also that of the epilogue.
  const bool same = lhs == rhs;
  if (rhs->use_empty())
    rhs.erase();
  if (!same && lhs->use_empty())
    lhs.erase();
  for (unsigned argument = 1; argument < block.getNumArguments(); ++argument)
    if (!block.getArgument(argument).use_empty())
      parts.kept.push_back(argument - 1);
  for (unsigned argument = block.getNumArguments(); argument-- > 1;)
    if (block.getArgument(argument).use_empty())
      block.eraseArgument(argument);
  function.setSpaceAttr(without_inner_axis(function.getSpace()));
  return parts;
}

} // namespace jit
