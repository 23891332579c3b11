// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The fake driver as a program uses it: copies, launches, streams, events, graphs, devices.
#include "test/cuda/emu/Sanitizers.h"
#include "test/cuda/fake/Client.h"

#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <memory>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace jit::gpu::fake {
namespace {

std::vector<float> numbers(std::size_t n) {
  std::vector<float> out(n);
  for (std::size_t i = 0; i < n; ++i)
    out[i] = static_cast<float>(i);
  return out;
}

TEST(FakeDriverTest, CopiesGoThereAndBack) {
  run_child("", [] {
    const Device device;
    const std::vector<float> in = numbers(1000);
    std::vector<float> out(1000);
    const DeviceAddress a = device.allocate(4000), b = device.allocate(4000);
    EXPECT_EQ(a % 256, 0u);
    device.upload(a, in.data(), 4000);
    EXPECT_EQ(
        device.driver.MemcpyPeerAsync(b, device.context, a, device.context, 4000, device.stream),
        Status::success);
    device.download(out.data(), b, 4000);
    EXPECT_EQ(in, out);
    std::size_t free = 0, total = 0;
    EXPECT_EQ(device.driver.MemGetInfo(&free, &total), Status::success);
    EXPECT_EQ(total - free, 8000u);
    EXPECT_EQ(device.driver.MemFree(a), Status::success);
    EXPECT_EQ(device.driver.MemFree(a), Status::invalid_value);
    EXPECT_EQ(device.driver.MemFree(b + 4), Status::invalid_value);
  });
}

TEST(FakeDriverTest, NewMemoryIsPoisoned) {
  run_child("", [] {
    const Device device;
    float value = 0;
    device.download(&value, device.allocate(4), 4);
    EXPECT_TRUE(value != value);
  });
}

TEST(FakeDriverTest, LaunchesComputeInEveryOrder) {
  for (const char *order : {"order=ascending", "order=descending", "order=shuffled:3", ""})
    run_child(order, [] {
      const Device device;
      const unsigned n = 1000;
      const std::vector<float> in = numbers(n);
      std::vector<float> out(n);
      const DeviceAddress a = device.allocate(4 * n), b = device.allocate(4 * n);
      device.upload(a, in.data(), 4 * n);
      const AddOne p = {b, a, n};
      EXPECT_EQ(device.launch(function_of(device, "add_one"), 3, 64, &p, sizeof p),
                Status::success);
      device.download(out.data(), b, 4 * n);
      for (unsigned i = 0; i < n; ++i)
        ASSERT_EQ(out[i], in[i] + 1);
      EXPECT_EQ(device.launch(function_of(device, "sum"), 1, 64, &p, sizeof p, 8), Status::success);
      device.download(out.data(), b, 4);
      EXPECT_EQ(out[0], 999.0f * 1000 / 2);
    });
}

TEST(FakeDriverTest, ArgumentsMayBePointers) {
  run_child("", [] {
    const Device device;
    struct {
      DeviceAddress out;
      unsigned numbers[1022];
    } p = {device.allocate(4), {}};
    static_assert(sizeof p == 4096);
    p.numbers[1021] = 77;
    void *pointers[] = {&p};
    EXPECT_EQ(device.driver.LaunchKernel(function_of(device, "wide"), 1, 1, 1, 1, 1, 1, 0,
                                         device.stream, pointers, nullptr),
              Status::success);
    p.numbers[1021] = 0; // was copied
    unsigned out = 0;
    device.download(&out, p.out, 4);
    EXPECT_EQ(out, 77u);
  });
}

/// Two launches on two streams, the second one on the result of the first: how often of 20 times
/// the result was wrong.
unsigned wrong_results(bool waits) {
  const Device device;
  const Stream other = device.new_stream();
  const Function add_one = function_of(device, "add_one");
  const float zero = 0;
  unsigned wrong = 0;
  for (int run = 0; run < 20; ++run) {
    const DeviceAddress a = device.allocate(4), b = device.allocate(4), c = device.allocate(4);
    device.upload(a, &zero, 4);
    const AddOne first = {b, a, 1}, second = {c, b, 1};
    EXPECT_EQ(device.launch(add_one, 1, 64, &first, sizeof first), Status::success);
    if (waits) {
      Event event = nullptr;
      EXPECT_EQ(device.driver.EventCreate(&event, 0), Status::success);
      EXPECT_EQ(device.driver.EventRecord(event, device.stream), Status::success);
      EXPECT_EQ(device.driver.StreamWaitEvent(other, event, 0), Status::success);
    }
    EXPECT_EQ(device.launch(add_one, 1, 64, &second, sizeof second, 0, other), Status::success);
    EXPECT_EQ(device.wait(other), Status::success);
    float out = 0;
    device.download(&out, c, 4);
    wrong += out != 2.0f;
  }
  return wrong;
}

TEST(FakeDriverTest, MissingWaitIsAWrongValue) {
  run_child("delay=2000", [] { EXPECT_EQ(wrong_results(true), 0u); });
#ifdef TRACEJIT_EMU_TSAN
  EXPECT_NE(in_child("delay=2000", [] { wrong_results(false); }), 0); // by a report
#else
  run_child("delay=2000", [] { EXPECT_GT(wrong_results(false), 0u); });
#endif
}

TEST(FakeDriverTest, ReadingWithoutAWaitIsAWrongValue) {
  run_child("delay=200000", [] {
    const Device device;
    void *pinned = nullptr;
    EXPECT_EQ(device.driver.MemHostAlloc(&pinned, 4, host_portable), Status::success);
    const int number = 5;
    const DeviceAddress a = device.allocate(4);
    device.upload(a, &number, 4);
    EXPECT_EQ(device.driver.MemcpyDtoHAsync(pinned, a, 4, device.stream), Status::success);
    int before = 0;
    std::memcpy(&before, pinned, 4);
    EXPECT_NE(before, 5);
    EXPECT_EQ(device.wait(device.stream), Status::success);
    std::memcpy(&before, pinned, 4);
    EXPECT_EQ(before, 5);
    EXPECT_EQ(device.driver.MemFreeHost(pinned), Status::success);
    EXPECT_EQ(device.driver.MemFreeHost(pinned), Status::invalid_value);
  });
}

TEST(FakeDriverTest, EventsSayWhatHasPassed) {
  run_child("delay=200000", [] {
    const Device device;
    const Driver &driver = device.driver;
    Event start = nullptr, end = nullptr, untimed = nullptr;
    float ms = -1;
    EXPECT_EQ(driver.EventCreate(&start, 0), Status::success);
    EXPECT_EQ(driver.EventCreate(&end, 0), Status::success);
    EXPECT_EQ(driver.EventCreate(&untimed, event_disable_timing), Status::success);
    EXPECT_EQ(driver.EventQuery(start), Status::success);
    EXPECT_EQ(driver.EventElapsedTime(&ms, start, end), Status::invalid_handle);
    for (Event const event : {start, end, untimed})
      EXPECT_EQ(driver.EventRecord(event, device.stream), Status::success);
    EXPECT_EQ(driver.EventQuery(end), Status::not_ready);
    EXPECT_EQ(driver.EventElapsedTime(&ms, start, end), Status::not_ready);
    EXPECT_EQ(driver.EventSynchronize(untimed), Status::success);
    EXPECT_EQ(driver.EventQuery(end), Status::success);
    EXPECT_EQ(driver.EventElapsedTime(&ms, start, end), Status::success);
    EXPECT_GE(ms, 0.0f);
    EXPECT_LT(ms, 1000.0f);
    EXPECT_EQ(driver.EventElapsedTime(&ms, start, untimed), Status::invalid_handle);
  });
}

TEST(FakeDriverTest, ThreadsHaveContextsOfTheirOwn) {
  run_child("devices=2", [] {
    const Device device;
    const Driver &driver = device.driver;
    DeviceAddress address = 0;
    std::thread([&] {
      EXPECT_EQ(driver.MemAlloc(&address, 4), Status::invalid_context);
      EXPECT_EQ(driver.EventRecord(nullptr, device.stream), Status::invalid_context);
      EXPECT_EQ(driver.CtxPopCurrent(nullptr), Status::invalid_context);
      EXPECT_EQ(driver.CtxPushCurrent(device.context), Status::success);
      EXPECT_EQ(driver.MemAlloc(&address, 4), Status::success);
    }).join();
    const Device second(1);
    EXPECT_NE(second.context, device.context);
    EXPECT_EQ(second.wait(device.stream), Status::invalid_handle);
    EXPECT_EQ(driver.MemcpyHtoDAsync(second.allocate(4), &address, 4, device.stream),
              Status::invalid_handle);
    Context popped = nullptr;
    EXPECT_EQ(driver.CtxPopCurrent(&popped), Status::success);
    EXPECT_EQ(popped, second.context);
    EXPECT_EQ(device.wait(device.stream), Status::success);
    EXPECT_EQ(driver.CtxPushCurrent(nullptr), Status::invalid_context);
  });
}

TEST(FakeDriverTest, DevicesAreDescribed) {
  run_child("devices=2,capability=86,memory=1000000,multiprocessors=3,driver=12080", [] {
    const Device device(1);
    const Driver &driver = device.driver;
    int count = 0, version = 0, value = 0;
    EXPECT_EQ(driver.DeviceGetCount(&count), Status::success);
    EXPECT_EQ(count, 2);
    EXPECT_EQ(driver.DriverGetVersion(&version), Status::success);
    EXPECT_EQ(version, 12080);
    Ordinal number = -1;
    EXPECT_EQ(driver.DeviceGet(&number, 1), Status::success);
    EXPECT_EQ(number, 1);
    EXPECT_EQ(driver.DeviceGet(&number, 2), Status::invalid_device);
    char name[100];
    EXPECT_EQ(driver.DeviceGetName(name, sizeof name, 1), Status::success);
    EXPECT_STREQ(name, "Fake device 1 of capability 8.6");
    const std::pair<DeviceAttribute, int> attributes[] = {
        {DeviceAttribute::capability_major, 8},
        {DeviceAttribute::capability_minor, 6},
        {DeviceAttribute::multiprocessors, 3},
        {DeviceAttribute::warp_size, 32},
        {DeviceAttribute::max_shared_bytes_per_block, 99 << 10}};
    for (const auto &[attribute, wanted] : attributes) {
      EXPECT_EQ(driver.DeviceGetAttribute(&value, attribute, 0), Status::success);
      EXPECT_EQ(value, wanted);
    }
    EXPECT_EQ(driver.DeviceGetAttribute(&value, static_cast<DeviceAttribute>(9999), 0),
              Status::invalid_value);
    EXPECT_EQ(driver.DeviceGetAttribute(&value, DeviceAttribute::warp_size, 2),
              Status::invalid_device);
    const char *text = nullptr;
    EXPECT_EQ(driver.GetErrorName(Status::illegal_address, &text), Status::success);
    EXPECT_STREQ(text, "CUDA_ERROR_ILLEGAL_ADDRESS");
    EXPECT_EQ(driver.GetErrorName(static_cast<Status>(12345), &text), Status::invalid_value);
    DeviceAddress address = 0;
    EXPECT_EQ(driver.MemAlloc(&address, 1000001), Status::out_of_memory);
    EXPECT_EQ(driver.MemAlloc(&address, 1000000), Status::success);
    EXPECT_EQ(driver.MemAlloc(&address, 1), Status::out_of_memory);
  });
}

/// The graph add_one; add_one; ... of `count` nodes in a chain, over one value.
struct Chain {
  Chain(const Device &device, Function function, const AddOne &p, unsigned count)
      : device(device), function(function) {
    EXPECT_EQ(device.driver.GraphCreate(&graph, 0), Status::success);
    for (unsigned i = 0; i < count; ++i) {
      AddOne copy = p;
      std::size_t bytes = sizeof copy;
      void *extra[] = {launch_buffer_pointer, &copy, launch_buffer_size, &bytes, launch_end};
      const KernelNodeParams params = {function, 1, 1, 1, 64, 1, 1, 0, nullptr, extra};
      GraphNode node = nullptr;
      EXPECT_EQ(device.driver.GraphAddKernelNode(
                    &node, graph, nodes.empty() ? nullptr : &nodes.back(), !nodes.empty(), &params),
                Status::success);
      nodes.push_back(node);
    }
    EXPECT_EQ(device.driver.GraphInstantiate(&exec, graph, 0), Status::success);
  }

