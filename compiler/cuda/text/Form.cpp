// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/cuda/text/Form.h"

#include "compiler/cuda/text/Flat.h"

namespace jit::gpu {

std::string_view name(Form form) {
  constexpr std::string_view names[] = {"flat", "chunk", "row", "outer"};
  return names[static_cast<std::size_t>(form)];
}

Form form_of(const nest::Nest &nest) {
  if (nest.row_axes() == 0)
    return Form::flat;
  if (nest.outer)
    return Form::outer;
  return nest.passes() > 2 || !nest.roots_of(1, nest.row_axes()).empty() ? Form::row : Form::chunk;
}

AddedKernel add_kernel(ModuleText &module, const nest::Nest &nest) {
  const Form form = form_of(nest);
  if (form != Form::flat)
    return {{"kernels of form " + std::string(name(form)) + " are not printed yet"}, {}};
  AddedKernel added{add_flat(module, nest), {}};
  if (added.kernel.failure.empty() && added.kernel.needs_alignment)
    added.twin = add_flat(module, nest, {.aligned = false}).name;
  return added;
}

} // namespace jit::gpu
