// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What kernels have room for; jit-tblgen refuses records beyond it.
#pragma once

namespace jit {

inline constexpr int max_element_operands = 3; ///< of elementwise ops
inline constexpr int max_row_operands = 6;
inline constexpr int max_row_steps = 16; ///< of the body of a row op

} // namespace jit
