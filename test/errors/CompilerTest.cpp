// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiler libraries that are missing, no compiler, or of another version: the program runs eagerly
// and is told once.
#include "runtime/base/Log.h"
#include "runtime/base/Options.h"
#include "runtime/base/Version.h"
#include "test/errors/Expect.h"

#include <tracejit/compiler.h>

namespace jit {
namespace {

/// What enable_compiler() writes to the log for a library.
std::vector<std::string> said_about(const std::string &library) {
  std::vector<std::string> lines;
  LogSink sink{[](void *to, std::string_view line) noexcept {
                 static_cast<std::vector<std::string> *>(to)->emplace_back(line);
               },
               &lines};
  set_log_sink(&sink);
  mutable_options().compiler = library;
  EXPECT_FALSE(enable_compiler());
  set_log_sink(nullptr);
  return lines;
}

/// A traced function still gives its values, run often enough to be compiled.
void expect_runs_eagerly() {
  set_mode(Mode::on);
  const Tensor x = Tensor::copy_of<float>({1, 2, 3}, {3});
  auto doubled = trace([&] { return sum(x * 2).item<float>(); }, {.name = "doubled"});
  for (int run = 0; run < 5; ++run)
    EXPECT_EQ(doubled(), 12);
  set_mode(Mode::off);
}

std::string other_version(const std::string &library, const std::string &version) {
  return "tracejit runtime error: the compiler is missing, everything runs eagerly: " + library +
         " is of version " + version + ", but libtracejit of version " + library_version +
         ": use the one that came with it\n";
}

TEST(CompilerErrors, Missing) {
  const std::vector<std::string> lines = said_about("/none/libtracejit-compiler.so");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].find("tracejit runtime error: the compiler is missing, everything runs "
                          "eagerly: the compiler library cannot be opened: /none/"),
            0u);
  expect_runs_eagerly();
  EXPECT_TRUE(said_about("/none/libtracejit-compiler.so").empty()); // said once
}

TEST(CompilerErrors, OtherLibrary) {
  EXPECT_EQ(said_about("libc.so.6"),
            std::vector<std::string>{
                "tracejit runtime error: the compiler is missing, everything runs eagerly: "
                "libc.so.6 is no compiler of tracejit: it lacks tracejit_create_compiler\n"});
  expect_runs_eagerly();
}

TEST(CompilerErrors, OtherVersion) {
  EXPECT_EQ(said_about(OTHER_COMPILER),
            std::vector<std::string>{other_version(OTHER_COMPILER, "0.0.9")});
  expect_runs_eagerly();
  EXPECT_TRUE(said_about(OTHER_COMPILER).empty());
  EXPECT_EQ(said_about(OLD_COMPILER),
            std::vector<std::string>{other_version(OLD_COMPILER, "unknown")});
}

} // namespace
} // namespace jit
