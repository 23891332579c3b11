// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Traced steps on a GPU: recorded, compiled by NVRTC, swapped in, with the bits of the CPU.
#include "runtime/base/Options.h"
#include "runtime/cuda/OnHost.h"
#include "test/cuda/device/Launches.h"

#include <tracejit/compiler.h>
#include <tracejit/tracejit.h>

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <optional>
#include <sstream>

namespace jit {
namespace {

class CompiledOnDevice : public testing::Test {
protected:
  void SetUp() override {
    mutable_options().trial = false;
    mutable_options().budget = false;
    ASSERT_TRUE(enable_compiler());
  }
};

Tensor ramp(DimList shape, double step = 0.01) {
  std::int64_t size = 1;
  for (const std::int64_t extent : Dims(shape))
    size *= extent;
  return reshape(arange(0, size, 1, DType::f32) * step - 2, shape);
}

template <class T> std::uint64_t hits(const T &traced) {
  std::uint64_t sum = 0;
  for (const TraceReport &report : traced.explain())
    sum += report.hits;
  return sum;
}
template <class T> std::string state(const T &traced) {
  std::ostringstream text;
  for (const TraceReport &report : traced.explain())
    text << report;
  return text.str();
}

template <class T> bool same_bytes(const Tensor &x, const Tensor &y) {
  return x.data<T>().size() == y.data<T>().size() &&
         std::memcmp(x.data<T>().data(), y.data<T>().data(), x.data<T>().size_bytes()) == 0;
}
TEST_F(CompiledOnDevice, AChainIsOneLaunch) {
  auto step = trace(
      [](const Tensor &x, const Tensor &y, double k) { return tanh(exp(x * k) + y) * 2 - x / 3; });
  const Tensor x = ramp({37, 11}), y = ramp({11}, 0.1);
  const Tensor there = x.to(cuda()), row = y.to(cuda());
  for (int i = 0; i < 6; ++i) {
    const double k = 0.5 + i;
    const Tensor expected = tanh(exp(x * k) + y) * 2 - x / 3;
    EXPECT_EQ(step(there, row, k).to_vector<float>(), expected.to_vector<float>()) << i;
    wait_compiled();
  }
  EXPECT_GE(hits(step), 2u) << state(step);
  const unsigned long long before = test::launches();
  const std::uint64_t on_host = gpu::host_runs();
  const Tensor last = step(there, row, 0.25);
  EXPECT_EQ(test::launches(), before + 1);
  EXPECT_EQ(gpu::host_runs(), on_host);
  EXPECT_EQ(last.device(), cuda());
}

TEST_F(CompiledOnDevice, OneFunctionOnTwoDevices) {
  auto step = trace([](const Tensor &x) { return sqrt(abs(x)) + x * x; });
  const Tensor x = ramp({1000});
  const Tensor there = x.to(cuda());
  const std::vector<float> expected = (sqrt(abs(x)) + x * x).to_vector<float>();
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(step(x).to_vector<float>(), expected);
    EXPECT_EQ(step(there).to_vector<float>(), expected);
    EXPECT_EQ(step(there).device(), cuda());
    EXPECT_EQ(step(x).device(), Device{});
    wait_compiled();
  }
  std::uint64_t programs = 0;
  for (const TraceReport &report : step.explain())
    programs += report.hits > 0;
  EXPECT_EQ(programs, 2u) << state(step);
}

TEST_F(CompiledOnDevice, CreationFollowsTheScope) {
  auto step = trace([](double k) { return exp(full({33}, k)) + arange(0, 33, 1, DType::f32); });
  const auto expected = [](double k) {
    return (exp(full({33}, k)) + arange(0, 33, 1, DType::f32)).to_vector<float>();
  };
  for (int i = 0; i < 8; ++i) {
    const double k = 0.125 * i;
    const Tensor here = step(k);
    EXPECT_EQ(here.device(), Device{});
    EXPECT_EQ(here.to_vector<float>(), expected(k));
    const DeviceScope scope(cuda());
    const Tensor there = step(k);
    EXPECT_EQ(there.device(), cuda());
    EXPECT_EQ(there.to_vector<float>(), expected(k));
    wait_compiled();
  }
  std::uint64_t programs = 0;
  for (const TraceReport &report : step.explain())
    programs += report.hits > 0;
  EXPECT_EQ(programs, 2u) << state(step);
}

TEST_F(CompiledOnDevice, DonatedBlocksAndStateInVariables) {
  Variable here(ramp({4096})), there(ramp({4096}).to(cuda()));
  const auto update = [](Variable &state, double rate) { state = state - tanh(state) * rate; };
  auto step = trace([&](Variable &state, double rate) {
    update(state, rate);
    return state + 1;
  });
  for (int i = 0; i < 12; ++i) {
    update(here, 0.125);
    const Tensor got = step(there, 0.125);
    EXPECT_EQ(there.to_vector<float>(), here.to_vector<float>()) << i;
    EXPECT_EQ(got.to_vector<float>(), (here + 1).to_vector<float>()) << i;
    wait_compiled();
  }
  EXPECT_GE(hits(step), 4u) << state(step);
}

TEST_F(CompiledOnDevice, ViewsGathersAndMisalignedInputs) {
  auto step = trace(
      [](const Tensor &x, const Tensor &index) { return take(x(slice(1, {})) * 2, index, 0) + 1; });
  const Tensor all = ramp({40, 3});
  const Tensor index = Tensor::copy_of<std::int64_t>({5, 0, -1, 17, 17});
  const Tensor there = all.to(cuda()), places = index.to(cuda());
  for (int i = 0; i < 8; ++i) {
    const std::int64_t from = i % 4;
    const Tensor x = all(slice(from, {})), y = there(slice(from, from + 36));
    const Tensor expected = take(x(slice(0, 36))(slice(1, {})) * 2, index, 0) + 1;
    EXPECT_EQ(step(y, places).to_vector<float>(), expected.to_vector<float>()) << i;
    wait_compiled();
  }
  EXPECT_GE(hits(step), 2u) << state(step);
}

TEST_F(CompiledOnDevice, ModeCheckFindsNoDifference) {
  auto step = trace([](const Tensor &x) { return erf(x) * gelu(x); });
  const Tensor x = ramp({500}).to(cuda());
  const std::vector<float> expected = (erf(ramp({500})) * gelu(ramp({500}))).to_vector<float>();
  for (int i = 0; i < 4; ++i) {
    step(x);
    wait_compiled();
  }
  set_mode(Mode::check);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(step(x).to_vector<float>(), expected);
  set_mode(Mode::on);
  EXPECT_EQ(step(x).to_vector<float>(), expected);
}

TEST_F(CompiledOnDevice, ProductsRunBesideKernels) {
  auto step = trace([](const Tensor &x, const Tensor &w, const Tensor &b) {
    return relu(matmul(x, w) + b) * 0.5;
  });
  const Tensor x = ramp({9, 13}), w = ramp({13, 7}, 0.05), b = ramp({7}, 0.2);
  const Tensor expected = relu(matmul(x, w) + b) * 0.5;
  const Tensor xd = x.to(cuda()), wd = w.to(cuda()), bd = b.to(cuda());
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(step(xd, wd, bd).to_vector<float>(), expected.to_vector<float>());
    wait_compiled();
  }
  EXPECT_GE(hits(step), 2u) << state(step);
}

