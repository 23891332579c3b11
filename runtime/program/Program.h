// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Program: compiled code of one path. The runtime calls it; the compiler library implements it.
#pragma once

#include <tracejit/scalar.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace jit {

struct Storage;

/// Memory and arguments of one run, on the program's device. Nothing is allocated after this is
/// filled, and on the CPU nothing fails.
struct ProgramCall {
  std::span<std::byte *const> inputs;  ///< element [0, ..., 0] of every graph input
  std::span<const Scalar> scalars;     ///< every run-time number
  std::span<std::byte *const> outputs; ///< a block each; may equal the input it was donated from
  std::byte *arena;                    ///< ProgramInfo::arena_bytes, 64-byte aligned
  /// What the inputs of ProgramInfo::weights lie in, if nothing writes there; null: something may.
  /// None at all: none does.
  std::span<Storage *const> weights = {};
};

/// A producer and a consumer that stayed apart, and why.
struct FusionRefusal {
  std::uint32_t producer, consumer; ///< graph op numbers
  std::string reason;
};

struct ProgramInfo {
  std::size_t arena_bytes = 0;
  std::size_t work_bytes = 0; ///< of these, what kernels work in, as eager ones do too
  std::size_t code_bytes = 0;
  double compile_ms = 0;
  std::uint32_t kernels_before = 0; ///< kernels the ops would take one by one
  std::uint32_t kernels_after = 0;
  std::uint32_t kernels_compiled = 0; ///< of these, kernels that were not there yet
  bool stored = false;                ///< read from a file; `compile_ms` is what that took
  /// For every output the input whose buffer it may take over, or -1.
  std::vector<std::int32_t> donated_input;
  /// Inputs that products read as matrices worth packing, each once.
  std::vector<std::uint32_t> weights;
  std::vector<FusionRefusal> refusals;
};

class Program {
public:
  virtual ~Program() = default;
  /// False: its device has refused, and the outputs hold nothing.
  virtual bool run(const ProgramCall &call) const noexcept = 0;
  const ProgramInfo &info() const noexcept { return details; }

protected:
  ProgramInfo details;
};

} // namespace jit
