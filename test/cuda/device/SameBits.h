// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Comparing what a GPU computes with what the CPU does, and operands that try both.
#pragma once

#include "runtime/base/WithDType.h"
#include "runtime/cuda/OnHost.h"
#include "runtime/cuda/Pack.h"

#include <tracejit/tracejit.h>

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace jit::test {

inline constexpr DType all_dtypes[] = {DType::boolean, DType::i8,  DType::u8,  DType::i16,
                                       DType::u16,     DType::i32, DType::u32, DType::i64,
                                       DType::f32,     DType::f64};
inline constexpr DType index_dtypes[] = {DType::i8,  DType::u8,  DType::i16, DType::u16,
                                         DType::i32, DType::u32, DType::i64};

/// The same dtype, shape and bits, NaN as a class.
inline void expect_same(const Tensor &got, const Tensor &expected, const std::string &what) {
  ASSERT_EQ(got.dtype(), expected.dtype()) << what;
  ASSERT_EQ(got.shape(), expected.shape()) << what;
  with_dtype(got.dtype(), [&]<class T>(std::type_identity<T>) {
    const std::vector<T> x = got.to_vector<T>(), y = expected.to_vector<T>();
    for (std::size_t i = 0; i < x.size(); ++i) {
      const T a = x[i], b = y[i];
      const bool both_nan = a != a && b != b;
      ASSERT_TRUE(both_nan || std::memcmp(&a, &b, sizeof(T)) == 0)
          << what << ": element " << i << " is " << +a << ", not " << +b;
    }
  });
}

/// Numbers with what is at the edges of their dtype; the same for the same seed.
inline Tensor some_numbers(DType dtype, DimList shape, unsigned seed) {
  std::int64_t size = 1;
  for (const std::int64_t extent : Dims(shape))
    size *= extent;
  Tensor made;
  with_dtype(dtype, [&]<class T>(std::type_identity<T>) {
    std::mt19937_64 random(seed);
    std::vector<double> doubles;
    std::vector<std::int64_t> integers;
    using Limits = std::numeric_limits<T>;
    for (std::int64_t i = 0; i < size; ++i) {
      constexpr double nan = std::numeric_limits<double>::quiet_NaN();
      constexpr double infinity = std::numeric_limits<double>::infinity();
      constexpr double notable[] = {nan, -nan, infinity, -infinity};
      constexpr double edges[] = {0.0, -0.0, 1e-310, 1e-40, 3e38, -3e38};
      const auto kind = random() % 8;
      const double number = static_cast<double>(static_cast<std::int64_t>(random() % 2001) - 1000);
      doubles.push_back(kind == 0   ? edges[random() % std::size(edges)]
                        : kind == 1 ? notable[random() % std::size(notable)]
                                    : number * 0.37);
      integers.push_back(kind == 0   ? static_cast<std::int64_t>(Limits::min())
                         : kind == 1 ? static_cast<std::int64_t>(Limits::max())
                                     : static_cast<std::int64_t>(random() % 16));
    }
    made = (is_float(dtype) ? Tensor::copy_of(doubles, shape) : Tensor::copy_of(integers, shape))
               .astype(dtype);
  });
  return made;
}

/// f(operands) is computed on both; nothing of it by the host on copies.
using OnTensors = std::function<Tensor(const std::vector<Tensor> &)>;
inline void compare(const std::vector<Tensor> &operands, const OnTensors &f,
                    const std::string &what) {
  std::vector<Tensor> there;
  for (const Tensor &operand : operands)
    there.push_back(operand.to(cuda()));
  const std::uint64_t on_host = gpu::host_runs();
  const Tensor got = f(there);
  EXPECT_EQ(got.device(), cuda()) << what;
  expect_same(got, f(operands), what);
  if (!gpu::pack().kernels.empty()) {
    EXPECT_EQ(gpu::host_runs(), on_host) << what;
  }
}

/// The same for each operand in turn beginning 1, 2 or 3 elements behind an aligned address.
inline void compare_moved(const std::vector<Tensor> &operands, const OnTensors &f,
                          const std::string &what) {
  compare(operands, f, what);
  for (std::size_t k = 0; k < operands.size(); ++k)
    for (std::int64_t by = 1; by <= 3; ++by) {
      const auto moved = [&](const std::vector<Tensor> &xs) {
        std::vector<Tensor> all = xs;
        const Tensor behind = full({by}, 0, xs[k].dtype()).to(xs[k].device());
        all[k] = reshape(concat({behind, flatten(xs[k])})(slice(by, {})), xs[k].shape());
        return f(all);
      };
      compare(operands, moved,
              what + ", operand " + std::to_string(k) + " moved by " + std::to_string(by));
    }
}

} // namespace jit::test
