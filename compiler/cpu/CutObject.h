// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// From an ELF object to blobs.
#pragma once

#include "runtime/program/KernelBlob.h"

#include <llvm/ADT/ArrayRef.h>
#include <llvm/Support/MemoryBufferRef.h>

#include <string>
#include <vector>

namespace jit::cpu {

/// Cuts an object with a section for each function into blobs, one for each list of functions. An
/// empty message, or why it cannot be done: code that needs anything outside of the object.
std::string cut_object(llvm::MemoryBufferRef object,
                       llvm::ArrayRef<std::vector<std::string>> kernels,
                       std::vector<KernelBlob> &blobs);

} // namespace jit::cpu
