// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Functions that are written with ops, in every mode.
#pragma once

#include "test/unit/jit/CompiledTest.h"

#include <cmath>
#include <string>
#include <vector>

namespace jit::test {

/// What f gives eagerly, which must be the bits of its compiled code, and those of mode check.
template <class F> Tensor compared(const std::string &name, F f) {
  SCOPED_TRACE(name);
  const Tensor eager = plainly(f);
  // A view alone is not compiled.
  const auto result = [&f] { return f() * 1; };
  const Tensor wanted = plainly(result);
  auto traced = trace(result, {.name = name});
  repeat(5, [&](int) { EXPECT_TRUE(same_bits(wanted, traced())); });
  EXPECT_GE(hits(traced), 1u);
  set_mode(Mode::check);
  EXPECT_TRUE(same_bits(wanted, traced()));
  set_mode(Mode::on);
  return eager;
}

template <class F> std::string message_of(F f) {
  try {
    f();
  } catch (const Error &error) {
    return error.what();
  }
  return "no error";
}

/// f throws an error that begins so.
template <class F> void expect_error(F f, const std::string &begin) {
  const std::string message = message_of(f);
  EXPECT_TRUE(message.starts_with(begin)) << message;
}

inline Tensor doubles(std::vector<double> values, DimList shape) {
  return Tensor::adopt(std::move(values), shape);
}

/// Element by element, relative to the larger of 1 and the expected one.
inline void expect_near(const std::vector<double> &expected, const Tensor &got,
                        double tolerance = 1e-12) {
  const std::vector<double> values = got.astype(DType::f64).to_vector<double>();
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    if (std::isfinite(expected[i]))
      EXPECT_NEAR(values[i], expected[i], tolerance * std::max(1.0, std::abs(expected[i]))) << i;
    else
      EXPECT_TRUE(std::isnan(expected[i]) ? std::isnan(values[i]) : values[i] == expected[i])
          << i << ": " << values[i];
}

} // namespace jit::test
