// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// expect_error: a call throws the one message, and what runs before and after it is not harmed.
#pragma once

#include "test/ErrorLine.h"

#include <tracejit/tracejit.h>

#include <functional>
#include <gtest/gtest.h>
#include <string>

namespace jit {

/// The error's message if it has the code, without the line at its end, which must be near; else
/// what happened instead.
inline std::string error_of(ErrorCode code, const std::function<void()> &call,
                            std::source_location near = std::source_location::current()) {
  try {
    call();
  } catch (const Error &error) {
    return error.code() == code ? without_line(error.what(), near)
                                : "wrong code " + std::to_string(static_cast<int>(error.code())) +
                                      ": " + error.what();
  }
  return "no error";
}

/// Plain and inside a trace, in every mode: the same error, and the ops around it give the right
/// values.
inline void expect_error(ErrorCode code, const std::string &message,
                         const std::function<void()> &call,
                         std::source_location near = std::source_location::current()) {
  const Tensor x = Tensor::copy_of<float>({1, 2, 3}, {3});
  const auto check = [](const Tensor &before, const Tensor &after) {
    EXPECT_EQ(before.to_vector<float>(), (std::vector<float>{2, 4, 6}));
    EXPECT_EQ(after.to_vector<float>(), (std::vector<float>{3, 6, 9}));
  };
  for (const Mode mode : {Mode::off, Mode::log, Mode::on, Mode::check}) {
    set_mode(mode);
    EXPECT_EQ(error_of(code, call, near), message);
    for (int run = 0; run < 3; ++run) {
      Tensor before, after;
      trace(
          [&] {
            before = x * 2;
            EXPECT_EQ(error_of(code, call, near), message);
            after = before + x;
          },
          {.name = message})();
      check(before, after);
      // An error may also leave the scope.
      EXPECT_EQ(error_of(
                    code,
                    [&] {
                      trace(
                          [&] {
                            before = x * 2;
                            call();
                          },
                          {.name = message + " thrown"})();
                    },
                    near),
                message);
      check(before, before + x);
    }
  }
  set_mode(Mode::off);
}

inline void expect_invalid(const std::string &message, const std::function<void()> &call,
                           std::source_location near = std::source_location::current()) {
  expect_error(ErrorCode::invalid_argument, message, call, near);
}

} // namespace jit
