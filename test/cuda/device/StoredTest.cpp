// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs of GPUs that come from files: the cache on disk.
#include "runtime/base/Options.h"
#include "runtime/cuda/OnHost.h"
#include "runtime/cuda/StoredGpuProgram.h"
#include "runtime/trace/Text.h"
#include "test/cuda/device/Launches.h"

#include <tracejit/compiler.h>
#include <tracejit/program.h>
#include <tracejit/tracejit.h>

#include <gtest/gtest.h>

#include <cstdlib>
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

TEST_F(StoredOnDevice, AProductIsKeptWithWhatFollowsIt) {
  const Tensor x = reshape(arange(0, 60, 1, DType::f32) * 0.03 - 1, {6, 10});
  const auto layer = [](const Tensor &y) { return gelu(matmul(y, matrix_transpose(y)) + 0.5); };
  const auto expected = layer(x).to_vector<float>();
  const Tensor there = x.to(cuda());
  for (const bool again : {false, true}) {
    auto f = trace(layer, {again ? "product again" : "product"});
    for (int k = 0; k < 8; ++k) {
      const auto values = f(there).template to_vector<float>();
      EXPECT_EQ(std::memcmp(values.data(), expected.data(), 4 * expected.size()), 0) << k;
      EXPECT_TRUE(wait_compiled(std::chrono::seconds(60)));
    }
    ASSERT_EQ(f.explain().size(), 1u);
    EXPECT_EQ(f.explain()[0].from_cache, again);
    const unsigned long long before = test::launches();
    const std::uint64_t on_host = gpu::host_runs();
    f(there).template to_vector<float>();
    EXPECT_EQ(test::launches(), before + 1);
    EXPECT_EQ(gpu::host_runs(), on_host);
  }
  for (const fs::path &file : programs())
    fs::remove(file);
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

/// A bundle of `text` for these targets, made by tracec.
fs::path bundle_of(const fs::path &folder, const std::string &text, const std::string &targets) {
  std::ofstream(folder / "step.trace") << text;
  const std::string command = std::string(TRACEC) + " compile " + (folder / "step.trace").string() +
                              " --emit=package --target=" + targets + " -o " +
                              (folder / "step").string() + " > /dev/null";
  EXPECT_EQ(std::system(command.c_str()), 0) << command;
  return folder / "step.tjb";
}

constexpr const char *step_text = "tracejit-trace 1\n"
                                  "name \"step\"\n"
                                  "input %in0 : f32[6,10]\n"
                                  "number %num0 : float\n"
                                  "%0 = multiply(%in0, %num0) : f32[6,10]\n"
                                  "%1 = tanh(%0) : f32[6,10]\n"
                                  "%2 = add(%1, %in0) : f32[6,10]\n"
                                  "%3 = softmax(%2) axis=1 : f32[6,10]\n"
                                  "output %3\n"
                                  "end\n";

TEST_F(StoredOnDevice, ABundleHasCodeForGpus) {
  const Module module = load_program(bundle_of(folder, step_text, "x86-64-v3,sm_80,sm_90"));
  const Tensor host = reshape(arange(0, 60, 1, DType::f32) * 0.03 - 1, {6, 10});
  const std::vector<float> expected = plainly(host, 0.25);
  const Tensor x = host.to(cuda());
  const auto same = [&](const Tensor &result) {
    const auto values = result.to_vector<float>();
    return std::memcmp(values.data(), expected.data(), 4 * expected.size()) == 0;
  };
  EXPECT_TRUE(same(module(host, 0.25).at(0)));
  const auto before = test::launches();
  const Tensor result = module(x, 0.25).at(0);
  EXPECT_EQ(test::launches() - before, 1u); // eagerly it takes four
  EXPECT_EQ(result.device(), cuda());
  EXPECT_TRUE(same(result));
  // Values that lie otherwise go through the ops, and so does a tape.
  EXPECT_TRUE(
      same(module(permute_dims(permute_dims(host, {1, 0}).to(cuda()), {1, 0}), 0.25).at(0)));
  EXPECT_THROW(module(host.to(cuda()), 0.25, 1.0), Error);
}

TEST_F(StoredOnDevice, ABundleForOtherGpusRunsByItsOps) {
  const Module module = load_program(bundle_of(folder, step_text, "sm_80,sm_100"));
  const Tensor host = reshape(arange(0, 60, 1, DType::f32) * 0.03 - 1, {6, 10});
  const std::vector<float> expected = plainly(host, 0.25);
  const Tensor result = module(host.to(cuda()), 0.25).at(0); // of capability 9.0
  const auto values = result.to_vector<float>();
  EXPECT_EQ(std::memcmp(values.data(), expected.data(), 4 * expected.size()), 0);
  const auto on_host = module(host, 0.25).at(0).to_vector<float>();
  EXPECT_EQ(std::memcmp(on_host.data(), expected.data(), 4 * expected.size()), 0);
}

TEST_F(StoredOnDevice, ABundleTakesItsTensorsFromOnePlace) {
  const Module module = load_program(bundle_of(folder,
                                               "tracejit-trace 1\nname \"sum\"\n"
                                               "input %in0 : f32[3]\ninput %in1 : f32[3]\n"
                                               "%0 = add(%in0, %in1) : f32[3]\noutput %0\nend\n",
                                               "sm_90"));
  const Tensor x = arange(0, 3, 1, DType::f32);
  try {
    module(x.to(cuda()), x);
    ADD_FAILURE() << "tensors of two devices";
  } catch (const Error &error) {
    EXPECT_NE(std::string(error.what()).find("sum: in1 is f32[3], and does not lie where"),
              std::string::npos)
        << error.what();
  }
  EXPECT_EQ(module(x.to(cuda()), x.to(cuda())).at(0).to_vector<float>(),
            (std::vector<float>{0, 2, 4}));
}

/// Kernels of products take words in front of buffers that nobody has checked if there is no
/// epilogue, and only a product launches them.
TEST_F(StoredOnDevice, KernelsOfProductsBelongToProducts) {
  const Graph graph = parse_traces("tracejit-trace 1\nname \"p\"\ninput %in0 : f32[4,8]\n"
                                   "input %in1 : f32[8,4]\n%0 = matmul(%in0, %in1) : f32[4,4]\n"
                                   "%1 = tanh(%0) : f32[4,4]\noutput %0\noutput %1\nend\n",
                                   "test")
                          .graphs.at(0);
  const auto buffer = [&](Buffer::Base base, std::uint32_t index, const Meta *meta) {
    Buffer made;
    made.base = base;
    made.index = index;
    made.meta = meta;
    return made;
  };
  gpu::GpuCode code;
  ContractStep product;
  product.dtype = DType::f32;
  product.m = product.n = 4;
  product.k = product.a_row_stride = 8;
  product.a_col_stride = product.b_col_stride = 1;
  product.b_row_stride = product.c_row_stride = 4;
  product.a = buffer(Buffer::Base::input, 0, graph.inputs[0]);
  product.b = buffer(Buffer::Base::input, 1, graph.inputs[1]);
  product.c = buffer(Buffer::Base::output, 0, graph.values[0].meta);
  KernelStep plain;
  plain.kernel = "f";
  plain.inputs = 1;
  plain.buffers = {buffer(Buffer::Base::output, 0, graph.values[0].meta),
                   buffer(Buffer::Base::output, 1, graph.values[1].meta)};
  code.plan.steps.resize(2);
  code.plan.steps[0].what = product;
  code.plan.steps[1].what = plain;
  code.plan.donated_input = {-1, -1};
  code.image = {'x'};
  const gpu::GpuKernel kernel{"f", "", 1, 32, 0};
  code.kernels["f"] = kernel;
  const auto reads = [&](const gpu::GpuCode &given) {
    return static_cast<bool>(
        gpu::code_from_file(gpu::code_to_file("key", given), "file", "key", graph, on_cpu));
  };
  ASSERT_TRUE(reads(code));
  gpu::GpuCode wrong = code;
  wrong.kernels[gpu::product_kernel(0)] = kernel;
  EXPECT_FALSE(reads(wrong));
  wrong = code;
  wrong.kernels[gpu::joining_kernel(0)] = kernel;
  std::get<KernelStep>(wrong.plan.steps[1].what).kernel = gpu::joining_kernel(0);
  EXPECT_FALSE(reads(wrong));
  wrong = code;
  wrong.image.clear();
  EXPECT_FALSE(reads(wrong));
  wrong = code;
  wrong.kernels["f"].threads = 33;
  EXPECT_FALSE(reads(wrong));
  EXPECT_FALSE(static_cast<bool>(
      gpu::code_from_file(gpu::code_to_file("key", code), "file", "other", graph, on_cpu)));
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
