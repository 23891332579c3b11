// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The way a kernel is spread over the threads of a device: chosen by its shape, unable to change a
// bit.
#pragma once

#include "compiler/cuda/text/ModuleText.h"
#include "compiler/nest/Nest.h"

namespace jit::gpu {

enum class Form {
  flat,  ///< no rows: every point by itself
  tile,  ///< no rows, and an operand is read along another axis than results are stored
  chunk, ///< one pass over rows, in order inner
  row,   ///< several passes over rows
  outer, ///< reductions in order outer
};
std::string_view name(Form form);
Form form_of(const nest::Nest &nest);

/// What a launch of a kernel needs to know.
struct KernelResult {
  std::string failure; ///< empty: the kernel is in the module
  std::string name{};
  std::uint64_t units = 0; ///< more blocks have nothing to do
  unsigned threads = 0, shared_bytes = 0;
  std::size_t argument_bytes = 0; ///< an address a buffer, then 8 bytes a number
  bool needs_alignment = false;   ///< of all buffers, to 16 bytes
};

/// The name of a kernel in text, and why one is refused.
std::string identifier(std::string name);
std::string too_many_arguments(std::size_t bytes);

/// Adds the kernel of the nest and, if it needs aligned buffers, a twin that does not. `twin` is
/// empty or its name.
struct AddedKernel {
  KernelResult kernel;
  std::string twin;
};
AddedKernel add_kernel(ModuleText &module, const nest::Nest &nest);

} // namespace jit::gpu
