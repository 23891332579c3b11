// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constants: exact in hexadecimal, or by their bits.
#include "compiler/cuda/text/Emitter.h"

#include <bit>
#include <cmath>
#include <cstdio>

namespace jit::gpu {

Emitter::F32 Emitter::f32(float c) {
  char text[40];
  if (std::isfinite(c))
    std::snprintf(text, sizeof text, "%af", static_cast<double>(c));
  else
    std::snprintf(text, sizeof text, "__int_as_float(0x%08x)", std::bit_cast<std::uint32_t>(c));
  return {text};
}

Emitter::F64 Emitter::f64(double c) {
  char text[60];
  if (std::isfinite(c))
    std::snprintf(text, sizeof text, "%a", c);
  else
    std::snprintf(text, sizeof text, "__longlong_as_double(0x%016llxll)",
                  std::bit_cast<unsigned long long>(c));
  return {text};
}

Emitter::I32 Emitter::i32(std::int32_t c) {
  return {c == std::numeric_limits<std::int32_t>::min() ? "(-2147483647 - 1)" : std::to_string(c)};
}

Emitter::I64 Emitter::i64(std::int64_t c) {
  return {c == std::numeric_limits<std::int64_t>::min() ? "(-9223372036854775807ll - 1)"
                                                        : std::to_string(c) + "ll"};
}

} // namespace jit::gpu
