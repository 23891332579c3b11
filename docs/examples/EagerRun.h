// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The same program again with TRACEJIT=off, to compare its losses with.
#pragma once

#include "TrainingReport.h"

/// Runs this program a second time with the arguments `words` and TRACEJIT=off, prints whether
/// every loss has the same bits, and returns it. Throws std::runtime_error if it cannot run.
bool compare_with_eager_run(const TrainingReport &report, char **words);
