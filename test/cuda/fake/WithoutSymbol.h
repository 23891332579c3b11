// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A library that lacks a symbol, for tests of what looks it up.
#pragma once

#include <fstream>
#include <iterator>
#include <string>

namespace jit::gpu::fake {

/// Copies the library `from` with another first letter in the name of a dynamic symbol, so that
/// dlsym finds neither name, nor names that end in it, whose text a linker may share. False: it has
/// no such symbol, or a file could not be read or written.
inline bool without_symbol(const std::string &from, const std::string &symbol,
                           const std::string &to) {
  std::ifstream in(from, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  const std::string text = symbol + '\0';
  std::size_t at = bytes.find(text);
  if (at == std::string::npos)
    return false;
  for (; at != std::string::npos; at = bytes.find(text, at))
    bytes[at] = '_';
  std::ofstream out(to, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  return out.good();
}

} // namespace jit::gpu::fake