/// What was launched since the last call; nothing, if the driver keeps no log, as a real one.
std::optional<std::vector<std::string>> kernels_launched() {
  const char *settings = std::getenv("TRACEJIT_FAKE_CUDA");
  if (!settings || !std::strstr(settings, "log="))
    return std::nullopt;
  return test::kernels_launched();
}

/// The kernels of one run of f(x, w, b), compiled, which has the bits of the CPU and no run on the
/// host.
template <class F>
std::optional<std::vector<std::string>> kernels_of(F f, const Tensor &x, const Tensor &w,
                                                   const Tensor &b) {
  auto step = trace(f);
  const Tensor expected = f(x, w, b);
  const Tensor xd = x.to(cuda()), wd = w.to(cuda()), bd = b.to(cuda());
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(same_bytes<float>(step(xd, wd, bd), expected)) << i;
    wait_compiled();
  }
  EXPECT_GE(hits(step), 2u) << state(step);
  synchronize();
  kernels_launched();
  const std::uint64_t on_host = gpu::host_runs();
  const Tensor last = step(xd, wd, bd);
  EXPECT_EQ(gpu::host_runs(), on_host) << state(step);
  EXPECT_TRUE(same_bytes<float>(last, expected));
  return kernels_launched();
}
constexpr auto layer = [](const Tensor &x, const Tensor &w, const Tensor &b) {
  return gelu(matmul(x, w) + b) * 0.5;
};

TEST_F(CompiledOnDevice, ALayerIsOneKernel) {
  const auto kernels = kernels_of(layer, ramp({70, 130}), ramp({130, 90}, 0.05), ramp({90}, 0.2));
  if (!kernels)
    return;
  ASSERT_EQ(kernels->size(), 1u);
  EXPECT_TRUE(kernels->at(0).starts_with("contract0_")) << kernels->at(0);
}

TEST_F(CompiledOnDevice, LongProductsAreCutInParts) {
  const auto kernels =
      kernels_of(layer, ramp({9, 2000}), ramp({2000, 33}, 0.0005), ramp({33}, 0.2));
  if (!kernels)
    return;
  ASSERT_EQ(kernels->size(), 2u);
  EXPECT_TRUE(kernels->at(0).starts_with("contract_f32_")) << kernels->at(0);
  EXPECT_TRUE(kernels->at(1).starts_with("join0_")) << kernels->at(1);
}

