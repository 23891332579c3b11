// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A nest with memory to run it on: its kernel, on the fibers of emulation, against the interpreter
// of nests.
#pragma once

#include "compiler/cuda/text/Form.h"
#include "test/unit/compiler/TestMemory.h"

#include <string>
#include <utility>
#include <vector>

namespace jit::gpu::test {

using jit::test::Memory;

/// What floats are: of every kind; near 1 and -1, so that sums and products of thousands are finite
/// and round at every step; 0 and -0.
enum class Fill { wild, tame, zeros };

struct Case {
  nest::Nest nest;
  std::vector<std::pair<DType, std::int64_t>> buffers;
  std::vector<std::uint64_t> scalars{};
  int input_in_place = -1;       ///< whose memory is the last buffer's
  std::int64_t index_extent = 0; ///< buffers of i64 hold indices below it
  AddedKernel added{};
  Fill fill = Fill::wild;
};

/// A name that no kernel of this process has yet.
std::string numbered();

/// Inputs begin `shift` elements later.
std::vector<Memory> memory_for(const Case &c, std::int64_t shift);
std::vector<std::byte *> places(const Case &c, std::vector<Memory> &memory, std::int64_t shift,
                                bool may_share);

/// Compiles the kernels of all cases as one text, and runs each in three orders of the threads,
/// twins on moved memory. Whether bits differ from the interpreter's is a failure of the test.
void expect_as_interpreted(std::vector<Case> &cases);
/// The same for one case whose kernel is in a text with a prelude: what differs first, or nothing.
std::string first_difference(const std::string &text, const Case &c);

/// Runs the first two and the last two blocks of a kernel whose argument is an input and a result.
void run_edges(const ModuleText &module, const KernelResult &kernel, const void *input,
               void *result);

} // namespace jit::gpu::test
