// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random
// numbers: as easy as 1, 2, 3" (SC 2011).
#pragma once

#include "runtime/scalar/Emitter.h"

#include <array>

namespace jit::scalar {

/// The four words that belong to a counter of four words and a key of two.
template <class E>
TRACEJIT_EMIT std::array<typename E::I32, 4> philox(E &e, std::array<typename E::I32, 4> counter,
                                                    std::array<typename E::I32, 2> key) {
  auto word = [&e](std::uint32_t c) { return e.i32(static_cast<std::int32_t>(c)); };
  auto [c0, c1, c2, c3] = counter;
  auto [k0, k1] = key;
  for (int round = 0; round < 10; ++round) {
    auto high0 = e.mulhi(c0, word(0xD2511F53));
    auto low0 = e.mul(c0, word(0xD2511F53));
    auto high1 = e.mulhi(c2, word(0xCD9E8D57));
    auto low1 = e.mul(c2, word(0xCD9E8D57));
    auto mixed0 = e.bit_xor(high1, c1);
    auto mixed1 = e.bit_xor(high0, c3);
    c0 = e.bit_xor(mixed0, k0);
    c1 = low1;
    c2 = e.bit_xor(mixed1, k1);
    c3 = low0;
    k0 = e.add(k0, word(0x9E3779B9));
    k1 = e.add(k1, word(0xBB67AE85));
  }
  return {c0, c1, c2, c3};
}

/// Upper half of the unsigned 128-bit product, from products of 32-bit halves.
template <class E>
TRACEJIT_EMIT typename E::I64 mulhi_unsigned(E &e, typename E::I64 x, typename E::I64 y) {
  auto low_mask = e.i64(0xffffffff);
  auto x_low = e.bit_and(x, low_mask);
  auto y_low = e.bit_and(y, low_mask);
  auto x_high = e.lshr(x, 32);
  auto y_high = e.lshr(y, 32);
  auto low_low = e.mul(x_low, y_low);
  auto low_high = e.mul(x_low, y_high);
  auto high_low = e.mul(x_high, y_low);
  auto high_high = e.mul(x_high, y_high);
  auto carry = e.lshr(low_low, 32);
  auto middle = e.add(high_low, carry);
  auto middle_low = e.bit_and(middle, low_mask);
  auto middle_high = e.lshr(middle, 32);
  auto cross = e.add(low_high, middle_low);
  auto cross_high = e.lshr(cross, 32);
  auto upper = e.add(high_high, middle_high);
  return e.add(upper, cross_high);
}

} // namespace jit::scalar
