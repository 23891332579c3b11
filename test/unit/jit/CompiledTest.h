// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Fixture of tests that run programs of the real compiler: no trial, no budget, so that a path is
// active as soon as it is compiled. Passes that TRACEJIT leaves out are left out.
#pragma once

#include "runtime/jit/CheckMode.h"
#include "runtime/tensor/Impl.h"
#include "test/DisabledPasses.h"

#include <tracejit/compiler.h>
#include <tracejit/tracejit.h>

#include <algorithm>
#include <gtest/gtest.h>
#include <limits>

namespace jit::test {

class CompiledTest : public ::testing::Test {
protected:
  void SetUp() override {
    mutable_options().trial = false;
    mutable_options().budget = false;
    mutable_options().flush_every = 0;
    mutable_options().disable = disabled_passes();
    ASSERT_TRUE(enable_compiler()) << "the compiler library is missing";
    set_mode(Mode::on);
  }
  void TearDown() override { set_mode(Mode::on); }
};

/// Same dtype, extents and bits; NaN equals NaN.
inline ::testing::AssertionResult same_bits(const Tensor &expected, const Tensor &got) {
  if (expected.dtype() != got.dtype() || !std::ranges::equal(expected.shape(), got.shape()))
    return ::testing::AssertionFailure()
           << "expected " << describe(expected.dtype(), expected.shape()) << ", got "
           << describe(got.dtype(), got.shape());
  const Tensor a = expected.contiguous(), b = got.contiguous();
  synchronize();
  for (const Tensor &tensor : {a, b})
    if (const Where where = detail::Access::impl(tensor)->where; where.state() == Where::failed)
      return ::testing::AssertionFailure() << where.failure()->error().what();
  const auto difference = first_difference(a.dtype(), a.size(), detail::Access::impl(a)->data(),
                                           detail::Access::impl(b)->data());
  if (difference)
    return ::testing::AssertionFailure() << *difference;
  return ::testing::AssertionSuccess();
}

/// What `f` gives in mode off.
template <class F> auto plainly(F &&f) {
  set_mode(Mode::off);
  auto result = f();
  set_mode(Mode::on);
  return result;
}

template <class F> std::uint64_t hits(const Traced<F> &traced) {
  std::uint64_t sum = 0;
  for (const TraceReport &report : traced.explain())
    sum += report.hits;
  return sum;
}

/// Calls `f(i)` `times` times, letting compilation finish after each.
template <class F> void repeat(int times, F f) {
  for (int i = 0; i < times; ++i) {
    f(i);
    ASSERT_TRUE(wait_compiled());
  }
}

/// Rises from -1 and holds a NaN, a -0 and a denormal if it is long enough.
inline Tensor ramp(std::int64_t n, float scale = 0.25f) {
  std::vector<float> values(static_cast<std::size_t>(n));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = scale * static_cast<float>(i) - 1.0f;
  if (n > 16) {
    values[5] = std::numeric_limits<float>::quiet_NaN();
    values[7] = -0.0f;
    values[11] = std::numeric_limits<float>::denorm_min();
  }
  return Tensor::copy_of(values, {n});
}

} // namespace jit::test
