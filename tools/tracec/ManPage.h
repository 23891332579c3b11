// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The manual page of tracec, made of what its --help is made of.
#pragma once

#include <string>
#include <string_view>

namespace CLI {
class App;
}

namespace tracec {

/// In troff, for man(1). `help`: the text of `tracec --help`, whose exit codes and examples are
/// used.
std::string man_page(const CLI::App &app, std::string_view help);

} // namespace tracec