  void set(unsigned i, const AddOne &p) {
    std::size_t bytes = sizeof p;
    void *extra[] = {launch_buffer_pointer, const_cast<AddOne *>(&p), launch_buffer_size, &bytes,
                     launch_end};
    const KernelNodeParams params = {function, 1, 1, 1, 64, 1, 1, 0, nullptr, extra};
    EXPECT_EQ(device.driver.GraphExecKernelNodeSetParams(exec, nodes[i], &params), Status::success);
  }

  const Device &device;
  Function function;
  Graph graph = nullptr;
  GraphExec exec = nullptr;
  std::vector<GraphNode> nodes;
};

TEST(FakeDriverTest, GraphsDoWhatLaunchesDo) {
  run_child("", [] {
    const Device device;
    const Driver &driver = device.driver;
    const Function add_one = function_of(device, "add_one");
    const DeviceAddress a = device.allocate(4), b = device.allocate(4);
    const float zero = 0;
    float out = 0;
    Chain chain(device, add_one, {a, a, 1}, 5);
    device.upload(a, &zero, 4);
    EXPECT_EQ(driver.GraphLaunch(chain.exec, device.stream), Status::success);
    EXPECT_EQ(driver.GraphLaunch(chain.exec, device.stream), Status::success);
    device.download(&out, a, 4);
    EXPECT_EQ(out, 10.0f);
    // The last node now stores elsewhere; the graph it came from may be gone.
    chain.set(4, {b, a, 1});
    EXPECT_EQ(driver.GraphDestroy(chain.graph), Status::success);
    EXPECT_EQ(driver.GraphDestroy(chain.graph), Status::invalid_handle);
    for (int run = 0; run < 10; ++run) { // in a chain nothing else may happen
      device.upload(a, &zero, 4);
      EXPECT_EQ(driver.GraphLaunch(chain.exec, device.stream), Status::success);
      device.download(&out, a, 4);
      EXPECT_EQ(out, 4.0f);
      device.download(&out, b, 4);
      EXPECT_EQ(out, 5.0f);
    }
    EXPECT_EQ(driver.GraphExecDestroy(chain.exec), Status::success);
    EXPECT_EQ(driver.GraphLaunch(chain.exec, device.stream), Status::invalid_handle);
  });
}

std::string read_log(const std::string &path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(FakeDriverTest, LogHasLaunchesAndWhatIsAlive) {
  const std::string path = ::testing::TempDir() + "fake-log-" + std::to_string(::getpid());
  run_child("log=" + path, [] {
    const Device device;
    const DeviceAddress a = device.allocate(400);
    device.driver.MemFree(device.allocate(100));
    const AddOne p = {a, a, 100};
    EXPECT_EQ(device.launch(function_of(device, "add_one"), 2, 64, &p, sizeof p), Status::success);
    EXPECT_EQ(device.wait(device.stream), Status::success);
    EXPECT_EQ(device.driver.calls("MemAlloc"), 2u);
    EXPECT_EQ(
        device.driver.live_text(),
        "live allocations=1 bytes=400 pinned=0 streams=1 events=1 modules=1 graphs=0 execs=0");
  });
  const std::string log = read_log(path);
  EXPECT_NE(log.find("\nlaunch add_one grid=2 threads=64 shared=0 bytes=24 stream=1\n"), log.npos)
      << log;
  EXPECT_NE(log.find("alloc 400\nalloc 100\nfree 100\n"), log.npos) << log;
  EXPECT_NE(log.find("\ncalls Init=1 "), log.npos) << log;
  EXPECT_TRUE(log.ends_with("\nlive allocations=1 bytes=400 pinned=0 streams=1 events=1 modules=1 "
                            "graphs=0 execs=0\n"))
      << log;
  ::unlink(path.c_str());
}

} // namespace
} // namespace jit::gpu::fake
