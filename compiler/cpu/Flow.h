// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Loops and branches in LLVM IR with their carried values.
#pragma once

#include <llvm/ADT/STLFunctionalExtras.h>
#include <llvm/ADT/SmallVector.h>
#include <llvm/IR/IRBuilder.h>

namespace jit::ir {

using Values = llvm::SmallVector<llvm::Value *, 8>;

/// for (i = begin; i < end; i += step) body(i). `carried` holds the values before the loop, inside
/// those of the iteration (the body replaces them), and those after the last.
void loop(llvm::IRBuilder<> &b, llvm::Value *begin, llvm::Value *end, std::int64_t step,
          Values &carried, llvm::function_ref<void(llvm::Value *i)> body);

/// if (condition) body(); `carried` as above.
void when(llvm::IRBuilder<> &b, llvm::Value *condition, Values &carried,
          llvm::function_ref<void()> body);

} // namespace jit::ir
