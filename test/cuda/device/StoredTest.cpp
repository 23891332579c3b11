// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs of GPUs that come from files: the cache on disk.
#include "runtime/base/Options.h"
#include "runtime/cuda/OnHost.h"
#include "test/cuda/device/Launches.h"

#include <tracejit/compiler.h>
#include <tracejit/tracejit.h>

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>

namespace jit {
namespace {

namespace fs = std::filesystem;

class StoredOnDevice : public testing::Test {
protected:
  static void SetUpTestSuite() {
    folder = fs::path(testing::TempDir()) / ("tracejit-stored-" + std::to_string(getpid()));
    fs::remove_all(folder);
    mutable_options().trial = false;
    mutable_options().budget = false;
    mutable_options().cache = folder.string();
    ASSERT_TRUE(enable_compiler());
  }
  static void TearDownTestSuite() { fs::remove_all(folder); }

  static std::vector<fs::path> programs() {
    std::vector<fs::path> found;
    for (const auto &entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".tjc")
        found.push_back(entry.path());
    return found;
  }
  static fs::path folder;
};
fs::path StoredOnDevice::folder;

Tensor step(const Tensor &x, double rate) { return softmax(tanh(x * rate) + x); }

std::vector<float> plainly(const Tensor &x, double rate) {
  set_mode(Mode::off);
  const auto values = step(x, rate).to_vector<float>();
  set_mode(Mode::on);
  return values;
}

/// Runs a trace of that name until it is compiled, with the bits of the CPU each time, and gives
/// its report.
TraceReport run_compiled(const std::string &name) {
  const Tensor host = reshape(arange(0, 60, 1, DType::f32) * 0.03 - 1, {6, 10});
  const Tensor x = host.to(cuda());
  const std::vector<float> expected = plainly(host, 0.25);
  auto f = trace(step, {name});
  for (int k = 0; k < 8; ++k) {
    const auto values = f(x, 0.25).template to_vector<float>();
    EXPECT_EQ(std::memcmp(values.data(), expected.data(), 4 * expected.size()), 0) << name << k;
    EXPECT_TRUE(wait_compiled(std::chrono::seconds(60)));
  }
  const auto reports = f.explain();
  EXPECT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].state, "active");
  EXPECT_GE(reports[0].hits, 2u);
  return reports[0];
}

TEST_F(StoredOnDevice, AnotherTraceFindsTheProgramOfTheFirst) {
  EXPECT_FALSE(run_compiled("first").from_cache);
  ASSERT_EQ(programs().size(), 1u);
  EXPECT_TRUE(run_compiled("second").from_cache);
  // No bit of the file may be another: it is compiled anew, and written.
  for (const double place : {0.02, 0.3, 0.6, 0.95}) {
    const fs::path file = programs().at(0);
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    const auto at = static_cast<std::streamoff>(place * static_cast<double>(fs::file_size(file)));
    stream.seekg(at);
    const auto byte = static_cast<char>(stream.get() ^ 0x10);
    stream.seekp(at);
    stream.put(byte);
    stream.close();
    EXPECT_FALSE(run_compiled("damaged " + std::to_string(place)).from_cache);
    EXPECT_TRUE(run_compiled("mended " + std::to_string(place)).from_cache);
  }
}

TEST_F(StoredOnDevice, TheCpuHasFilesOfItsOwn) {
  const std::size_t before = programs().size();
  const Tensor host = reshape(arange(0, 60, 1, DType::f32) * 0.03 - 1, {6, 10});
  const std::vector<float> expected = plainly(host, 0.25);
  auto f = trace(step, {"on the CPU"});
  for (int k = 0; k < 8; ++k) {
    const auto values = f(host, 0.25).template to_vector<float>();
    EXPECT_EQ(std::memcmp(values.data(), expected.data(), 4 * expected.size()), 0);
    EXPECT_TRUE(wait_compiled(std::chrono::seconds(60)));
  }
  EXPECT_FALSE(f.explain().at(0).from_cache);
  EXPECT_EQ(programs().size(), before + 1);
}

} // namespace
} // namespace jit
