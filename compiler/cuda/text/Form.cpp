// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/cuda/text/Form.h"

#include "compiler/cuda/text/Flat.h"
#include "compiler/cuda/text/Rows.h"
#include "compiler/cuda/text/Tile.h"

#include <cctype>

namespace jit::gpu {

std::string_view name(Form form) {
  constexpr std::string_view names[] = {"flat", "tile", "chunk", "row", "outer"};
  return names[static_cast<std::size_t>(form)];
}

Form form_of(const nest::Nest &nest) {
  if (nest.row_axes() == 0)
    return tiling_of(nest) ? Form::tile : Form::flat;
  if (nest.outer)
    return Form::outer;
  return nest.passes() > 2 || !nest.roots_of(1, nest.row_axes()).empty() ? Form::row : Form::chunk;
}

std::string identifier(std::string name) {
  for (char &c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0)
      c = '_';
  return name;
}

std::string too_many_arguments(std::size_t bytes) {
  return "its argument has " + std::to_string(bytes) + " bytes, and a kernel takes " +
         std::to_string(max_argument_bytes);
}

AddedKernel add_kernel(ModuleText &module, const nest::Nest &nest) {
  const Form form = form_of(nest);
  if (form == Form::tile)
    return {add_tile(module, nest, *tiling_of(nest)), {}};
  if (form != Form::flat)
    return {add_rows(module, nest), {}};
  AddedKernel added{add_flat(module, nest), {}};
  if (added.kernel.failure.empty() && added.kernel.needs_alignment)
    added.twin = add_flat(module, nest, {.aligned = false}).name;
  return added;
}

} // namespace jit::gpu
