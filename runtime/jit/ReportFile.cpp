// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/ReportFile.h"

#include "runtime/base/Files.h"
#include "runtime/base/Log.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/jit/Snapshot.h"

#include <cstdlib>
#include <filesystem>
#include <new>
#include <unistd.h>

namespace jit {
namespace {

struct Wish {
  std::filesystem::path file;
  pid_t process;
};
const Wish *wish = nullptr; // never freed: handlers run beside other threads

void write_now() {
  const Report report = take_snapshot(Locks::skip);
  const std::string text =
      wish->file.native().ends_with(".json") ? to_json(report) : to_text(report);
  const std::span<const std::byte> bytes = std::as_bytes(std::span(text));
  if (const auto message = write_file(wish->file, {&bytes, 1}))
    log_line(LogComponent::runtime, LogLevel::error, "no report was written: " + *message);
}

void at_exit() noexcept {
  if (getpid() == wish->process && !if_memory(write_now))
    log_line(LogComponent::runtime, LogLevel::error, "no report was written: out of memory");
}

} // namespace

void write_report_at_exit(const std::string &file) {
  if (wish)
    return;
  std::error_code none; // then it stays as it is
  std::filesystem::path path = std::filesystem::absolute(file, none);
  wish = new Wish{none ? std::filesystem::path(file) : std::move(path), getpid()};
  if (std::atexit([] { at_exit(); }) != 0)
    throw std::bad_alloc();
}

} // namespace jit
