// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Compiler libraries that are missing, no compiler, or of another version: the program runs eagerly
// and is told once.
#include "runtime/base/Files.h"
#include "runtime/base/Log.h"
#include "runtime/base/Options.h"
#include "runtime/base/Version.h"
#include "runtime/jit/CompilerNote.h"
#include "test/errors/Expect.h"

#include <tracejit/compiler.h>

#include <array>
#include <cstdlib>
#include <dlfcn.h>
#include <filesystem>
#include <random>
#include <span>
#include <unistd.h>

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
  EXPECT_EQ(compiler_status().state, CompilerState::failed);
  EXPECT_NE(compiler_status().message.find(library), std::string::npos);
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

std::vector<std::string> no_compiler(const std::string &library) {
  return {"tracejit runtime error: the compiler is missing, everything runs eagerly: " + library +
          " is no compiler of tracejit: it has no note of its version\n"};
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
  Dl_info libc{};
  ASSERT_NE(dladdr(reinterpret_cast<const void *>(&std::abort), &libc), 0);
  EXPECT_EQ(said_about(libc.dli_fname), no_compiler(libc.dli_fname));
  EXPECT_EQ(said_about(OLD_COMPILER), no_compiler(OLD_COMPILER));
  expect_runs_eagerly();
}

TEST(CompilerErrors, OtherVersion) {
  EXPECT_EQ(said_about(OTHER_COMPILER),
            std::vector<std::string>{other_version(OTHER_COMPILER, "0.0.9")});
  expect_runs_eagerly();
  EXPECT_TRUE(said_about(OTHER_COMPILER).empty());
}

TEST(CompilerErrors, FileNamesBelongToTheCurrentFolder) {
  const std::vector<std::string> lines = said_about("libc.so.6"); // the loader would find it
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find(std::filesystem::current_path().string() + "/libc.so.6: cannot open"),
            std::string::npos);
}

TEST(CompilerErrors, LibrariesHaveTheBuildIdOfTheirFiles) {
  Dl_info library{};
  const auto *inside = reinterpret_cast<const void *>(&read_compiler_version);
  ASSERT_TRUE(dladdr(inside, &library));
  const std::string id = read_build_id(library.dli_fname);
  EXPECT_GE(id.size(), 16u);
  EXPECT_EQ(loaded_build_id(inside), id);
  EXPECT_NE(read_build_id(OTHER_COMPILER), id);
  EXPECT_EQ(read_build_id("/no/such/file"), "");
  int local = 0;
  EXPECT_EQ(loaded_build_id(&local), "");
}

/// What is read of a library with some bytes replaced or missing is a version, nothing, or an
/// error; with sanitizers, also nothing outside of the file.
TEST(CompilerErrors, DamagedNotes) {
  const auto bytes = read_file(OTHER_COMPILER, std::size_t{16} << 20);
  ASSERT_TRUE(bytes);
  const std::filesystem::path path = std::filesystem::temp_directory_path() /
                                     ("tracejit-damaged-" + std::to_string(getpid()) + ".so");
  const auto version_of = [&](std::span<const std::byte> content) {
    EXPECT_FALSE(write_file(path, std::array{content}));
    const Result<std::string> version = read_compiler_version(path);
    read_build_id(path);
    return version ? *version : "error";
  };
  const std::span<const std::byte> whole(*bytes);
  EXPECT_EQ(version_of(whole), "0.0.9");
  for (std::size_t size = 0; size < 64; ++size)
    EXPECT_EQ(version_of(whole.first(size)), "") << size;
  std::mt19937 random(1);
  for (int round = 0; round < 500; ++round) {
    std::vector<std::byte> damaged(whole.begin(), whole.begin() + 4096);
    for (std::size_t k = 0; k <= random() % 3; ++k)
      damaged[random() % (round % 2 ? 64 : 1024)] = static_cast<std::byte>(random());
    version_of(damaged);
  }
  std::filesystem::remove(path);
}

} // namespace
} // namespace jit
