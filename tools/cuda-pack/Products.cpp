// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/cuda-pack/Products.h"

#include "compiler/cuda/text/Contract.h"
#include "compiler/cuda/text/Dot.h"
#include "tools/cuda-pack/Families.h"

namespace jit::gpu {

void add_products(ModuleText &module) {
  for (int number = 0; number <= static_cast<int>(DType::f64); ++number) {
    const auto dtype = static_cast<DType>(number);
    if (dtype == DType::boolean || dtype == DType::f16 || dtype == DType::bf16)
      continue; // no op takes them
    const std::string name(short_name(dtype));
    for (const ContractTile &tile : contract_tiles(dtype))
      add_contract(module, {tile.kernel(name), dtype, tile});
    if (is_float(dtype))
      add_contract_join(module, "contract_join_" + name, dtype);
    add_dot(module, "dot_" + name, dtype);
  }
}

} // namespace jit::gpu
