// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Pieces of text that types, attributes and ops of the `kernel` dialect share.
#pragma once

#include "dialects/kernel/KernelDialect.h"

namespace jit::kernel {

mlir::ParseResult parse_axis(mlir::AsmParser &parser, unsigned &axis);

/// i * 1024 + j + 5
void print_affine(mlir::AsmPrinter &printer, MapAttr map);
mlir::ParseResult parse_affine(mlir::AsmParser &parser, MapAttr &map);

mlir::ParseResult parse_function(mlir::AsmParser &parser, FunctionAttr &function);

} // namespace jit::kernel
