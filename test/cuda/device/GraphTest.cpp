// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs whose launches are one graph of the driver: the same bits, whatever memory their
// arguments lie in, whoever runs them, and where the driver makes no graphs.
#include "runtime/base/Options.h"
#include "test/cuda/device/Launches.h"

#include <tracejit/compiler.h>
#include <tracejit/tracejit.h>

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <thread>

namespace jit {
namespace {

using test::driver_calls;

/// Each kernel reads what the one before has written.
Tensor step(const Tensor &x, double rate) {
  Tensor y = softmax(x * rate);
  y = x - sum(y, {.axis = {0}, .keepdims = true});
  y = softmax(y);
  y = y * max(y, {.axis = {0}, .keepdims = true});
  return y - sum(y);
}

Tensor input(int k) {
  return reshape(arange(0, 91, 1, DType::f32) * (0.01 * (k + 1)) - 0.5, {7, 13}).to(cuda());
}

std::vector<float> plainly(const Tensor &x, double rate) {
  set_mode(Mode::off);
  const auto values = step(x, rate).to_vector<float>();
  set_mode(Mode::on);
  return values;
}

bool has_bits(const std::vector<float> &expected, const Tensor &found) {
  const auto values = found.to_vector<float>();
  return values.size() == expected.size() &&
         std::memcmp(values.data(), expected.data(), 4 * values.size()) == 0;
}

class GraphsOnDevice : public testing::Test {
protected:
  void SetUp() override {
    mutable_options().trial = false;
    mutable_options().budget = false;
    ASSERT_TRUE(enable_compiler());
  }
  void TearDown() override { mutable_options().cuda_graphs = GraphChoice::automatic; }

  /// A trace that runs compiled, in at least four launches.
  static auto compiled(const std::string &name) {
    auto f = trace(step, {name});
    const Tensor x = input(0);
    for (int k = 0; k < 8; ++k) {
      f(x, 0.5);
      EXPECT_TRUE(wait_compiled(std::chrono::seconds(60)));
    }
    const auto reports = f.explain();
    EXPECT_EQ(reports.at(0).state, "active");
    EXPECT_GE(reports.at(0).kernels_after, 4u);
    return f;
  }
};

TEST_F(GraphsOnDevice, OneCallOfTheDriverARun) {
  mutable_options().cuda_graphs = GraphChoice::on;
  auto f = compiled("graph");
  const Tensor x = input(1);
  const auto expected = plainly(x, 0.5);
  EXPECT_TRUE(has_bits(expected, f(x, 0.5)));
  const auto launches = driver_calls("LaunchKernel"), graphs = driver_calls("GraphLaunch");
  for (int k = 0; k < 10; ++k)
    EXPECT_TRUE(has_bits(expected, f(x, 0.5)));
  EXPECT_EQ(driver_calls("LaunchKernel"), launches);
  EXPECT_EQ(driver_calls("GraphLaunch"), graphs + 10);
}

/// More sets of arguments than graphs are kept, and results that stay alive, so that memory moves.
TEST_F(GraphsOnDevice, ArgumentsChange) {
  mutable_options().cuda_graphs = GraphChoice::on;
  auto f = compiled("arguments");
  const auto made = driver_calls("GraphInstantiate");
  std::deque<std::pair<Tensor, std::vector<float>>> kept;
  for (int k = 0; k < 300; ++k) {
    const Tensor x = input(k % 11);
    const double rate = 0.25 * (k % 7);
    kept.emplace_back(f(x, rate), plainly(x, rate));
    if (kept.size() > static_cast<std::size_t>(k % 13)) {
      EXPECT_TRUE(has_bits(kept.front().second, kept.front().first)) << k;
      kept.pop_front();
    }
  }
  for (const auto &[found, expected] : kept)
    EXPECT_TRUE(has_bits(expected, found));
  if (driver_calls("GraphLaunch") > 100) { // else the driver of this run refuses graphs
    EXPECT_LE(driver_calls("GraphInstantiate") - made, 4u);
    EXPECT_GT(driver_calls("GraphExecKernelNodeSetParams"), 0u);
  }
}

TEST_F(GraphsOnDevice, ThreadsRunOneProgram) {
  mutable_options().cuda_graphs = GraphChoice::on;
  auto f = compiled("threads");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      const Tensor x = input(t);
      set_mode(Mode::on);
      const Tensor expected = step(x, 0.5);
      for (int k = 0; k < 50; ++k)
        EXPECT_TRUE(has_bits(expected.to_vector<float>(), f(x, 0.5)));
    });
  for (std::thread &thread : threads)
    thread.join();
}

/// Which way wins is the clock's business; that both are tried, and one is kept, is not.
TEST_F(GraphsOnDevice, TimesDecide) {
  auto f = compiled("times");
  const Tensor x = input(2);
  const auto expected = plainly(x, 0.5);
  const auto graphs = driver_calls("GraphLaunch");
  for (int k = 0; k < 64 + 16 + 4; ++k)
    EXPECT_TRUE(has_bits(expected, f(x, 0.5)));
  const auto tried = driver_calls("GraphLaunch") - graphs;
  EXPECT_GE(tried, 8u);
  for (int k = 0; k < 10; ++k)
    EXPECT_TRUE(has_bits(expected, f(x, 0.5)));
  const auto after = driver_calls("GraphLaunch") - graphs - tried;
  EXPECT_TRUE(after == 0 || after == 10) << after;
}

TEST_F(GraphsOnDevice, OffIsOff) {
  mutable_options().cuda_graphs = GraphChoice::off;
  auto f = compiled("off");
  const Tensor x = input(3);
  const auto expected = plainly(x, 0.5);
  const auto graphs = driver_calls("GraphLaunch");
  for (int k = 0; k < 100; ++k)
    EXPECT_TRUE(has_bits(expected, f(x, 0.5)));
  EXPECT_EQ(driver_calls("GraphLaunch"), graphs);
}

} // namespace
} // namespace jit
