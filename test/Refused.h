// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Calls that are refused.
#pragma once

#include "test/ErrorLine.h"

#include <gtest/gtest.h>
#include <optional>
#include <tracejit/error.h>

namespace jit::test {

/// f throws an Error that begins with the text and ends with a line near the call. Returns its
/// code.
template <class F>
std::optional<ErrorCode>
expect_refused(const std::string &text, F f,
               std::source_location call = std::source_location::current()) {
  try {
    f();
    ADD_FAILURE() << "nothing was thrown: " << text;
  } catch (const Error &error) {
    const std::string what = error.what();
    EXPECT_TRUE(what.starts_with(text)) << what;
    EXPECT_EQ(without_line(what, call) + " (", what.substr(0, what.rfind('(') + 1));
    return error.code();
  }
  return std::nullopt;
}

} // namespace jit::test
