// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Opening the fake libraries, and what tests do again and again.
#include "test/cuda/fake/Client.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// TSan waits a second at the end of each process.
extern "C" const char *__tsan_default_options() { return "atexit_sleep_ms=0"; }

namespace jit::gpu::fake {
namespace {

/// What hangs ends by a signal, long before anybody else loses patience.
constexpr unsigned child_seconds = 60;

void *open_library(const char *name) {
  void *const library = ::dlopen((std::string(FAKE_FOLDER) + "/" + name).c_str(), RTLD_NOW);
  if (!library) {
    std::fprintf(stderr, "%s\n", ::dlerror());
    std::abort();
  }
  return library;
}

template <class Pointer> void find(void *library, Pointer &pointer, const char *symbol) {
  pointer = reinterpret_cast<Pointer>(::dlsym(library, symbol));
  EXPECT_TRUE(pointer) << symbol;
}

} // namespace

const Driver &Driver::open() {
  static const Driver driver = [] {
    void *const library = open_library("libcuda.so.1");
    Driver made;
#define TRACEJIT_FIND(name, symbol, parameters) find(library, made.name, #symbol);
    TRACEJIT_CUDA_ENTRY_POINTS(TRACEJIT_FIND)
#undef TRACEJIT_FIND
    find(library, made.calls, "tj_fake_calls");
    find(library, made.live, "tj_fake_live");
    find(library, made.protection, "tj_fake_protection");
    return made;
  }();
  return driver;
}

std::string Driver::live_text() const {
  char text[256];
  live(text, sizeof text);
  return text;
}

const Nvrtc &Nvrtc::open() {
  static const Nvrtc nvrtc = [] {
    void *const library = open_library("libnvrtc.so.13");
    Nvrtc made;
#define TRACEJIT_FIND(name, symbol, result, parameters) find(library, made.name, #symbol);
    TRACEJIT_NVRTC_ENTRY_POINTS(TRACEJIT_FIND)
#undef TRACEJIT_FIND
    return made;
  }();
  return nvrtc;
}

int in_child(const std::string &settings, const std::function<void()> &body) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::alarm(child_seconds);
    ::setenv("TRACEJIT_FAKE_CUDA", settings.c_str(), 1);
    body();
    std::exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  return status;
}

void run_child(const std::string &settings, const std::function<void()> &body) {
  EXPECT_EQ(in_child(settings, body), 0) << "with " << settings;
}

Device::Device(int number) : driver(Driver::open()) {
  EXPECT_EQ(driver.Init(0), Status::success);
  EXPECT_EQ(driver.DevicePrimaryCtxRetain(&context, number), Status::success);
  EXPECT_EQ(driver.CtxPushCurrent(context), Status::success);
  stream = new_stream();
}

Stream Device::new_stream() const {
  Stream made = nullptr;
  EXPECT_EQ(driver.StreamCreate(&made, stream_non_blocking), Status::success);
  return made;
}

DeviceAddress Device::allocate(std::size_t bytes) const {
  DeviceAddress address = 0;
  EXPECT_EQ(driver.MemAlloc(&address, bytes), Status::success);
  return address;
}

Status Device::wait(Stream on) const {
  Event event = nullptr;
  Status status = driver.EventCreate(&event, event_disable_timing);
  if (status == Status::success)
    status = driver.EventRecord(event, on);
  return status == Status::success ? driver.EventSynchronize(event) : status;
}

void Device::upload(DeviceAddress to, const void *from, std::size_t bytes) const {
  EXPECT_EQ(driver.MemcpyHtoDAsync(to, from, bytes, stream), Status::success);
  EXPECT_EQ(wait(stream), Status::success);
}

void Device::download(void *to, DeviceAddress from, std::size_t bytes) const {
  EXPECT_EQ(driver.MemcpyDtoHAsync(to, from, bytes, stream), Status::success);
  EXPECT_EQ(wait(stream), Status::success);
}

Status Device::launch(Function function, unsigned grid, unsigned threads, const void *arguments,
                      std::size_t bytes, unsigned shared, Stream on) const {
  void *extra[] = {launch_buffer_pointer, const_cast<void *>(arguments), launch_buffer_size, &bytes,
                   launch_end};
  return driver.LaunchKernel(function, grid, 1, 1, threads, 1, 1, shared, on ? on : stream, nullptr,
                             extra);
}

std::string with_prelude(const std::string &kernels) {
  return "//--- prelude nvrtc\n#error cut this\n//--- kernels\n" + kernels;
}

std::vector<char> cubin_of(const std::string &kernels) {
  using nvrtc::Result;
  const Nvrtc &compiler = Nvrtc::open();
  nvrtc::Program program = nullptr;
  EXPECT_EQ(compiler.CreateProgram(&program, with_prelude(kernels).c_str(), "test.cu", 0, nullptr,
                                   nullptr),
            Result::success);
  const char *const options[] = {"--gpu-architecture=sm_90", "--std=c++17", "--fmad=false"};
  EXPECT_EQ(compiler.CompileProgram(program, 3, options), Result::success);
  std::size_t bytes = 0;
  EXPECT_EQ(compiler.GetCUBINSize(program, &bytes), Result::success);
  std::vector<char> cubin(bytes);
  EXPECT_EQ(compiler.GetCUBIN(program, cubin.data()), Result::success);
  EXPECT_EQ(compiler.DestroyProgram(&program), Result::success);
  return cubin;
}

const char *const test_kernels = R"(
// add_one: form flat, 64 threads, 0 bytes shared, no barriers
struct add_one_args { float *out; const float *in; unsigned n; };
TJ_KERNEL(64) add_one(TJ_ARGS(add_one_args) p) {
  for (unsigned unit = TJ_BLOCK; unit < (p.n + 63) / 64; unit += TJ_BLOCKS) {
    const unsigned i = unit * 64 + TJ_THREAD;
    if (i < p.n) p.out[i] = __fadd_rn(TJ_LDG(p.in + i), 1.0f);
  }
}
// sum: form block, 64 threads, 8 bytes shared, barriers
struct sum_args { float *out; const float *in; unsigned n; };
TJ_KERNEL(64) sum(TJ_ARGS(sum_args) p) {
  float *s = (float *)TJ_SHARED;
  float a = 0.0f;
  for (unsigned i = TJ_THREAD; i < p.n; i += 64) a = __fadd_rn(a, TJ_LDG(p.in + i));
  for (unsigned h = 16; h > 0; h >>= 1) a = __fadd_rn(a, TJ_SHUFFLE_DOWN(a, h, 32));
  if (TJ_THREAD % 32 == 0) s[TJ_THREAD / 32] = a;
  TJ_BARRIER();
  if (TJ_THREAD == 0) *p.out = __fadd_rn(s[0], s[1]);
}
// wide: form flat, 1 threads, 0 bytes shared, no barriers
struct wide_args { unsigned *out; unsigned numbers[1022]; };
TJ_KERNEL(1) wide(TJ_ARGS(wide_args) p) { *p.out = p.numbers[1021]; }
)";

Function function_of(const Device &device, const char *name) {
  static const std::vector<char> cubin = cubin_of(test_kernels);
  Module module = nullptr;
  EXPECT_EQ(device.driver.ModuleLoadDataEx(&module, cubin.data(), 0, nullptr, nullptr),
            Status::success);
  Function function = nullptr;
  EXPECT_EQ(device.driver.ModuleGetFunction(&function, module, name), Status::success);
  return function;
}

} // namespace jit::gpu::fake
