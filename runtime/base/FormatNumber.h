// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Numbers as text: the shortest that reads back to the same bits.
#pragma once

#include <tracejit/dtype.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace jit {

/// "0.1", "1e+20", "-0", "inf", "-inf"; every NaN is "nan". Integral values have no point: "3".
/// Independent of the locale.
std::string format_number(float value);
std::string format_number(double value);
std::string format_number(std::int64_t value);

/// One element of a supported dtype; booleans are "true" and "false" (any byte but 0 is true).
std::string format_element(DType dtype, const std::byte *element);

/// The element's bits in hexadecimal, all digits: "0x3f800000".
std::string format_bits(DType dtype, const std::byte *element);

} // namespace jit
