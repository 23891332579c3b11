// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tensors as text, laid out like NumPy's.
#pragma once

#include "runtime/base/Export.h"

#include <tracejit/dims.h>
#include <tracejit/dtype.h>

#include <cstddef>
#include <iosfwd>

namespace jit {

/// Prints dtype and shape, then the elements in aligned columns, without a final newline:
///
///     f32[2,3] [[  1, 2.5, nan],
///               [ -0,  10, inf]]
///
/// Rank 0 is `f32[] 2.5`, an empty tensor `f32[0,3] []`. Beyond 1,000 elements an axis longer than
/// 6 shows its first and last three and `...`. Rows wrap at 100 columns. Every number reads back to
/// the same bits. Strides count elements; `data` is element [0, ..., 0]. State and flags of the
/// stream do not matter.
TRACEJIT_PRIVATE void print(std::ostream &out, DType dtype, Dims dims, Dims strides,
                            const std::byte *data);

} // namespace jit
