// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The header of a compiled file for C++: a class over the functions of the header for C.
#pragma once

#include "tools/tracec/CInterface.h"

namespace tracec {

/// `c_header`: the file that declares the functions, beside this one.
std::string cpp_header_text(const std::string &file, const std::string &c_header,
                            std::span<const CFunction> functions);

} // namespace tracec
