// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contractions of matrices so small that they need no plan: one panel of columns, one chunk of k,
// nothing copied. Robots and games have many of them, often in batches.
#pragma once

#include "runtime/kernels/contract/Contract.h"
#include "runtime/kernels/contract/KernelSet.h"

namespace jit {

class SmallProducts {
public:
  /// Of floats.
  SmallProducts(const ContractArgs &args, Isa isa, std::int64_t workers);

  /// Whether the matrices are small enough, and not worth more workers than there are of them.
  bool fit() const { return run_tile != nullptr; }
  void run(const Parallel &parallel) const;

private:
  struct Range;
  std::int64_t pieces(std::int64_t workers) const;
  void run_entries(std::int64_t begin, std::int64_t end) const;
  void run_entry(ContractTile tile) const;

  const ContractArgs &args;
  const ContractKernels &kernels;
  std::int64_t vectors = 0, most_rows = 0;
  ContractTile first;                                      ///< of the first entry, its first rows
  const ContractKernels::TileFunction *run_tile = nullptr; ///< by rows
};

} // namespace jit
