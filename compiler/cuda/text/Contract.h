// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Contractions as text: a block has a tile of C, whose operands go through shared memory.
#pragma once

#include "compiler/cuda/text/ModuleText.h"
#include "runtime/cuda/ContractTiles.h"

#include <functional>

namespace jit::gpu {

struct EpilogueText {
  std::string failure; ///< empty: it is printed
  std::string members; ///< of the kernel's argument
  std::size_t argument_bytes = 0;
};

/// How a kernel of a contraction is printed.
struct ContractForm {
  std::string name;
  DType dtype;
  ContractTile tile;
  /// Its sizes and strides, if they are constants of the text: the kernel's argument then has the
  /// addresses of a, b and c. Else its argument is ProductArgs.
  const ProductArgs *constants = nullptr;
  /// With constants: prints what the block does when its tile lies in C. `first_row` (of all
  /// matrices), `first_column`, `a_left` rows and `b_left` columns are variables of the text.
  /// Members of the argument follow a and b; the first is C, `b0`.
  std::function<EpilogueText(Lines &)> epilogue = {};
};

/// Adds the kernel. Elements have the bits of contract() (runtime/kernels/contract). Gives why it
/// cannot be; nothing: it is there.
std::string add_contract(ModuleText &module, const ContractForm &form);

/// Adds the kernel that joins the parts of a float dtype; its argument is JoinArgs.
void add_contract_join(ModuleText &module, const std::string &name, DType dtype);

} // namespace jit::gpu
