// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Each entry point fails when the environment asks for it, and lacks its symbol when a test does.
#include "test/cuda/fake/Client.h"
#include "test/cuda/fake/WithoutSymbol.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace jit::gpu::fake {
namespace {

/// The first call that did not do as it should.
struct FirstFailure {
  std::string entry = "none";
  int code = 0;

  bool failed() const { return code != 0; }
  template <class Result> void see(const char *name, Result result) {
    if (!failed() && result != Result::success)
      *this = {name, static_cast<int>(result)};
  }
};

/// Calls every entry point of the driver once, until one fails.
FirstFailure call_driver(const Driver &driver, const std::vector<char> &cubin) {
  FirstFailure first;
#define CALL(name, ...)                                                                            \
  if (!first.failed())                                                                             \
  first.see(#name, driver.name(__VA_ARGS__))
  int number = 0;
  const char *text = nullptr;
  char name[64];
  Context context = nullptr;
  CALL(Init, 0);
  CALL(DriverGetVersion, &number);
  CALL(GetErrorName, Status::unknown, &text);
  CALL(DeviceGetCount, &number);
  CALL(DeviceGet, &number, 0);
  CALL(DeviceGetName, name, sizeof name, 0);
  CALL(DeviceGetAttribute, &number, DeviceAttribute::warp_size, 0);
  CALL(DevicePrimaryCtxRetain, &context, 0);
  CALL(CtxPushCurrent, context);

  DeviceAddress memory = 0;
  std::size_t free = 0, total = 0;
  void *pinned = nullptr;
  Stream stream = nullptr;
  Event event = nullptr;
  float ms = 0;
  CALL(MemAlloc, &memory, 256);
  CALL(MemGetInfo, &free, &total);
  CALL(MemHostAlloc, &pinned, 256, host_portable);
  CALL(StreamCreate, &stream, stream_non_blocking);
  CALL(MemcpyHtoDAsync, memory, pinned, 256, stream);
  CALL(MemcpyDtoHAsync, pinned, memory, 256, stream);
  CALL(MemcpyPeerAsync, memory, context, memory + 128, context, 128, stream);
  CALL(EventCreate, &event, 0);
  CALL(EventRecord, event, stream);
  CALL(StreamWaitEvent, stream, event, 0);
  CALL(EventSynchronize, event);
  CALL(EventQuery, event);
  CALL(EventElapsedTime, &ms, event, event);

  Module module = nullptr;
  Function function = nullptr;
  CALL(ModuleLoadDataEx, &module, cubin.data(), 0, nullptr, nullptr);
  CALL(ModuleGetFunction, &function, module, "add_one");
  CALL(FuncGetAttribute, &number, FunctionAttribute::registers, function);
  CALL(FuncSetAttribute, function, FunctionAttribute::max_dynamic_shared_bytes, 100 << 10);
  AddOne p = {memory, memory, 1};
  void *arguments[] = {&p};
  CALL(LaunchKernel, function, 1, 1, 1, 64, 1, 1, 0, stream, arguments, nullptr);

  const KernelNodeParams params = {function, 1, 1, 1, 64, 1, 1, 0, arguments, nullptr};
  Graph graph = nullptr;
  GraphNode node = nullptr;
  GraphExec exec = nullptr;
  CALL(GraphCreate, &graph, 0);
  CALL(GraphAddKernelNode, &node, graph, nullptr, 0, &params);
  CALL(GraphInstantiate, &exec, graph, 0);
  CALL(GraphExecKernelNodeSetParams, exec, node, &params);
  CALL(GraphLaunch, exec, stream);
  CALL(GraphExecDestroy, exec);
  CALL(GraphDestroy, graph);

  CALL(MemFree, memory); // waits
  CALL(ModuleUnload, module);
  CALL(MemFreeHost, pinned);
  CALL(CtxPopCurrent, &context);
#undef CALL
  return first;
}

/// Calls every entry point of NVRTC that has a result.
FirstFailure call_nvrtc(const Nvrtc &nvrtc) {
  FirstFailure first;
#define CALL(name, ...)                                                                            \
  if (!first.failed())                                                                             \
  first.see("nvrtc" #name, nvrtc.name(__VA_ARGS__))
  int major = 0, minor = 0, targets[64];
  nvrtc::Program program = nullptr;
  std::size_t bytes = 0;
  char log[1000];
  const char *const options[] = {"--gpu-architecture=sm_80"};
  const std::string text = with_prelude(test_kernels);
  CALL(Version, &major, &minor);
  CALL(GetNumSupportedArchs, &major);
  CALL(GetSupportedArchs, targets);
  CALL(CreateProgram, &program, text.c_str(), nullptr, 0, nullptr, nullptr);
  CALL(CompileProgram, program, 1, options);
  CALL(GetProgramLogSize, program, &bytes);
  CALL(GetProgramLog, program, log);
  std::vector<char> code;
  CALL(GetPTXSize, program, &bytes);
  code.resize(bytes);
  CALL(GetPTX, program, code.data());
  CALL(GetCUBINSize, program, &bytes);
  code.resize(bytes);
  CALL(GetCUBIN, program, code.data());
  CALL(DestroyProgram, &program);
#undef CALL
  return first;
}

constexpr const char *driver_entries[] = {
#define TRACEJIT_NAME(name, ...) #name,
    TRACEJIT_CUDA_ENTRY_POINTS(TRACEJIT_NAME)
#undef TRACEJIT_NAME
};
constexpr const char *driver_symbols[] = {
#define TRACEJIT_SYMBOL(name, symbol, ...) #symbol,
    TRACEJIT_CUDA_ENTRY_POINTS(TRACEJIT_SYMBOL)
#undef TRACEJIT_SYMBOL
};
constexpr const char *nvrtc_entries[] = {
#define TRACEJIT_NAME(name, ...) "nvrtc" #name,
    TRACEJIT_NVRTC_ENTRY_POINTS(TRACEJIT_NAME)
#undef TRACEJIT_NAME
};

TEST(FakeEntryPointsTest, AllAreThere) {
  EXPECT_EQ(std::size(driver_entries), 38u);
  run_child("", [] {
    const FirstFailure first = call_driver(Driver::open(), cubin_of(test_kernels));
    EXPECT_EQ(first.entry, "none") << first.code;
    for (const char *entry : driver_entries)
      EXPECT_EQ(Driver::open().calls(entry), 1u) << entry;
    EXPECT_EQ(call_nvrtc(Nvrtc::open()).entry, "none");
  });
}

TEST(FakeEntryPointsTest, EachFailsWhereItIsAsked) {
  for (const char *entry : driver_entries) {
    run_child(std::string("fail=") + entry + ":1:46", [&] {
      const FirstFailure first = call_driver(Driver::open(), cubin_of(test_kernels));
      EXPECT_EQ(first.entry, entry);
      EXPECT_EQ(first.code, 46);
    });
    // The second time, and then never again.
    run_child(std::string("fail=") + entry + ":2", [&] {
      const std::vector<char> cubin = cubin_of(test_kernels);
      EXPECT_EQ(call_driver(Driver::open(), cubin).entry, "none");
      EXPECT_EQ(call_driver(Driver::open(), cubin).entry, entry);
      EXPECT_EQ(call_driver(Driver::open(), cubin).entry, "none");
    });
  }
  run_child("fail=MemAlloc:2+", [] {
    const std::vector<char> cubin = cubin_of(test_kernels);
    EXPECT_EQ(call_driver(Driver::open(), cubin).code, 0);
    for (int i = 0; i < 3; ++i)
      EXPECT_EQ(call_driver(Driver::open(), cubin).code, static_cast<int>(Status::out_of_memory));
  });
}

TEST(FakeEntryPointsTest, NvrtcFailsWhereItIsAsked) {
  for (const char *entry : nvrtc_entries)
    if (std::string(entry) != "nvrtcGetErrorString")
      run_child(std::string("fail=") + entry + ":1:8", [&] {
        const FirstFailure first = call_nvrtc(Nvrtc::open());
        EXPECT_EQ(first.entry, entry);
        EXPECT_EQ(first.code, 8);
        EXPECT_EQ(call_nvrtc(Nvrtc::open()).entry, "none");
      });
  run_child("nvrtc-fail=2", [] {
    EXPECT_EQ(call_nvrtc(Nvrtc::open()).entry, "none");
    EXPECT_EQ(call_nvrtc(Nvrtc::open()).entry, "nvrtcCompileProgram");
  });
}

TEST(FakeEntryPointsTest, WrongWordsEndTheProcess) {
  for (const char *words :
       {"fail=Malloc:1", "fail=MemAlloc", "memory=1k", "order=up", "nonsense"}) {
    const int status = in_child(words, [] { Driver::open().Init(0); });
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 2) << words;
  }
}

TEST(FakeEntryPointsTest, SymbolsCanBeMissing) {
  const std::string copy = ::testing::TempDir() + "fake-copy-" + std::to_string(::getpid());
  const std::string library = std::string(FAKE_FOLDER) + "/libcuda.so.1";
  for (const char *missing : driver_symbols) {
    ASSERT_TRUE(without_symbol(library, missing, copy)) << missing;
    run_child("", [&] {
      void *const opened = ::dlopen(copy.c_str(), RTLD_NOW);
      ASSERT_TRUE(opened) << ::dlerror();
      for (const char *symbol : driver_symbols)
        EXPECT_EQ(::dlsym(opened, symbol) == nullptr, symbol == missing) << symbol;
    });
  }
  EXPECT_FALSE(without_symbol(library, "cuNothing", copy));
  ::unlink(copy.c_str());
}

TEST(FakeEntryPointsTest, StubRefusesAll) {
  run_child("stub", [] {
    const Driver &driver = Driver::open();
    int number = 0;
    EXPECT_EQ(driver.Init(0), Status::stub_library);
    EXPECT_EQ(driver.DriverGetVersion(&number), Status::stub_library);
    EXPECT_EQ(driver.DeviceGetCount(&number), Status::stub_library);
  });
  run_child("devices=0", [] { EXPECT_EQ(Driver::open().Init(0), Status::no_device); });
  run_child("", [] {
    int number = 0;
    EXPECT_EQ(Driver::open().DeviceGetCount(&number), Status::not_initialized);
    EXPECT_EQ(Driver::open().DriverGetVersion(&number), Status::success);
    EXPECT_EQ(Driver::open().Init(1), Status::invalid_value);
  });
}

} // namespace
} // namespace jit::gpu::fake
