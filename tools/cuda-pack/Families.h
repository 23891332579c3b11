// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The kernels of eager elementwise ops, copies and casts, of any extents and strides: one for a
// function, a dtype and a class of layouts (runtime/cuda/FamilyArgs.h).
#pragma once

#include "compiler/cuda/text/Element.h"

#include <string>
#include <vector>

namespace jit::gpu {

/// A function of elements of these dtypes, all of one but for the condition of `where`.
struct ElementForm {
  std::string name; ///< of its kernels, before the class of layouts: add_f32, cast_i8_f32
  ScalarFunction function;
  std::vector<DType> operands;
  DType result;
};

/// Every form that the records have but casts, and casts of each dtype to each.
std::vector<ElementForm> element_forms();
/// Casts to each dtype of whatever dtype memory has.
std::vector<ElementForm> cast_forms();
std::string_view short_name(DType dtype);

void add_contiguous(ModuleText &module, const ElementForm &form);
/// Both widths of offsets.
void add_strided(ModuleText &module, const ElementForm &form);

} // namespace jit::gpu
