// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Plan: what a compiled program does, in order, with every buffer placed. The last phase before
// machine code; plain data, no MLIR.
//
// A plan comes with a module that holds its kernels (`kernel.func`, found by name). Running it:
//   1. Convert every run-time number once: the value of cells[n] is cells[n].slot converted to
//   cells[n].dtype
//      (as an element of its dtype, in the low bytes of 8).
//   2. Run the steps one after another; each may use the pool inside.
// Addresses: base of the buffer (inputs[i] and outputs[i] of ProgramCall, arena + offset, or a
// constant of the plan) + itemsize * (offset + sum(number * stride)). The terms are the
// starts of views that are known only at run time; offset and strides count elements.
// Two buffers of a step overlap only in the way that KernelOps.td allows, and in no other step.
#pragma once

#include "runtime/base/Meta.h"
#include "runtime/ops/OpTable.h"
#include "runtime/program/Program.h"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <variant>
#include <vector>

namespace jit {

/// A place in memory and what lies there.
struct Buffer {
  enum class Base : std::uint8_t { input, output, arena, constant };
  /// A start of a view: Scalar::as_int() of scalar `slot` times `stride` elements.
  struct Term {
    std::uint32_t slot;
    std::int64_t stride;
    bool operator==(const Term &) const = default;
  };

  Base base = Base::arena;
  std::uint32_t index = 0;      ///< input, output or constant number
  std::size_t arena_offset = 0; ///< bytes, a multiple of 64
  std::size_t block_bytes = 0;  ///< of the arena, from there on, that belong to the tensor
  std::int64_t offset = 0;      ///< elements
  std::vector<Term> terms;
  const Meta *meta = nullptr; ///< dtype, extents and strides of the tensor at that address
};

/// One kernel.func: its buffer arguments in order, and the numbers that its `arg` ops name.
struct KernelStep {
  std::string kernel;
  std::vector<Buffer> buffers;
  std::size_t inputs = 0;           ///< buffers that are read; the others are written
  std::vector<std::uint32_t> cells; ///< arg n is cell cells[n]
};

/// contract() of runtime/kernels/contract, and the epilogue that runs on every finished tile of C.
/// The epilogue is a kernel.func over the points of C, batch and m merged as far as its accesses
/// allow, n the last axis unless it is 1, with argument 0 = C; it is called for one batch entry and
/// a range of rows and columns at a time, all columns if `whole_rows`. C may be the buffer of one
/// of its outputs.
struct ContractStep {
  DType dtype = DType::f32;
  std::int64_t m = 0, n = 0, k = 0;
  Buffer a, b, c; ///< metas describe the whole tensors; use the strides below
  std::int64_t a_row_stride = 0, a_col_stride = 0;
  std::int64_t b_row_stride = 0, b_col_stride = 0;
  std::int64_t c_row_stride = 0; ///< columns of C are contiguous
  std::vector<std::int64_t> batch_sizes, a_batch_strides, b_batch_strides, c_batch_strides;
  std::string epilogue;                 ///< empty: none
  bool whole_rows = false;              ///< C is narrow, so the epilogue gets whole rows of it
  std::vector<Buffer> epilogue_buffers; ///< its arguments in order, C first
  std::vector<std::uint32_t> epilogue_cells;
};

/// Any other op: jit::run_kernel on described operands.
struct LibraryStep {
  struct Operand {
    bool is_number = false;
    std::uint32_t slot = 0; ///< of a number: ProgramCall::scalars[slot]
    Buffer buffer;          ///< of a tensor
  };
  OpKind op{};
  std::vector<std::int64_t> attrs;
  std::vector<Operand> operands;
  std::vector<Buffer> results; ///< contiguous, overlapping nothing else
};

struct Step {
  std::variant<KernelStep, ContractStep, LibraryStep> what;
  std::vector<std::uint32_t> ops; ///< graph ops it computes, for reports
};

/// A run-time number as kernels see it.
struct Cell {
  std::uint32_t slot;
  DType dtype;
  bool operator==(const Cell &) const = default;
};

struct Plan {
  std::vector<Step> steps;
  std::vector<Cell> cells; ///< one cell each
  /// Values of folded ops: row-major, at most 64 KiB each; the program keeps them, 64-byte aligned.
  std::vector<std::vector<std::byte>> constants;
  std::size_t arena_bytes = 0;
  std::vector<std::int32_t> donated_input; ///< as in ProgramInfo
  std::vector<FusionRefusal> refusals;
  std::uint32_t kernels_before = 0;
};

/// Text for tests and `tracec dump --stage=planned`: one line a step.
TRACEJIT_PRIVATE std::string to_string(const Plan &plan);

} // namespace jit
