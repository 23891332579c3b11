// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Texts as literal bytes and copies of what came before, in the manner of LZ77: PTX repeats itself,
// and libtracejit needs no library for this.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace jit::gpu {

/// Numbers have 7 bits a byte, the lowest first; a set upper bit says that more follow.
inline std::uint64_t read_number(const unsigned char *&at) noexcept {
  std::uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const unsigned char byte = *at++;
    value |= std::uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80)
      return value;
  }
}

/// A count of literals, the literals, a length, a distance back, and again; a length of 0 ends it.
/// The first `wanted` bytes at least, or all.
inline std::string unpack(const unsigned char *at, std::size_t wanted) {
  std::string text;
  text.reserve(wanted + wanted / 8);
  while (text.size() < wanted) {
    const std::uint64_t literals = read_number(at);
    text.append(reinterpret_cast<const char *>(at), literals);
    at += literals;
    const std::uint64_t length = read_number(at);
    if (length == 0)
      break;
    const std::uint64_t distance = read_number(at);
    const std::size_t from = text.size() - distance;
    text.resize(text.size() + length);
    char *to = text.data() + from + distance;
    if (distance >= length)
      std::memcpy(to, text.data() + from, length);
    else
      for (std::uint64_t k = 0; k < length; ++k) // what it copies it has just written
        to[k] = text[from + k];
  }
  return text;
}

} // namespace jit::gpu
