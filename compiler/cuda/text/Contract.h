// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contractions as text: a block has a tile of C, whose operands go through shared memory.
#pragma once

#include "compiler/cuda/text/ModuleText.h"
#include "runtime/cuda/ContractTiles.h"

namespace jit::gpu {

/// How a kernel of a contraction is printed.
struct ContractForm {
  std::string name;
  DType dtype;
  ContractTile tile;
  /// Its sizes and strides, if they are constants of the text: the kernel's argument then has the
  /// addresses of a, b and c. Else its argument is ProductArgs.
  const ProductArgs *constants = nullptr;
};

/// Adds the kernel. Elements have the bits of contract() (runtime/kernels/contract).
void add_contract(ModuleText &module, const ContractForm &form);

/// Adds the kernel that joins the parts of a float dtype; its argument is JoinArgs.
void add_contract_join(ModuleText &module, const std::string &name, DType dtype);

} // namespace jit::gpu
