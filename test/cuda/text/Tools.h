// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs that a test runs: compilers, whose results are kept by what went into them.
#pragma once

#include <string>

namespace jit::gpu::test {

/// The file that `command` made of `source`, where %in and %out stand for both; made once. Fails
/// the test and gives nothing if the command does not succeed.
std::string made_by(const std::string &command, const std::string &source,
                    const std::string &extension);

/// The output of a command that succeeds, else nothing.
std::string output_of(const std::string &command);
std::string contents(const std::string &file);

/// Whether there is a clang that makes PTX, and what it makes of a text.
bool has_ptx_clang();
std::string ptx_by_clang(const std::string &text);

} // namespace jit::gpu::test
