// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/rt/Tables.h"

#include "runtime/kernels/KernelCall.h"

namespace jit {
namespace {

constinit KernelTable tables[2]{}; ///< by Isa

} // namespace

const KernelTable &active_table() noexcept { return tables[static_cast<int>(active_isa())]; }

void rt::add(Part &part) noexcept {
  const int isa = static_cast<int>(active_isa());
  part.added[isa].run([&] { (isa == 0 ? part.v3 : part.v4)(tables[isa]); });
}

} // namespace jit
