// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the functions of a compiled file return. ABI: numbers and names never change.
#pragma once

namespace jit {

// number, name, name in C, sentence
#define TRACEJIT_ENTRY_ERRORS(X)                                                                   \
  X(0, ok, OK, "ok")                                                                               \
  X(1, no_isa, NO_ISA, "the processor is below every x86-64 level that the file has code for")     \
  X(2, null, NULL, "a pointer is NULL though there is something to read or to write")              \
  X(3, misaligned, MISALIGNED,                                                                     \
    "a tensor does not lie at a multiple of its element, or the workspace of 64 bytes")            \
  X(4, workspace, WORKSPACE, "the workspace is NULL or too small")                                 \
  X(5, index, INDEX, "an index or the start of a slice is out of range")                           \
  X(6, overlap, OVERLAP, "an output overlaps something else")                                      \
  X(7, number, NUMBER, "a number or an element is none that its dtype holds")

enum class EntryError {
#define X(number, name, c_name, sentence) name = number,
  TRACEJIT_ENTRY_ERRORS(X)
#undef X
};

struct EntryErrorText {
  EntryError error;
  const char *name, *c_name, *sentence;
};
inline constexpr EntryErrorText entry_errors[] = {
#define X(number, name, c_name, sentence) {EntryError::name, #name, #c_name, sentence},
    TRACEJIT_ENTRY_ERRORS(X)
#undef X
};

} // namespace jit
