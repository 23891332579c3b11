// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// CompilerNote: what a compiler library says of itself to those who only read its file: an ELF note
// with its version. Opening the library to ask would load LLVM.
#pragma once

#include "runtime/base/Result.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace jit {

struct CompilerNote {
  static constexpr std::string_view owner = "tracejit";
  static constexpr std::uint32_t version_kind = 1;

  std::uint32_t name_bytes = owner.size() + 1, text_bytes = 32, kind = version_kind;
  std::array<char, 12> name{};
  std::array<char, 32> text{};

  constexpr explicit CompilerNote(std::string_view version) {
    owner.copy(name.data(), name.size() - 1);
    version.copy(text.data(), text.size() - 1);
  }
};

/// The version in the note of the library `path`, empty if it is a file without such a note. A
/// message if it cannot be read. Safe on any bytes.
Result<std::string> read_compiler_version(const std::filesystem::path &path);

/// What the linker named the contents of a library by, in hexadecimal; empty if there is no such
/// note or no such file. Safe on any bytes.
std::string read_build_id(const std::filesystem::path &path);
/// The same of the library that is loaded around an address.
std::string loaded_build_id(const void *address);

} // namespace jit

/// A segment of notes has nothing between them: no red zone of AddressSanitizer's either, which GCC
/// leaves out of sections with a name by itself.
#ifdef __clang__
#define TRACEJIT_NO_RED_ZONE [[gnu::no_sanitize_address]]
#else
#define TRACEJIT_NO_RED_ZONE
#endif

/// Once in every compiler library, outside of all namespaces.
#define TRACEJIT_COMPILER_NOTE(version)                                                            \
  TRACEJIT_NO_RED_ZONE [[gnu::used, gnu::section(".note.tracejit")]]                               \
  alignas(4) static constexpr jit::CompilerNote tracejit_compiler_note(version)
