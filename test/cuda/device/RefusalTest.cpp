// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Why there is no GPU, and what becomes of one: each case in a process of its own, which the
// driver of the tests treats as TRACEJIT_FAKE_CUDA says.
#include <tracejit/tracejit.h>

#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace jit {
namespace {

/// What `f` gives in a child of this process, which has not touched the driver. "crashed" if it
/// did.
std::string in_child(const std::string &setting, const std::function<std::string()> &f) {
  int ends[2];
  if (pipe(ends) != 0)
    return "no pipe";
  const pid_t child = fork();
  if (child == 0) {
    setenv("TRACEJIT_FAKE_CUDA", setting.c_str(), 1);
    std::string text;
    try {
      text = f();
    } catch (const Error &error) {
      text = std::string(error.code() == ErrorCode::device          ? "device: "
                         : error.code() == ErrorCode::out_of_memory ? "memory: "
                                                                    : "other: ") +
             error.what();
    }
    const bool written = write(ends[1], text.data(), text.size()) >= 0;
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? text : "crashed";
}

void expect_begin(const std::string &text, const std::string &begin) {
  EXPECT_TRUE(text.starts_with(begin)) << text << "\nexpected: " << begin;
}

std::string first_use() {
  cuda();
  return "opened";
}

TEST(Refusal, WhatIsMissing) {
  const auto why = [](const std::string &setting) { return in_child(setting, cuda_refusal); };
  EXPECT_EQ(why(""), "");
  EXPECT_EQ(why("devices=0"), "there is no NVIDIA GPU, or CUDA_VISIBLE_DEVICES hides it");
  expect_begin(why("stub"), "libcuda.so.1 is the stub library of a CUDA toolkit");
  EXPECT_EQ(why("driver=11080"),
            "the NVIDIA driver serves CUDA 11.8, and 12.0 or later is needed: update the driver");
  expect_begin(why("fail=Init:1:304"), "the NVIDIA driver cannot be used: "
                                       "CUDA_ERROR_OPERATING_SYSTEM; is /dev/nvidia*");
  expect_begin(why("fail=Init:1:803"), "the NVIDIA driver's library and its kernel module");
  EXPECT_EQ(why("fail=Init:1:999"), "the NVIDIA driver does not start: CUDA_ERROR_UNKNOWN");
  EXPECT_EQ(in_child("devices=0", [] { return std::to_string(cuda_device_count()); }), "0");
  EXPECT_EQ(in_child("devices=3", [] { return std::to_string(cuda_device_count()); }), "3");
  EXPECT_EQ(in_child("devices=3", [] { return to_string(cuda(2)); }), "cuda:2");
}

TEST(Refusal, ErrorsAtTheFirstUse) {
  expect_begin(in_child("devices=0", first_use),
               "device: cuda: there is no NVIDIA GPU, or CUDA_VISIBLE_DEVICES hides it (");
  expect_begin(in_child("capability=75", first_use),
               "device: cuda: cuda:0 has compute capability 7.5, and 8.0 or later is needed (");
  EXPECT_EQ(in_child("capability=80", first_use), "opened");
  for (const char *entry :
       {"DeviceGet", "DeviceGetAttribute", "DevicePrimaryCtxRetain", "StreamCreate"})
    expect_begin(in_child("fail=" + std::string(entry) + ":1:999", first_use),
                 "device: cuda: cuda:0 cannot be used: CUDA_ERROR_UNKNOWN (");
  // And the next try may do better.
  EXPECT_EQ(in_child("fail=StreamCreate:1:999",
                     [] {
                       try {
                         cuda();
                       } catch (const Error &) {
                         return to_string(cuda());
                       }
                       return std::string("not refused");
                     }),
            "cuda:0");
}

TEST(Refusal, SwitchedOff) {
  EXPECT_EQ(in_child("",
                     [] {
                       setenv("TRACEJIT", "cuda=off", 1);
                       return cuda_refusal();
                     }),
            "option cuda=off is set");
}

/// A step that moves, computes and reads; the sum of its result.
std::string step() {
  const Tensor x = arange(0, 5000, 1, DType::f32).to(cuda());
  const Tensor y = exp(x * -0.001) + x;
  return std::to_string(sum(y.to({})).item<double>());
}

/// One whose ops are several launches with memory between them.
std::string sorting_step() {
  const Tensor x = arange(0, 3000, 1, DType::f32).to(cuda());
  const Tensor places = argsort(x * -0.5) % 7;
  Tensor counts = zeros({7}).to(cuda());
  counts.at(places) += x;
  counts.at(slice(2, 4)) = concat({counts(slice(5, 6)), counts(slice(0, 1))});
  std::string text;
  for (const float count : counts.to_vector<float>())
    text += std::to_string(count) + " ";
  return text;
}

void expect_right_or_refused(const std::function<std::string()> &step, const std::string &fail,
                             const std::string &expected) {
  const std::string setting = "delay=0,fail=" + fail;
  const std::string got = in_child(setting, [&] {
    try {
      return step();
    } catch (const Error &error) {
      if (error.code() != ErrorCode::device && error.code() != ErrorCode::out_of_memory)
        throw;
    }
    // It failed once: unless the device is lost, the next try is right.
    try {
      return step();
    } catch (const Error &error) {
      const std::string what = error.what();
      return what.find("is lost") != what.npos ? std::string("lost") : what;
    }
  });
  EXPECT_TRUE(got == expected || got == "lost") << setting << ": " << got;
}

TEST(Refusal, EveryCallMayFail) {
  const std::string expected = in_child("delay=0", step);
  for (const char *entry : {"MemAlloc", "MemHostAlloc", "MemcpyHtoDAsync", "MemcpyDtoHAsync",
                            "EventCreate", "EventRecord", "EventQuery", "CtxPushCurrent",
                            "ModuleLoadDataEx", "ModuleGetFunction", "LaunchKernel"})
    for (int n = 1; n <= 6; ++n)
      expect_right_or_refused(step, std::string(entry) + ":" + std::to_string(n), expected);
}

TEST(Refusal, EveryCallOfASortMayFail) {
  const std::string expected = in_child("delay=0", sorting_step);
  expect_begin(expected, "643929.000000 643500.000000 641786.000000 643929.000000 642214");
  for (const char *entry :
       {"MemAlloc", "MemcpyDtoHAsync", "ModuleLoadDataEx", "ModuleGetFunction", "LaunchKernel"})
    for (int n = 1; n <= 24; ++n) {
      constexpr const char *invalid_value = ":1"; // which loses no device
      const std::string fail = std::string(entry) + ":" + std::to_string(n);
      expect_right_or_refused(sorting_step, fail + (n % 2 ? "" : invalid_value), expected);
    }
}

TEST(Refusal, ALostDeviceGivesNoValue) {
  const std::string got = in_child("async=1", [] {
    std::string text;
    const Tensor x = ones({100}).to(cuda());
    const auto note = [&](auto f) {
      try {
        f();
        text += "value\n";
      } catch (const Error &error) {
        text += std::string(error.what()) + "\n";
      }
    };
    Tensor y;
    note([&] {
      y = x * 2.0 + 1.0;
      y.to_vector<float>();
    });
    note([&] { x.to({}); });
    note([&] { zeros({3}).to(cuda()); });
    note([&] { synchronize(); });
    note([&] { ones({3}).to_vector<float>(); }); // the CPU goes on
    return text;
  });
  std::size_t lost = 0;
  for (std::size_t at = 0;
       (at = got.find("cuda:0 is lost: CUDA_ERROR_ILLEGAL_ADDRESS in one of: ", at)) != got.npos;
       ++at)
    ++lost;
  EXPECT_EQ(lost, 4u) << got;
  EXPECT_TRUE(got.ends_with("value\n")) << got;
}

TEST(Refusal, TheChildOfAFork) {
  const std::string got = in_child("", [] {
    const Tensor x = ones({100}).to(cuda());
    const Tensor y = x + 1;
    const pid_t child = fork();
    if (child == 0) {
      bool refused = false;
      try {
        (x + y).to_vector<float>();
      } catch (const Error &error) {
        refused = error.code() == ErrorCode::device &&
                  std::string(error.what())
                          .find("cannot be used in the child of a fork; start a "
                                "new process") != std::string::npos;
      }
      {
        const Tensor gone = std::move(const_cast<Tensor &>(y));
      }
      const bool cpu = sum(ones({10})).item<float>() == 10;
      _exit(refused && cpu ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    return std::string(WIFEXITED(status) && WEXITSTATUS(status) == 0 ? "refused" : "wrong") + " " +
           std::to_string(sum((x + y).to({})).item<float>());
  });
  EXPECT_EQ(got, "refused 300.000000");
}

} // namespace
} // namespace jit
