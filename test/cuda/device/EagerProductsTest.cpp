// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Eager matmul and vecdot on a GPU: the CPU's bits around tiles and chunks, for any strides and
// batches, and never a run on the host.
#include "runtime/base/WithDType.h"
#include "runtime/cuda/OnHost.h"
#include "runtime/cuda/Pack.h"
#include "test/cuda/device/Launches.h"
#include "test/unit/compiler/TestMemory.h"

#include <tracejit/tracejit.h>

#include <gtest/gtest.h>

#include <cstring>

namespace jit {
namespace {

class EagerProducts : public testing::Test {
protected:
  void SetUp() override {
    if (gpu::pack().kernels.empty())
      GTEST_SKIP() << "this build has no pack: TRACEJIT_CUDA";
  }
};

template <class T> Tensor numbers(const DimList &shape, unsigned seed) {
  std::int64_t size = 1;
  for (const std::int64_t extent : Dims(shape))
    size *= extent;
  test::Memory memory(dtype_of<T>, static_cast<std::size_t>(size));
  memory.fill(seed);
  std::vector<T> elements(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < elements.size(); ++i) {
    T x;
    std::memcpy(&x, memory.first() + i * sizeof(T), sizeof x);
    elements[i] = x;
  }
  return Tensor::copy_of(elements, shape);
}

std::string difference(const Tensor &here, const Tensor &there) {
  return with_dtype(here.dtype(), [&]<class T>(std::type_identity<T>) -> std::string {
    const std::vector<T> x = here.to_vector<T>(), y = there.to_vector<T>();
    if (x.size() != y.size())
      return "another size";
    for (std::size_t i = 0; i < x.size(); ++i) {
      const T a = x[i], b = y[i];
      if (!test::same(dtype_of<T>, reinterpret_cast<const std::byte *>(&a),
                      reinterpret_cast<const std::byte *>(&b)))
        return "element " + std::to_string(i);
    }
    return {};
  });
}

/// The names of the kernels that f(x, y) launches on the device, where it has the bits of the CPU.
template <class F> std::vector<std::string> check(F f, const Tensor &x, const Tensor &y) {
  const Tensor here = f(x, y), a = x.to(cuda()), b = y.to(cuda());
  synchronize();
  test::kernels_launched();
  const std::uint64_t on_host = gpu::host_runs();
  const Tensor there = f(a, b);
  EXPECT_EQ(gpu::host_runs(), on_host);
  EXPECT_EQ(there.device(), cuda());
  EXPECT_EQ(difference(here, there), "") << here.shape();
  return test::kernels_launched();
}
constexpr auto product = [](const Tensor &x, const Tensor &y) { return matmul(x, y); };
constexpr auto dots = [](const Tensor &x, const Tensor &y) { return vecdot(x, y); };

TEST_F(EagerProducts, ShapesAroundTilesAndChunks) {
  for (const std::int64_t k : {0, 1, 17, 383, 384, 385, 1000})
    for (const auto &[m, n] :
         {std::pair{1, 1}, {1, 300}, {300, 1}, {7, 65}, {33, 31}, {129, 130}}) {
      check(product, numbers<float>({m, k}, 1), numbers<float>({k, n}, 2));
      check(product, numbers<double>({m, k}, 3), numbers<double>({k, n}, 4));
    }
}

TEST_F(EagerProducts, LayoutsAndBatches) {
  const auto turned = [](const Tensor &x, const Tensor &y) {
    return matmul(matrix_transpose(x), matrix_transpose(y));
  };
  check(turned, numbers<float>({3, 70, 20}, 1), numbers<float>({3, 33, 70}, 2));
  check(turned, numbers<std::uint8_t>({3, 70, 20}, 1), numbers<std::uint8_t>({3, 33, 70}, 2));
  check(
      [](const Tensor &x, const Tensor &y) {
        return matmul(x(slice(), slice({}, {}, -1), slice(1, {}, 3)), y(slice({}, {}, 2)));
      },
      numbers<double>({4, 21, 100}, 5), numbers<double>({66, 40}, 6));
  check(product, numbers<float>({2, 1, 5, 9, 400}, 7), numbers<float>({3, 1, 400, 11}, 8));
  check(product, numbers<float>({6, 9, 40}, 9), numbers<float>({40}, 10));
  check(product, numbers<std::int64_t>({5, 9, 40}, 9), numbers<std::int64_t>({5, 40, 3}, 10));
}

TEST_F(EagerProducts, ChunksArePartsWhereTilesAreFew) {
  using Names = std::vector<std::string>;
  const Names parts = check(product, numbers<float>({16, 3000}, 1), numbers<float>({3000, 16}, 2));
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_TRUE(parts[0].starts_with("contract_f32_")) << parts[0];
  EXPECT_EQ(parts[1], "contract_join_f32");
  const Names batch =
      check(product, numbers<double>({3, 9, 800}, 3), numbers<double>({3, 800, 5}, 4));
  ASSERT_EQ(batch.size(), 2u);
  EXPECT_EQ(batch[1], "contract_join_f64");
  EXPECT_EQ(
      check(product, numbers<std::int32_t>({16, 3000}, 5), numbers<std::int32_t>({3000, 16}, 6)),
      Names{"contract_i32_32x32_t"});
  EXPECT_EQ(check(product, numbers<float>({16, 384}, 7), numbers<float>({384, 16}, 8)).size(), 1u);
}

TEST_F(EagerProducts, LargeProductsHaveLargeTiles) {
  EXPECT_EQ(check(product, numbers<float>({1408, 5}, 1), numbers<float>({5, 1536}, 2)),
            std::vector<std::string>{"contract_f32_128x128_t"});
}

TEST_F(EagerProducts, DotProducts) {
  for (const std::int64_t count : {0, 1, 63, 64, 65, 4096, 4097, 30000}) {
    check(dots, numbers<float>({3, count}, 1), numbers<float>({count}, 2));
    check(dots, numbers<double>({count}, 3), numbers<double>({2, count}, 4));
    check(dots, numbers<std::int16_t>({2, count}, 5), numbers<std::int16_t>({2, count}, 6));
  }
  check([](const Tensor &x, const Tensor &y) { return vecdot(x, y, 0); },
        numbers<float>({501, 4, 3}, 1), numbers<float>({501, 1, 3}, 2));
  EXPECT_EQ(check(dots, numbers<float>({2, 4097}, 1), numbers<float>({4097}, 2)),
            (std::vector<std::string>{"dot_f32", "dot_f32"}));
}

} // namespace
} // namespace jit
