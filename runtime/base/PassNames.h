// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The passes of the compiler that can be left out by name, in the order of Passes.td. They are
// known here so that a wrong name is noticed where it is given, without the compiler.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace jit {

inline constexpr std::array<std::string_view, 9> pass_names = {
    "simplify", "fold", "cse", "dce", "layout", "expand-rows", "fuse", "merge-axes", "keep"};

constexpr bool is_pass(std::string_view name) noexcept {
  return std::ranges::find(pass_names, name) != pass_names.end();
}

/// "simplify fold cse ...", for messages.
inline std::string list_of_passes() {
  std::string text;
  for (std::string_view name : pass_names)
    text += (text.empty() ? "" : " ") + std::string(name);
  return text;
}

void no_such_pass(); ///< no constant expression, so that calling it is an error of compilation

/// A name that is checked when it is compiled.
struct PassName {
  std::string_view text;
  template <std::size_t n> consteval PassName(const char (&name)[n]) : text(name, n - 1) {
    if (!is_pass(text))
      no_such_pass();
  }
};

} // namespace jit
