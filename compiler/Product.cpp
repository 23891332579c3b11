// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From the kernel that describes a product to shapes and strides for the library's microkernels.
#include "compiler/Planner.h"

using namespace mlir;

namespace jit {

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

kernel::StoreOp store_of_product(kernel::FuncOp product) {
  return *product.block().getOps<kernel::StoreOp>().begin();
}

ContractStep describe_product(kernel::FuncOp product, bool has_epilogue) {
  auto contract = *product.block().getOps<kernel::ContractOp>().begin();
  const kernel::MapAttr a = contract.getLhs().getDefiningOp<kernel::LoadOp>().getMap();
  const kernel::MapAttr b = contract.getRhs().getDefiningOp<kernel::LoadOp>().getMap();
  const kernel::SpaceAttr space = product.getSpace();
  const unsigned k = space.size() - 1, n = k - 1, m = k - 2;
  ContractStep step;
  step.dtype = kernel::dtype_of(contract.getType().getElement());
  step.m = space.extent(m);
  step.n = space.extent(n);
  step.k = space.extent(k);
  step.a_row_stride = a.stride(m);
  step.a_col_stride = a.stride(k);
  step.b_row_stride = b.stride(k);
  step.b_col_stride = b.stride(n);
  const kernel::MapAttr c = store_of_product(product).getMap();
  step.c_row_stride = step.m > 1 ? c.stride(m) : step.n;
  for (unsigned axis = 0; axis < m; ++axis) {
    step.batch_sizes.push_back(space.extent(axis));
    step.a_batch_strides.push_back(a.stride(axis));
    step.b_batch_strides.push_back(b.stride(axis));
    step.c_batch_strides.push_back(c.stride(axis));
  }
  step.whole_rows = has_epilogue && should_keep_rows_whole(step);
  return step;
}

llvm::SmallVector<unsigned> outputs_like_product(kernel::FuncOp epilogue) {
  Block &block = epilogue.block();
  auto c = cast<kernel::LoadOp>(*block.getArgument(0).user_begin());
  const unsigned inputs = epilogue.count_inputs();
  llvm::SmallVector<unsigned> outputs;
  for (auto store : block.getOps<kernel::StoreOp>())
    if (store.getMap() == c.getMap() &&
        store.getValue().getType().getElement() == c.getType().getElement())
      outputs.push_back(cast<BlockArgument>(store.getBuffer()).getArgNumber() - inputs);
  return outputs;
}

} // namespace jit
