// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Where a buffer of a plan lies in one run, on whatever device.
#pragma once

#include "runtime/program/Plan.h"

namespace jit {

/// Element [0, ..., 0]. `constant(n)` is the block of the program's constant n.
template <class Constant>
std::byte *address_of(const Buffer &buffer, const ProgramCall &call, Constant constant) noexcept {
  std::byte *base = nullptr;
  switch (buffer.base) {
  case Buffer::Base::input:
    base = call.inputs[buffer.index];
    break;
  case Buffer::Base::output:
    base = call.outputs[buffer.index];
    break;
  case Buffer::Base::arena:
    base = call.arena + buffer.arena_offset;
    break;
  case Buffer::Base::constant:
    base = constant(buffer.index);
    break;
  }
  std::int64_t offset = buffer.offset;
  for (const Buffer::Term &term : buffer.terms)
    offset += call.scalars[term.slot].as_int() * term.stride;
  return base + offset * static_cast<std::int64_t>(itemsize(buffer.meta->dtype));
}

} // namespace jit
