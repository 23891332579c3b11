// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every element function of every dtype as a loop over arrays, for one emitter: what the tests of
// runtime/scalar compare between ISA levels, widths and the plain emitter.
#pragma once

#include <tracejit/dtype.h>

#include <cstddef>
#include <span>

namespace jit::scalar_test {

/// out[i] = function(operand[0][i], ...) for i < n, n a multiple of 32.
struct Kernel {
  const char *name;
  int arity;
  DType operands[3];
  DType result;
  void (*run)(const void *const *operand, void *out, std::size_t n);
};

} // namespace jit::scalar_test

namespace jit::plain {
std::span<const scalar_test::Kernel> test_kernels();
}
/// The same functions in the same order, with narrow (8) and paired (32) lanes.
namespace jit::v3 {
std::span<const scalar_test::Kernel> test_kernels(int lanes);
}
namespace jit::v4 {
std::span<const scalar_test::Kernel> test_kernels(int lanes);
}
