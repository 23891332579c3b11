// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The fake NVRTC, and images that the driver takes or refuses.
#include "test/cuda/fake/Client.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <unistd.h>

namespace jit::gpu::fake {
namespace {

using nvrtc::Result;

/// What a compilation gives.
struct Compiled {
  Result result = Result::internal_error;
  std::string log, ptx;
  std::vector<char> cubin;
};

Compiled compile(const std::string &text, const std::vector<const char *> &options) {
  const Nvrtc &nvrtc = Nvrtc::open();
  Compiled out;
  nvrtc::Program program = nullptr;
  EXPECT_EQ(nvrtc.CreateProgram(&program, text.c_str(), "a.cu", 0, nullptr, nullptr),
            Result::success);
  out.result = nvrtc.CompileProgram(program, static_cast<int>(options.size()), options.data());
  std::size_t bytes = 0;
  EXPECT_EQ(nvrtc.GetProgramLogSize(program, &bytes), Result::success);
  out.log.resize(bytes);
  EXPECT_EQ(nvrtc.GetProgramLog(program, out.log.data()), Result::success);
  EXPECT_EQ(out.log.back(), 0);
  out.log.pop_back();
  if (out.result == Result::success) {
    EXPECT_EQ(nvrtc.GetPTXSize(program, &bytes), Result::success);
    out.ptx.resize(bytes);
    EXPECT_EQ(nvrtc.GetPTX(program, out.ptx.data()), Result::success);
    EXPECT_EQ(nvrtc.GetCUBINSize(program, &bytes), Result::success);
    out.cubin.resize(bytes);
    if (bytes) {
      EXPECT_EQ(nvrtc.GetCUBIN(program, out.cubin.data()), Result::success);
    }
  } else {
    EXPECT_EQ(nvrtc.GetCUBINSize(program, &bytes), Result::invalid_program);
  }
  EXPECT_EQ(nvrtc.DestroyProgram(&program), Result::success);
  EXPECT_EQ(program, nullptr);
  return out;
}

/// What the driver says to an image, and the text it gives.
Status load(const Device &device, const void *image, std::string *why = nullptr) {
  char text[200] = "";
  JitOption names[] = {JitOption::error_log, JitOption::error_log_bytes};
  void *values[] = {text, reinterpret_cast<void *>(sizeof text)};
  Module module = nullptr;
  const Status status = device.driver.ModuleLoadDataEx(&module, image, 2, names, values);
  if (why)
    *why = text;
  return status;
}

TEST(FakeNvrtcTest, ErrorsHaveALog) {
  run_child("", [] {
    const Compiled wrong =
        compile(with_prelude("int f() {\n  return nothing; }\n"), {"--gpu-architecture=sm_90"});
    EXPECT_EQ(wrong.result, Result::compilation);
    EXPECT_NE(wrong.log.find("kernels:5:10: error:"), wrong.log.npos) << wrong.log;
    EXPECT_EQ(compile("int f();", {"--gpu-architecture=sm_90"}).result, Result::compilation);
    EXPECT_EQ(compile(with_prelude(test_kernels), {"--gpu-architecture=sm_99"}).result,
              Result::invalid_option);
    EXPECT_EQ(compile(with_prelude(test_kernels), {"--gpu-architecture=sm_90", "--nonsense"}).log,
              "nvrtc: error: unrecognized option --nonsense found\n");
    EXPECT_STREQ(Nvrtc::open().GetErrorString(Result::compilation), "NVRTC_ERROR_COMPILATION");
    EXPECT_STREQ(Nvrtc::open().GetErrorString(static_cast<Result>(77)), "NVRTC_ERROR unknown");
  });
}

TEST(FakeNvrtcTest, VersionsAndTargetsAreThoseOfTheEnvironment) {
  run_child("nvrtc=12080,nvrtc-targets=80:90", [] {
    int major = 0, minor = 0, count = 0, targets[2] = {};
    EXPECT_EQ(Nvrtc::open().Version(&major, &minor), Result::success);
    EXPECT_EQ(major, 12);
    EXPECT_EQ(minor, 8);
    EXPECT_EQ(Nvrtc::open().GetNumSupportedArchs(&count), Result::success);
    ASSERT_EQ(count, 2);
    EXPECT_EQ(Nvrtc::open().GetSupportedArchs(targets), Result::success);
    EXPECT_EQ(targets[1], 90);
    EXPECT_EQ(compile(with_prelude(test_kernels), {"--gpu-architecture=sm_86"}).result,
              Result::invalid_option);
  });
}

TEST(FakeNvrtcTest, ImagesFitTheDevice) {
  struct Case {
    const char *settings, *target;
    Status cubin, ptx;
  };
  const Case cases[] = {
      {"capability=90", "sm_90", Status::success, Status::success},
      {"capability=90", "sm_80", Status::no_binary_for_gpu, Status::success},
      {"capability=86", "sm_80", Status::success, Status::success},
      {"capability=80", "sm_86", Status::no_binary_for_gpu, Status::no_binary_for_gpu},
      {"capability=90,driver=12080", "sm_90", Status::invalid_image,
       Status::unsupported_ptx_version},
      {"capability=90,driver=12080,nvrtc=12040", "sm_90", Status::success, Status::success},
      {"capability=90,driver=12040,nvrtc=12080", "sm_90", Status::success,
       Status::unsupported_ptx_version},
  };
  for (const Case &wanted : cases)
    run_child(wanted.settings, [&] {
      const Device device;
      const std::string option = std::string("--gpu-architecture=") + wanted.target;
      const Compiled compiled = compile(with_prelude(test_kernels), {option.c_str()});
      ASSERT_EQ(compiled.result, Result::success) << compiled.log;
      std::string why;
      EXPECT_EQ(load(device, compiled.cubin.data(), &why), wanted.cubin) << why;
      EXPECT_EQ(why.empty(), wanted.cubin == Status::success);
      EXPECT_EQ(load(device, compiled.ptx.c_str(), &why), wanted.ptx) << why;
    });
  run_child("", [] {
    const Device device;
    const Compiled compiled =
        compile(with_prelude(test_kernels), {"--gpu-architecture=compute_80"});
    EXPECT_EQ(compiled.cubin.size(), 0u);
    EXPECT_EQ(load(device, compiled.ptx.c_str()), Status::success);
    EXPECT_EQ(load(device, "nonsense"), Status::invalid_image);
    EXPECT_EQ(load(device, "// no line that names a library\n.version 7.8\n.target sm_80\n"),
              Status::invalid_ptx);
  });
}

TEST(FakeNvrtcTest, PtxOfThePackNamesALibrary) {
  const std::filesystem::path folder =
      ::testing::TempDir() + "fake-pack-" + std::to_string(::getpid());
  std::filesystem::create_directory(folder);
  const std::string text = folder / "exp.text", library = folder / "exp.emu.so";
  std::ofstream(text) << with_prelude(test_kernels);
  ASSERT_EQ(std::system((std::string(EMU_COMPILE) + " " + text + " " + library).c_str()), 0);
  run_child("capability=80", [&] {
    const Device device;
    const char *const ptx = "// tracejit pack exp\n//\n.version 7.8\n.target sm_80\n";
    std::string why;
    EXPECT_EQ(load(device, ptx, &why), Status::invalid_ptx);
    EXPECT_EQ(why, "TRACEJIT_EMU_PACK is not set");
    ::setenv("TRACEJIT_EMU_PACK", folder.c_str(), 1);
    EXPECT_EQ(load(device, ptx, &why), Status::success) << why;
    EXPECT_EQ(load(device, "// tracejit pack log\n.version 7.8\n.target sm_80\n"),
              Status::invalid_ptx);
  });
  std::filesystem::remove_all(folder);
}

} // namespace
} // namespace jit::gpu::fake
