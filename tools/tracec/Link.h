// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The linker that shared libraries are made with.
#pragma once

#include <filesystem>
#include <span>
#include <string>

namespace tracec {

/// libtracejit-rt.a of this installation. Throws Exit(unsupported) if it is not there.
std::filesystem::path rt_library();

/// Makes the shared library `output` of an object, and of libtracejit-rt if that is wanted. Only
/// names in `shown` are exported. Throws Exit(unsupported).
void link_shared(const std::string &linker, const std::filesystem::path &output,
                 std::span<const char> object, std::span<const std::string> shown, bool needs_rt);

} // namespace tracec
