// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What the fake driver refuses, and what it shows of mistakes.
#include "test/cuda/emu/Sanitizers.h"
#include "test/cuda/fake/Client.h"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace jit::gpu::fake {
namespace {

TEST(FakeFaultsTest, LimitsAreRefused) {
  run_child("registers=70,local=8", [] {
    const Device device;
    const Driver &driver = device.driver;
    const Function add_one = function_of(device, "add_one"), wide = function_of(device, "wide");
    AddOne p = {device.allocate(4), 0, 0};
    void *arguments[] = {&p};
    const auto launch = [&](unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by,
                            unsigned bz, unsigned shared) {
      return driver.LaunchKernel(add_one, gx, gy, gz, bx, by, bz, shared, device.stream, arguments,
                                 nullptr);
    };
    EXPECT_EQ(launch(1, 1, 1, 64, 1, 1, 48 << 10), Status::success);
    for (const std::array<unsigned, 6> sizes :
         std::initializer_list<std::array<unsigned, 6>>{{0, 1, 1, 64, 1, 1},
                                                        {1, 0, 1, 64, 1, 1},
                                                        {1, 1, 0, 64, 1, 1},
                                                        {1, 1, 1, 0, 1, 1},
                                                        {1, 1, 1, 64, 0, 1},
                                                        {1, 1, 1, 64, 1, 0},
                                                        {0x80000000u, 1, 1, 64, 1, 1},
                                                        {1, 2, 1, 64, 1, 1},
                                                        {1, 1, 2, 64, 1, 1},
                                                        {1, 1, 1, 32, 2, 1},
                                                        {1, 1, 1, 32, 1, 2},
                                                        {1, 1, 1, 1025, 1, 1}})
      EXPECT_EQ(launch(sizes[0], sizes[1], sizes[2], sizes[3], sizes[4], sizes[5], 0),
                Status::invalid_value)
          << ::testing::PrintToString(sizes);
    EXPECT_EQ(launch(1, 1, 1, 65, 1, 1, 0), Status::launch_out_of_resources);

    int value = 0;
    const auto shared = FunctionAttribute::max_dynamic_shared_bytes;
    EXPECT_EQ(launch(1, 1, 1, 64, 1, 1, (48 << 10) + 1), Status::invalid_value);
    EXPECT_EQ(driver.FuncSetAttribute(add_one, shared, (227 << 10) + 1), Status::invalid_value);
    EXPECT_EQ(driver.FuncSetAttribute(add_one, shared, 227 << 10), Status::success);
    EXPECT_EQ(driver.FuncGetAttribute(&value, shared, add_one), Status::success);
    EXPECT_EQ(value, 227 << 10);
    EXPECT_EQ(launch(1, 1, 1, 64, 1, 1, 227 << 10), Status::success);
    EXPECT_EQ(launch(1, 1, 1, 64, 1, 1, (227 << 10) + 1), Status::invalid_value);
    EXPECT_EQ(driver.FuncGetAttribute(&value, FunctionAttribute::max_threads_per_block, wide),
              Status::success);
    EXPECT_EQ(value, 1);

    EXPECT_EQ(driver.FuncGetAttribute(&value, FunctionAttribute::registers, wide), Status::success);
    EXPECT_EQ(value, 70);
    EXPECT_EQ(driver.FuncGetAttribute(&value, FunctionAttribute::local_bytes, wide),
              Status::success);
    EXPECT_EQ(value, 8);

    std::vector<char> many(4104);
    EXPECT_EQ(device.launch(wide, 1, 1, many.data(), 4104), Status::invalid_value);
    EXPECT_EQ(device.launch(wide, 1, 1, many.data(), 4088), Status::invalid_value);
    EXPECT_EQ(driver.LaunchKernel(wide, 1, 1, 1, 1, 1, 1, 0, device.stream, nullptr, nullptr),
              Status::invalid_value);
    EXPECT_EQ(driver.LaunchKernel(nullptr, 1, 1, 1, 1, 1, 1, 0, device.stream, arguments, nullptr),
              Status::invalid_handle);
    EXPECT_EQ(device.wait(device.stream), Status::success);
  });
}

TEST(FakeFaultsTest, CopiesStayInAllocations) {
  run_child("", [] {
    const Device device;
    const Driver &driver = device.driver;
    char host[16] = {};
    const DeviceAddress a = device.allocate(8);
    const auto device_as_host = reinterpret_cast<char *>(a);
    EXPECT_EQ(driver.MemcpyHtoDAsync(a, host, 9, device.stream), Status::invalid_value);
    EXPECT_EQ(driver.MemcpyHtoDAsync(a + 4, host, 5, device.stream), Status::invalid_value);
    EXPECT_EQ(driver.MemcpyDtoHAsync(host, a - 1, 1, device.stream), Status::invalid_value);
    EXPECT_EQ(driver.MemcpyHtoDAsync(a, device_as_host, 8, device.stream), Status::invalid_value);
    EXPECT_EQ(driver.MemcpyDtoHAsync(device_as_host, a, 8, device.stream), Status::invalid_value);
    EXPECT_EQ(driver.MemcpyHtoDAsync(a, host, 8, reinterpret_cast<Stream>(host)),
              Status::invalid_handle);
    EXPECT_EQ(driver.MemcpyHtoDAsync(a + 4, host, 4, device.stream), Status::success);
    EXPECT_EQ(driver.MemcpyHtoDAsync(a + 8, host, 0, device.stream), Status::success);
    EXPECT_EQ(device.wait(device.stream), Status::success);
  });
}

/// Whether a child ended by an access it may not make, or by a sanitizer's report of one.
bool faulted(int status) {
  return WIFSIGNALED(status) ? WTERMSIG(status) == SIGSEGV || WTERMSIG(status) == SIGABRT
                             : emu::with_sanitizer && WEXITSTATUS(status) != 0;
}

TEST(FakeFaultsTest, HostCodeCannotTouchDeviceMemory) {
  std::vector<std::string> modes = {"protect=window", ""};
  if (in_child("protect=key", [] { EXPECT_EQ(Driver::open().Init(0), Status::success); }) == 0)
    modes.push_back("protect=key");
  else
    std::puts("no protection keys here");
  const auto touch = [](bool write) {
    const Device device;
    const DeviceAddress a = device.allocate(4), b = device.allocate(4);
    const int number = 3;
    device.upload(a, &number, 4);
    volatile int *const pointer = reinterpret_cast<int *>(write ? b : a);
    if (write)
      *pointer = 4;
    std::exit(*pointer == number ? 0 : 7);
  };
  for (const std::string &mode : modes)
    for (const bool write : {false, true})
      EXPECT_TRUE(faulted(in_child(mode, [&] { touch(write); }))) << mode;
  EXPECT_EQ(in_child("protect=none", [&] { touch(false); }), 0);
}

TEST(FakeFaultsTest, UseAfterFreeIsSeen) {
  if (emu::with_sanitizer)
    GTEST_SKIP() << "ends the process";
  run_child("", [] {
    const Device device;
    const Function add_one = function_of(device, "add_one");
    const DeviceAddress a = device.allocate(4), b = device.allocate(4);
    const AddOne p = {b, a, 1};
    EXPECT_EQ(device.launch(add_one, 1, 64, &p, sizeof p), Status::success);
    EXPECT_EQ(device.driver.MemFree(a), Status::success); // after the launch
    EXPECT_EQ(device.wait(device.stream), Status::success);
    EXPECT_EQ(device.launch(add_one, 1, 64, &p, sizeof p), Status::success);
    EXPECT_EQ(device.wait(device.stream), Status::illegal_address);
  });
}

TEST(FakeFaultsTest, AccessBeyondAnAllocationIsSeen) {
  if (emu::with_sanitizer)
    GTEST_SKIP() << "ends the process";
  for (const unsigned more : {0u, 1u})
    run_child("", [&] {
      const Device device;
      const unsigned n = 2560; // floats in 10 times 256 bytes times 4
      const DeviceAddress a = device.allocate(4 * n);
      const AddOne p = {a, a, n + more};
      EXPECT_EQ(device.launch(function_of(device, "add_one"), 5, 64, &p, sizeof p),
                Status::success);
      EXPECT_EQ(device.wait(device.stream), more ? Status::illegal_address : Status::success);
    });
}

TEST(FakeFaultsTest, AsynchronousErrorsStay) {
  run_child("async=2", [] {
    const Device device;
    const Driver &driver = device.driver;
    const Function add_one = function_of(device, "add_one");
    const DeviceAddress a = device.allocate(4), b = device.allocate(4);
    const float zero = 0;
    device.upload(a, &zero, 4);
    const AddOne p = {a, a, 1}, q = {b, a, 1};
    EXPECT_EQ(device.launch(add_one, 1, 64, &p, sizeof p), Status::success);
    EXPECT_EQ(device.wait(device.stream), Status::success);
    Event before = nullptr;
    EXPECT_EQ(driver.EventCreate(&before, 0), Status::success);
    EXPECT_EQ(device.launch(add_one, 1, 64, &q, sizeof q), Status::success);
    EXPECT_EQ(device.wait(device.stream), Status::illegal_address);
    DeviceAddress c = 0;
    EXPECT_EQ(driver.MemAlloc(&c, 4), Status::illegal_address);
    EXPECT_EQ(driver.EventQuery(before), Status::illegal_address);
    EXPECT_EQ(driver.MemFree(a), Status::illegal_address);
    EXPECT_EQ(device.launch(add_one, 1, 64, &p, sizeof p), Status::illegal_address);
    EXPECT_EQ(driver.CtxPopCurrent(nullptr), Status::success);
  });
  run_child("async=1:719,devices=2", [] {
    const Device first;
    const AddOne p = {first.allocate(4), 0, 0};
    EXPECT_EQ(first.launch(function_of(first, "add_one"), 1, 64, &p, sizeof p), Status::success);
    EXPECT_EQ(first.wait(first.stream), Status::launch_failed);
    const Device second(1); // another context
    EXPECT_EQ(second.wait(second.stream), Status::success);
  });
}

/// The status of the wait after a launch of `kernel`, whose parameter is `void *p`.
Status status_of(const char *waits, const char *body, unsigned threads = 64) {
  const Device device;
  const std::vector<char> cubin = cubin_of(
      std::string("// k: form x, 64 threads, 0 bytes shared, ") + waits +
      "\nstruct k_args { char *p; };\nTJ_KERNEL(64) k(TJ_ARGS(k_args) p) {" + body + "}\n");
  Module module = nullptr;
  Function function = nullptr;
  EXPECT_EQ(device.driver.ModuleLoadDataEx(&module, cubin.data(), 0, nullptr, nullptr),
            Status::success);
  EXPECT_EQ(device.driver.ModuleGetFunction(&function, module, "j"), Status::not_found);
  EXPECT_EQ(device.driver.ModuleGetFunction(&function, module, "k"), Status::success);
  const DeviceAddress p = device.allocate(64);
  EXPECT_EQ(device.launch(function, 1, threads, &p, sizeof p), Status::success);
  return device.wait(device.stream);
}

TEST(FakeFaultsTest, ErrorsOfKernelsLoseTheContext) {
  run_child("", [] {
    EXPECT_EQ(status_of("barriers", "if (TJ_THREAD < 5) TJ_BARRIER();"), Status::launch_failed);
  });
  run_child("", [] {
    EXPECT_EQ(status_of("barriers", "TJ_SHUFFLE(1, 0, 32);", 33), Status::launch_failed);
  });
  run_child("", [] {
    EXPECT_EQ(status_of("no barriers", "TJ_LOAD16(tj_f32x4, p.p + 4);"),
              Status::misaligned_address);
  });
  if (!emu::with_sanitizer)
    run_child("", [] {
      EXPECT_EQ(status_of("no barriers", "*(p.p + 64 + 4096) = 1;"), Status::illegal_address);
    });
  run_child("", [] { EXPECT_EQ(status_of("barriers", "TJ_BARRIER();"), Status::success); });
}

TEST(FakeFaultsTest, ModuleUnloadedTooEarlyIsSeen) {
  for (const bool waits : {true, false})
    run_child("delay=5000", [&] {
      const Device device;
      Module module = nullptr;
      Function function = nullptr;
      const std::vector<char> cubin = cubin_of(test_kernels);
      EXPECT_EQ(device.driver.ModuleLoadDataEx(&module, cubin.data(), 0, nullptr, nullptr),
                Status::success);
      EXPECT_EQ(device.driver.ModuleGetFunction(&function, module, "add_one"), Status::success);
      const AddOne p = {device.allocate(4), 0, 0};
      EXPECT_EQ(device.launch(function, 1, 64, &p, sizeof p), Status::success);
      if (waits) {
        EXPECT_EQ(device.wait(device.stream), Status::success);
      }
      EXPECT_EQ(device.driver.ModuleUnload(module), Status::success);
      EXPECT_EQ(device.wait(device.stream), waits ? Status::success : Status::illegal_address);
      if (waits) {
        EXPECT_EQ(device.driver.ModuleUnload(module), Status::invalid_handle);
        EXPECT_EQ(device.launch(function, 1, 64, &p, sizeof p), Status::invalid_handle);
      }
    });
}

TEST(FakeFaultsTest, HugeMemoryCostsWhatIsTouched) {
  run_child("sparse,edges=1", [] {
    const Device device;
    const std::uint64_t bytes = std::uint64_t{100} << 30;
    const DeviceAddress a = device.allocate(bytes);
    const float five = 5;
    float out = 0;
    device.upload(a + bytes - 8, &five, 4);
    const AddOne p = {a + bytes - 4, a + bytes - 8, 1};
    EXPECT_EQ(device.launch(function_of(device, "add_one"), 0x7fffffff, 64, &p, sizeof p),
              Status::success);
    device.download(&out, a + bytes - 4, 4);
    EXPECT_EQ(out, 6.0f);
    std::ifstream statm("/proc/self/statm");
    std::uint64_t size = 0, resident = 0;
    statm >> size >> resident;
    EXPECT_LT(resident * 4096, std::uint64_t{2} << 30);
  });
}

TEST(FakeFaultsTest, ChildrenOfForkAreRefused) {
  run_child("", [] {
    const Device device;
    const pid_t child = ::fork();
    if (child == 0) {
      int count = 0;
      ::_exit(device.driver.DeviceGetCount(&count) == Status::not_initialized ? 0 : 1);
    }
    int status = -1;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(device.wait(device.stream), Status::success);
  });
}

const Driver *at_exit_driver = nullptr;

TEST(FakeFaultsTest, CallsAfterMainAreRefused) {
  const auto body = [] {
    // Registered before the library is opened: runs after the library has ended.
    std::atexit([] {
      int count = 0;
      if (at_exit_driver->DeviceGetCount(&count) != Status::deinitialized)
        ::_exit(9);
    });
    const Device device;
    at_exit_driver = &device.driver;
  };
  run_child("", body);
}

} // namespace
} // namespace jit::gpu::fake
