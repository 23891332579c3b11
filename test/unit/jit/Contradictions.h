// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What must hold in every report, whenever it is taken.
#pragma once

#include <tracejit/report.h>

#include <gtest/gtest.h>
#include <string>

namespace jit::test {

inline void expect_no_contradiction(const StartSummary &start) {
  EXPECT_LE(start.compiled, start.runs);
  bool program = false, work = false;
  for (const PathSummary &path : start.paths) {
    const bool runs = path.state == "active" || path.state == "trial";
    EXPECT_EQ(path.reason.empty(), runs) << path.state << " and " << path.reason;
    EXPECT_EQ(path.why.empty(), path.reason.empty());
    program |= runs || path.state == "ready";
    work |= path.state == "queued" || path.state == "compiling";
  }
  const std::string wanted = start.rest_left ? "resting"
                             : program       ? "serving"
                             : work          ? "waiting"
                                             : "cold";
  EXPECT_EQ(start.state, wanted);
}

} // namespace jit::test
