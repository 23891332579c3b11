// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// v3 = v4 = plain, at every width, for every element function: bits, with NaN as a class.
#include "runtime/base/WithDType.h"
#include "test/unit/scalar/Inputs.h"
#include "test/unit/scalar/ScalarKernels.h"

#include <gtest/gtest.h>

namespace jit::scalar_test {
namespace {

/// Element i of operand `position` of `arity`: all combinations of edges, then random numbers.
template <class T>
void fill(std::vector<std::byte> &bytes, std::size_t n, int position, int arity, unsigned seed) {
  std::mt19937_64 random(seed);
  const std::vector<T> edge = edges<T>();
  bytes.resize(n * sizeof(T));
  std::size_t stride = 1;
  for (int i = 0; i < position; ++i)
    stride *= edge.size();
  std::size_t combinations = 1;
  for (int i = 0; i < arity; ++i)
    combinations *= edge.size();
  for (std::size_t i = 0; i < n; ++i) {
    bool use_edge = i < combinations ? i < n / 2 : random() % 8 == 0;
    std::size_t index = i < combinations ? i / stride : random();
    T x = use_edge ? edge[index % edge.size()] : random_value<T>(random);
    std::memcpy(bytes.data() + i * sizeof(T), &x, sizeof(T));
  }
}

void fill(std::vector<std::byte> &bytes, DType type, std::size_t n, int position, int arity,
          unsigned seed) {
  with_dtype(type,
             [&]<class T>(std::type_identity<T>) { fill<T>(bytes, n, position, arity, seed); });
}

template <class T> T element(const std::vector<std::byte> &bytes, std::size_t i) {
  T x;
  std::memcpy(&x, bytes.data() + i * sizeof(T), sizeof(T));
  return x;
}

bool same(const std::vector<std::byte> &a, const std::vector<std::byte> &b, DType type,
          std::size_t i) {
  if (type == DType::f32 && element<float>(a, i) != element<float>(a, i))
    return element<float>(b, i) != element<float>(b, i);
  if (type == DType::f64 && element<double>(a, i) != element<double>(a, i))
    return element<double>(b, i) != element<double>(b, i);
  const std::size_t size = itemsize(type);
  return std::memcmp(a.data() + i * size, b.data() + i * size, size) == 0;
}

void expect_same_as_plain(std::span<const Kernel> kernels) {
  constexpr std::size_t n = 16384;
  const auto reference = plain::test_kernels();
  ASSERT_EQ(kernels.size(), reference.size());
  for (std::size_t k = 0; k < kernels.size(); ++k) {
    const Kernel &kernel = kernels[k];
    ASSERT_STREQ(kernel.name, reference[k].name);
    std::vector<std::byte> operands[3];
    const void *pointers[3] = {};
    for (int i = 0; i < kernel.arity; ++i) {
      fill(operands[i], kernel.operands[i], n, i, kernel.arity, unsigned(100 * k + i));
      pointers[i] = operands[i].data();
    }
    std::vector<std::byte> expected(n * itemsize(kernel.result)), got(n * itemsize(kernel.result));
    reference[k].run(pointers, expected.data(), n);
    kernel.run(pointers, got.data(), n);
    for (std::size_t i = 0; i < n; ++i)
      ASSERT_TRUE(same(expected, got, kernel.result, i))
          << kernel.name << " of kernel " << k << " differs at element " << i;
  }
}

TEST(SameBits, V3Narrow) { expect_same_as_plain(v3::test_kernels(8)); }
TEST(SameBits, V3Paired) { expect_same_as_plain(v3::test_kernels(32)); }
TEST(SameBits, V4Narrow) {
  if (!__builtin_cpu_supports("avx512vl"))
    GTEST_SKIP() << "needs x86-64-v4";
  expect_same_as_plain(v4::test_kernels(8));
}
TEST(SameBits, V4Paired) {
  if (!__builtin_cpu_supports("avx512vl"))
    GTEST_SKIP() << "needs x86-64-v4";
  expect_same_as_plain(v4::test_kernels(32));
}

} // namespace
} // namespace jit::scalar_test
