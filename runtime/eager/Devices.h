// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Values that lie on a device, as reads and errors of the eager interface see them.
#pragma once

#include "runtime/tensor/DeviceMemory.h"

#include <tracejit/error.h>
#include <tracejit/tensor.h>

#include <string>
#include <string_view>

namespace jit::detail {

/// Where the host can read element [0, ..., 0] of a ready value; throws what is wrong with its
/// device.
const std::byte *host_bytes(const Impl &value, std::string_view function,
                            const std::source_location &site);

/// Why memory for a result was not had, or what is wrong with its device.
Error memory_error(std::string_view function, const Meta &meta, const std::source_location &site);

/// A tensor of the CPU, moved to where this thread makes tensors.
Tensor on_default_device(Tensor tensor, const std::source_location &site);

/// Notes on this thread's tape, if there is one, that a value has been copied to another device.
/// Set once by runtime/autograd.
using MoveHook = void (*)(const Tensor &from, const Tensor &to, const std::source_location &site);
extern MoveHook move_hook;

} // namespace jit::detail
