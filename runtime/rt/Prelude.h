// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Included first by every source of libtracejit-rt. They are compiled with `jit` defined as another
// namespace, so that nothing of theirs can be taken for what libtracejit has by the same name.
#pragma once

#include "runtime/base/Export.h"

// Nothing is shown.
#undef TRACEJIT_PRIVATE
#define TRACEJIT_PRIVATE

// The code of the ISA levels is the same in both libraries, and so are its names.
namespace jit {

struct ContractKernels;

namespace v3 {
extern const ContractKernels contract_f32 asm("_ZN3jit2v312contract_f32E");
extern const ContractKernels contract_f64 asm("_ZN3jit2v312contract_f64E");
} // namespace v3
namespace v4 {
extern const ContractKernels contract_f32 asm("_ZN3jit2v412contract_f32E");
extern const ContractKernels contract_f64 asm("_ZN3jit2v412contract_f64E");
} // namespace v4

} // namespace jit