TEST_F(CompiledOnDevice, ProductsOfEveryLayout) {
  const Tensor x = ramp({3, 20, 33}), w = ramp({3, 21, 33}, 0.02), b = ramp({20, 21}, 0.3);
  kernels_of([](const Tensor &a, const Tensor &c,
                const Tensor &d) { return matmul(a, matrix_transpose(c)) * d - 1; },
             x, w, b);
  kernels_of(
      [](const Tensor &a, const Tensor &c, const Tensor &d) {
        return tanh(matmul(matrix_transpose(a), c(0, slice(0, 20)))) + sum(d);
      },
      x, w, b);
  kernels_of([](const Tensor &a, const Tensor &c,
                const Tensor &d) { return matmul(a(0, slice(0, 1)), c) + d(0, 0); },
             x, matrix_transpose(w), b);
}

TEST_F(CompiledOnDevice, AProductInAJoinedValue) {
  auto step = trace([](const Tensor &y, const Tensor &x, const Tensor &w) {
    return concat({y, matmul(x, w), y * 2}, 1);
  });
  const Tensor y = ramp({33, 5}), x = ramp({33, 24}), w = ramp({24, 40}, 0.02);
  const std::vector<float> expected = concat({y, matmul(x, w), y * 2}, 1).to_vector<float>();
  const Tensor yd = y.to(cuda()), xd = x.to(cuda()), wd = w.to(cuda());
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(step(yd, xd, wd).to_vector<float>(), expected);
    wait_compiled();
  }
  EXPECT_GE(hits(step), 2u) << state(step);
}

/// Of results of f32 or i64.
bool same_bits(const Tensor &x, const Tensor &y) {
  return x.dtype() == DType::i64 ? same_bytes<std::int64_t>(x, y) : same_bytes<float>(x, y);
}

/// `f` of x on the CPU and, traced, on a GPU: equal bits, by a program that runs no kernel on the
/// host.
template <class F> void expect_bits_of_cpu(F f, const Tensor &x) {
  auto step = trace(f);
  const Tensor there = x.to(cuda());
  const Tensor expected = f(x);
  for (int i = 0; i < 6; ++i) {
    EXPECT_TRUE(same_bits(step(there), expected)) << i;
    wait_compiled();
  }
  EXPECT_GE(hits(step), 2u) << state(step);
  const std::uint64_t on_host = gpu::host_runs();
  const Tensor last = step(there);
  if (x.shape() != DimList{7, 1}) { // some reductions of one element are library ops
    EXPECT_EQ(gpu::host_runs(), on_host) << state(step);
  }
  EXPECT_TRUE(same_bits(last, expected));
}

TEST_F(CompiledOnDevice, RowsAreReducedInOneKernel) {
  for (const std::int64_t n : {1, 17, 1000, 5003}) {
    const Tensor x = sin(ramp({7, n}, 0.37));
    expect_bits_of_cpu([](const Tensor &y) { return softmax(y * 2 + 1, 1) - 0.5; }, x);
    expect_bits_of_cpu([](const Tensor &y) { return log_softmax(y, 1) * y; }, x);
    expect_bits_of_cpu([](const Tensor &y) { return var(y, 1) + mean(y, 1) * 3; }, x);
    expect_bits_of_cpu([](const Tensor &y) { return sum(exp(y) * y, 0) / 7; }, x);
    expect_bits_of_cpu([](const Tensor &y) { return sum(y * y) + max(y) - min(y); }, x);
    expect_bits_of_cpu([](const Tensor &y) { return argmax(y * 3, 1) + argmin(y, 1); }, x);
  }
}

TEST_F(CompiledOnDevice, PathsOfTheCpuBetweenThoseOfTheGpu) {
  auto train = trace([](const Tensor &x) { return tanh(x) * 3 + 1; });
  auto measure = trace([](const Tensor &x) { return sum(x * x) / 7 + max(x); });
  const Tensor x = ramp({400}), there = x.to(cuda());
  const std::vector<float> trained = (tanh(x) * 3 + 1).to_vector<float>();
  const float measured = (sum(x * x) / 7 + max(x)).item<float>();
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(train(there).to_vector<float>(), trained);
    EXPECT_EQ(measure(x).item<float>(), measured);
    wait_compiled();
  }
  EXPECT_EQ(train.explain().size(), 1u) << state(train);
  EXPECT_EQ(measure.explain().size(), 1u) << state(measure);
  EXPECT_GE(hits(train), 30u) << state(train);
  EXPECT_GE(hits(measure), 30u) << state(measure);
}

} // namespace
} // namespace jit
