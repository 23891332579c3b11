// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Public functions are called here and there, and every op that they record must have the line of
// the call, whatever they are made of; so must the ops of their gradients, and their errors.
#pragma once

#include "runtime/base/FunctionRef.h"

#include <tracejit/tracejit.h>

#include <gtest/gtest.h>
#include <set>
#include <string>

namespace jit::lines {

using Location = std::source_location;

inline const Tensor x = ones({2, 3}) * 0.5, y = ones({2, 3}) * 0.25, v = ones({3}) * 2;
inline const Tensor positions = Tensor::copy_of<std::int64_t>({1, 0}, {2});
inline const Tensor labels = Tensor::copy_of<std::int64_t>({1, 0, 1, 0, 0, 1}, {2, 3});
inline const Tensor mask = x > y;

/// Ops met so far; of gradients as "gradient of add".
inline std::set<std::string> met;

/// A line of the test's file, not far from the call.
void expect_near(const std::string &text, const Location &call);
/// Records what f does, and looks at all places.
void check_calls(FunctionRef<void()> f, const Location &call);
/// The same with the gradient of the function's value by all tensors above.
void check_gradient(FunctionRef<Tensor()> f, Location call = Location::current());
/// f throws an error that ends with the line of the call.
void check_throws(FunctionRef<void()> f, const Location &call);

// What f returns does not matter; one instantiation of `trace` serves all of them.
template <class F> void check(F f, Location call = Location::current()) {
  check_calls([&] { static_cast<void>(f()); }, call);
}
template <class F> void check_error(F f, Location call = Location::current()) {
  check_throws([&] { static_cast<void>(f()); }, call);
}

inline const Tensor none;

} // namespace jit::lines
