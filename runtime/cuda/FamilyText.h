// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The arguments of kernels that are not made by NVRTC: as structs, for whoever launches them, and
// as the text that stands in front of the kernels. So their members have the built-in types that
// both know, and no comment with two slashes.
#pragma once

#include <string_view>

#define TRACEJIT_FAMILY_ARGS(name, ...)                                                            \
  struct name __VA_ARGS__;                                                                         \
  inline constexpr std::string_view name##_text = "struct " #name " " #__VA_ARGS__ ";\n";
