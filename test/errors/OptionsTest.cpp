// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The environment variable TRACEJIT with words that mean nothing.
#include "runtime/base/Options.h"
#include "test/errors/Expect.h"

#include <tracejit/compiler.h>

#include <cstdlib>

namespace jit {
namespace {

/// Set before anything reads it.
const int environment = setenv("TRACEJIT", "quick,isa=v3", 1);

TEST(OptionErrors, AWordInTheEnvironmentIsNamedAndTheProgramRuns) {
  ASSERT_EQ(environment, 0);
  ASSERT_TRUE(environment_error());
  EXPECT_EQ(
      *environment_error(),
      "TRACEJIT: 'quick': no such mode; modes are off|log|on|check, other options are written "
      "name=value with the names mode isa threads trial budget threshold flush_every turns "
      "defer memory packed disable schedule save cuda cuda_sync cuda_graphs nvrtc compiler cache "
      "profile "
      "report");
  // Enabling the compiler is no place for it, so that the error is not missed or met twice.
  mutable_options().compiler = "/none";
  EXPECT_NO_THROW(EXPECT_FALSE(enable_compiler()));
  // Said once, at the first op; then the program runs with the defaults.
  EXPECT_THROW(ones({3}), Error);
  EXPECT_EQ(sum(ones({3})).item<float>(), 3);
}

TEST(OptionErrors, Words) {
  Options options;
  EXPECT_EQ(parse_options("isa=v5", options), "TRACEJIT: 'isa=v5': the value must be auto|v3|v4");
  EXPECT_EQ(parse_options("threads=-1", options),
            "TRACEJIT: 'threads=-1': the value must be 0..64");
  EXPECT_EQ(parse_options("speed=9", options),
            "TRACEJIT: 'speed=9': no such option; options are mode isa threads trial budget "
            "threshold flush_every turns defer memory packed disable schedule save cuda cuda_sync "
            "cuda_graphs nvrtc "
            "compiler cache "
            "profile report");
  EXPECT_EQ(parse_options("disable=cse+fuze", options),
            "TRACEJIT: 'disable=cse+fuze': no such pass: 'fuze'; passes are simplify fold cse dce "
            "layout expand-rows fuse merge-axes keep");
  EXPECT_EQ(parse_options("disable=cse+", options),
            "TRACEJIT: 'disable=cse+': nothing after the last +");
  EXPECT_EQ(parse_options("on,", options), "TRACEJIT: nothing after the last comma");
  EXPECT_EQ(options, Options());
}

} // namespace
} // namespace jit
