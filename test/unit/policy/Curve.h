// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A progress curve: how much processor time each of many equal pieces of work took, one after the
// other, and the form in which such curves are kept in files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace jit {

/// The curve in a few bits a piece; curves/README.md has the format. `ns`: time of each piece.
std::string curve_text(const std::vector<double> &ns);

/// Reads curve_text. Throws std::runtime_error if it is cut off.
std::vector<double> read_curve(std::string_view text);

} // namespace jit
