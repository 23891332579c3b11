// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Snapshot: the numbers of jit::report, taken from what is known of every trace.
#pragma once

#include <tracejit/report.h>

#include <string>

namespace jit {

enum class Locks : bool {
  wait, ///< for moments
  skip, ///< starting points that somebody is changing are left out and counted
};
Report take_snapshot(Locks locks);

std::string to_text(const Report &report);

} // namespace jit
