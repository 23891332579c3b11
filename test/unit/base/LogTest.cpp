// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Log levels, lines, sinks, threads.
#include "runtime/base/Log.h"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

using namespace jit;

namespace {

struct Capture {
  std::mutex guard;
  std::vector<std::string> lines;
  LogSink sink{[](void *self, std::string_view line) noexcept {
                 auto &capture = *static_cast<Capture *>(self);
                 const std::lock_guard lock(capture.guard);
                 capture.lines.emplace_back(line);
               },
               this};

  Capture() { set_log_sink(&sink); }
  ~Capture() {
    set_log_sink(nullptr);
    EXPECT_EQ(set_log_levels("error"), std::nullopt);
  }
};

} // namespace

TEST(Log, LevelsDecide) {
  Capture capture;
  ASSERT_EQ(set_log_levels("off,trace=info"), std::nullopt);
  log_line(LogComponent::trace, LogLevel::error, "a");
  log_line(LogComponent::trace, LogLevel::info, "b");
  log_line(LogComponent::trace, LogLevel::debug, "c");
  log_line(LogComponent::compile, LogLevel::error, "d");
  EXPECT_EQ(capture.lines,
            (std::vector<std::string>{"tracejit trace error: a\n", "tracejit trace info: b\n"}));
  EXPECT_FALSE(log_enabled(LogComponent::trace, LogLevel::off));
}

TEST(Log, OneLineOfBoundedLengthPerEvent) {
  Capture capture;
  log_line(LogComponent::memory, LogLevel::error, "two\nlines\n");
  log_line(LogComponent::runtime, LogLevel::error, std::string(10000, 'x'));
  log_line(LogComponent::runtime, LogLevel::error, "");
  ASSERT_EQ(capture.lines.size(), 3u);
  EXPECT_EQ(capture.lines[0], "tracejit memory error: two lines \n");
  EXPECT_EQ(capture.lines[1].size(), 4096u);
  EXPECT_EQ(capture.lines[1].find('\n'), 4095u);
  EXPECT_EQ(capture.lines[2], "tracejit runtime error: \n");
}

TEST(Log, BadLevelsAreNamedAndChangeNothing) {
  Capture capture;
  ASSERT_EQ(set_log_levels("compile=debug"), std::nullopt);
  for (const char *text : {"loud", "trace=", "trace=loud", "foo=info", ",", "info,", "info,,info",
                           "=info", "info=trace"}) {
    const std::optional<std::string> error = set_log_levels(text);
    ASSERT_TRUE(error.has_value()) << text;
    EXPECT_NE(error->find("TRACEJIT_LOG"), error->npos);
  }
  EXPECT_NE(set_log_levels("off,foo=info")->find("'foo=info'"), std::string::npos);
  EXPECT_TRUE(log_enabled(LogComponent::compile, LogLevel::debug));
  EXPECT_TRUE(log_enabled(LogComponent::trace, LogLevel::error));
}

TEST(Log, ThreadsWriteWholeLines) {
  Capture capture;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([] {
      for (int i = 0; i < 100; ++i)
        log_line(LogComponent::trace, LogLevel::error, "event");
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(capture.lines, std::vector<std::string>(400, "tracejit trace error: event\n"));
}

TEST(Log, StandardErrorIsTheDefault) {
  testing::internal::CaptureStderr();
  log_line(LogComponent::trace, LogLevel::error, "hello");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "tracejit trace error: hello\n");
}
