// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How often the programs of a trace have run.
#pragma once

#include <cstdint>
#include <string>

namespace bench {

/// Compiled runs so far of the paths of this trace with at least so many ops. Cheaper than
/// explain(), which describes every line.
std::uint64_t hits_of(const std::string &trace, std::size_t least_ops = 0);
/// Whether such a path is active.
bool is_active(const std::string &trace, std::size_t least_ops = 0);

} // namespace bench
