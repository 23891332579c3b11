// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Executing one op on tensor values: result metadata, memory, then a view or a kernel.
#pragma once

#include "runtime/kernels/KernelCall.h"
#include "runtime/tensor/DeviceMemory.h"

#include <optional>
#include <span>
#include <string>

namespace jit {

/// An operand: a value, or a number if `impl` is null.
struct Argument {
  Impl *impl = nullptr;
  Scalar scalar = 0;
  OperandType type() const noexcept { return {impl ? impl->meta : nullptr, scalar.kind()}; }
};

/// A small elementwise op whose operands all lie like the result or are one element: one inner loop
/// over everything. Found once for a set of metas, so that small ops cost little.
struct DirectLoop {
  bool usable = false;
  std::uint8_t function = 0;  ///< row of KernelTable::element
  std::uint8_t broadcast = 0; ///< bit i: operand i is one element
  bool condition = false;     ///< operand 0 is a bool
  bool ranged = false;        ///< integers as numbers lie in the range of `compute`
  DType compute{};
  std::size_t bytes = 0; ///< of the result
};

/// The direct loop of an elementwise op, if operands of these types allow one; `result` is what
/// infer_metas gives for them.
DirectLoop find_direct_loop(const OpInfo &op, AttrWords attrs, std::span<const OperandType> types,
                            const Meta &result) noexcept;

/// Where an op on these runs; if there are several devices among them it is invalid.
inline DeviceNumber device_of(std::span<const Argument> arguments) noexcept {
  for (const Argument &argument : arguments)
    if (argument.impl)
      return argument.impl->meta->device;
  return default_device();
}

/// What an op returns, before any work is done.
struct ResultMetas {
  const Meta *metas[max_results] = {};
  std::uint8_t count = 0;
  bool view = false; ///< result 0 shares operand 0's storage
  DirectLoop direct;
};

/// Checks the op and finds its result metas; the message names op, values and rule. Remembers
/// recent answers per thread. Index values are not looked at.
std::optional<std::string> infer_metas(OpKind op, AttrWords attrs,
                                       std::span<const Argument> arguments, ResultMetas &out);

/// Lets metas that belong to no tensor go if they are not interned.
void drop_metas(const ResultMetas &metas) noexcept;

/// A place for one result: a reference to a storage and the address of element [0, ..., 0] in it.
struct Produced {
  Storage *storage = nullptr;
  std::byte *data = nullptr;
};

/// Runs the op; every argument is Ready and indices are in range. False: out of memory, nothing was
/// produced.
bool execute(OpKind op, AttrWords attrs, std::span<const Argument> arguments,
             std::span<const Meta *const> metas, bool view, Produced *out) noexcept;
/// The same into memory that is there; it may be that of argument 0 for ops whose record says so.
bool execute_into(OpKind op, AttrWords attrs, std::span<const Argument> arguments,
                  std::span<const KernelResult> results) noexcept;
/// The same for metas that infer_metas has found; takes the direct loop where there is one.
bool execute(OpKind op, AttrWords attrs, std::span<const Argument> arguments,
             const ResultMetas &metas, Produced *out) noexcept;

/// Runs a usable direct loop on arguments of the types it was found for.
bool execute(const DirectLoop &loop, std::span<const Argument> arguments, const Meta &result,
             Produced *out) noexcept;

/// Values of a Ready integer tensor, kept with it. Any, if its device does not give them.
IndexRange known_range(Impl &index) noexcept;

/// Whether it can be had. If not, the device has no memory for it or cannot be used.
bool can_know_range(Impl &index) noexcept;

/// What the op's index operand may hold.
IndexRange allowed_indices(OpKind op, AttrWords attrs, std::span<const Argument> arguments);
/// "take: index 7 is out of range: indices must be in [-5, 5)" if there are others in the op's
/// index operand, which is Ready.
std::optional<std::string> check_indices(OpKind op, AttrWords attrs,
                                         std::span<const Argument> arguments);

} // namespace jit
