// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NVIDIA's run-time compiler, if the machine has one.
#pragma once

#include <string>

namespace jit::gpu::test {

/// A path that can be opened, or nothing.
std::string find_nvrtc();

/// The cubin of a text for a target such as sm_90; a failure of the test and nothing if it is
/// refused.
std::string compile_by_nvrtc(const std::string &text, const std::string &target);

} // namespace jit::gpu::test
