// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ReportFile: the report that is written when the process ends, for option `report`.
#pragma once

#include <string>

namespace jit {

/// Sets an exit handler, once. It takes no lock that is held and waits for nobody; the children of
/// forks write nothing. A file whose name ends in .json gets JSON, another one text; what is wrong
/// with it is logged. Throws std::bad_alloc.
void write_report_at_exit(const std::string &file);

} // namespace jit
