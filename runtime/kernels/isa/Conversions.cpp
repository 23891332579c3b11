// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Conversions from each dtype to the others.
#include "runtime/kernels/isa/Convert.h"
#include "runtime/kernels/isa/Parts.h"

namespace jit::TRACEJIT_ISA {

void add_conversions(KernelTable &table) noexcept {
  for_dtypes([&]<class To>(std::type_identity<To>) {
    for_dtypes([&]<class From>(std::type_identity<From>) {
      if constexpr (!is_copied<To, From>)
        table.convert[slot(dtype_of<To>)][slot(dtype_of<From>)] = convert<To, From>;
    });
  });
}

} // namespace jit::TRACEJIT_ISA
