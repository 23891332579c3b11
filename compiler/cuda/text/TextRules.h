// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a text must keep to for its bits to be those of the CPU, whichever compiler reads it; and
// what the PTX made of it must keep to.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace jit::gpu {

/// Every line behind the prelude that gives a float or double a value does one operation: an
/// intrinsic that rounds, a load, a conversion, a cast of bits, `?:`, a sign, a rounding to
/// integral values. Nothing is included, no template is used, constants of float end in f. The
/// first line that does not, with its number; empty if all do.
std::string check_text(std::string_view text);

/// No flushing, no approximation, no rounding left open, no memory of the thread's own. The first
/// line that has some; empty if none does.
std::string check_ptx(std::string_view ptx);

/// How often each kernel has a fused multiply-add, by name: of a text as often as it runs, if loops
/// over `k` are unrolled.
std::map<std::string, int> count_fused_in_text(std::string_view text);
std::map<std::string, int> count_fused_in_ptx(std::string_view ptx);

} // namespace jit::gpu
