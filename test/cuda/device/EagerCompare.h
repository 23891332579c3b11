// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The same ops on the CPU and on a GPU: equal bits, and no run on the host.
#pragma once

#include "runtime/base/WithDType.h"
#include "runtime/cuda/OnHost.h"
#include "runtime/cuda/Pack.h"
#include "test/cuda/device/Launches.h"
#include "test/unit/compiler/TestMemory.h"

#include <tracejit/tracejit.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>

namespace jit::test {

using Function = std::function<std::vector<Tensor>(const Tensor &)>;
class EagerRows : public testing::Test {
protected:
  void SetUp() override {
    if (gpu::pack().kernels.empty())
      GTEST_SKIP() << "this build has no pack: TRACEJIT_CUDA";
  }
};

inline std::int64_t product(const DimList &shape) {
  std::int64_t size = 1;
  for (std::int64_t extent : Dims(shape))
    size *= extent;
  return size;
}

/// Sums whose order shows, -0 and denormals; some with NaN and infinities.
template <class T> T number(std::mt19937_64 &random, bool wild) {
  if constexpr (std::is_floating_point_v<T>) {
    constexpr T special[] = {T(-0.0), T(0), T(1e-42), T(1e30), T(-1e30)};
    constexpr T bad[] = {T(NAN), T(INFINITY), T(-INFINITY)};
    const auto pick = random() % 64;
    return wild && pick < 3 ? bad[pick]
           : pick < 8       ? special[pick % 5]
                            : static_cast<T>(static_cast<double>(random()) * 0x1p-63 - 1);
  } else {
    return static_cast<T>(random());
  }
}
template <class T> Tensor numbers(const DimList &shape, bool wild = false) {
  if constexpr (std::is_same_v<T, bool>) {
    return numbers<std::int8_t>(shape) > 0;
  } else {
    std::mt19937_64 random(static_cast<std::uint64_t>(product(shape)) + wild);
    std::vector<T> elements(static_cast<std::size_t>(product(shape)));
    for (T &x : elements)
      x = number<T>(random, wild);
    return Tensor::copy_of(elements, shape);
  }
}

template <class T> std::string difference(const Tensor &here, const Tensor &there) {
  const std::vector<T> x = here.to_vector<T>(), y = there.to_vector<T>();
  for (std::size_t i = 0; i < x.size(); ++i) {
    const T a = x[i], b = y[i];
    if (!same(dtype_of<T>, reinterpret_cast<const std::byte *>(&a),
              reinterpret_cast<const std::byte *>(&b)))
      return "element " + std::to_string(i) + ": " + std::to_string(a) + " and " +
             std::to_string(b);
  }
  return {};
}

/// Not if the driver finds no code for the pack's modules: it refuses them, and the host computes.
inline bool has_kernels() {
  const char *folder = std::getenv("TRACEJIT_EMU_PACK");
  return folder && std::filesystem::exists(folder);
}

inline void expect_same(const Tensor &x, const Function &run, const std::string &what) {
  const std::uint64_t on_host = gpu::host_runs();
  const std::vector<Tensor> here = run(x), there = run(x.to(cuda()));
  for (std::size_t r = 0; r < here.size(); ++r) {
    EXPECT_EQ(there[r].device(), cuda()) << what;
    ASSERT_EQ(there[r].dtype(), here[r].dtype()) << what;
    ASSERT_TRUE(std::ranges::equal(Dims(there[r].shape()), Dims(here[r].shape()))) << what;
    const std::string wrong = with_dtype(here[r].dtype(), [&]<class T>(std::type_identity<T>) {
      return difference<T>(here[r], there[r]);
    });
    ASSERT_EQ(wrong, "") << what << ", result " << r;
  }
  EXPECT_EQ(gpu::host_runs() == on_host, has_kernels()) << what;
}

inline std::string text(const DimList &shape) {
  std::string all;
  for (std::int64_t extent : Dims(shape))
    all += (all.empty() ? "" : "x") + std::to_string(extent);
  return all;
}

/// The kernels that these ops take on the GPU, in order.
inline std::vector<std::string> kernels_of(const Tensor &x, const Function &run) {
  const Tensor there = x.to(cuda());
  synchronize();
  kernels_launched();
  const std::vector<Tensor> results = run(there);
  synchronize();
  return kernels_launched();
}
using Names = std::vector<std::string>;

/// Views of a tensor of three axes.
using View = std::pair<const char *, std::function<Tensor(const Tensor &)>>;
inline const std::vector<View> &views() {
  static const std::vector<View> all{
      {"transposed", [](const Tensor &t) { return permute_dims(t, Axes{2, 1, 0}); }},
      {"backwards", [](const Tensor &t) { return t(slice({}, {}, -1), slice({}, {}, -2)); }},
      {"last axis backwards",
       [](const Tensor &t) { return t(slice(), slice(), slice({}, {}, -1)); }},
      {"every third", [](const Tensor &t) { return t(slice(), slice(), slice(1, {}, 3)); }},
      {"moved by an element", [](const Tensor &t) { return t(slice(), slice(), slice(1, -1)); }},
      {"broadcast",
       [](const Tensor &t) { return broadcast_to(t(0, slice(0, 1)), {9, 5, t.shape().back()}); }},
  };
  return all;
}

} // namespace jit::test
