// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The functions of runtime/scalar/LargeAngle.h for one element, as text.
#pragma once

#include <string>
#include <string_view>

namespace jit::gpu {

class ModuleText;

/// The function that stands for NAME_outside of f32 or of f64; NAME: sin, cos, tan.
std::string large_angle_name(std::string_view name, bool is_f64);
/// Both of them.
std::string large_angle_function(ModuleText &module, std::string_view name);
/// What all of them call.
std::string large_angle_reduction();

} // namespace jit::gpu
