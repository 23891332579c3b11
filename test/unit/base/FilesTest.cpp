// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading and writing files: whole content or a message with the path, and nothing left behind.
#include "runtime/base/Files.h"

#include <gtest/gtest.h>

#include <array>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>

using namespace jit;

namespace {

class Files : public testing::Test {
protected:
  void SetUp() override {
    folder =
        std::filesystem::temp_directory_path() / ("tracejit-files-" + std::to_string(getpid()));
    std::filesystem::create_directory(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
  }

  std::filesystem::path folder;
};

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::optional<std::string> write(const std::filesystem::path &path, std::string_view a,
                                 std::string_view b) {
  const std::array parts = {bytes(a), bytes(b)};
  return write_file(path, parts);
}

std::string text(const Result<std::vector<std::byte>> &file) {
  return {reinterpret_cast<const char *>(file->data()), file->size()};
}

} // namespace

TEST_F(Files, WhatIsWrittenIsRead) {
  ASSERT_EQ(write(folder / "a", "hello ", "world"), std::nullopt);
  EXPECT_EQ(text(read_file(folder / "a", 100)), "hello world");
  ASSERT_EQ(write(folder / "a", "", ""), std::nullopt); // replaced
  EXPECT_EQ(text(read_file(folder / "a", 0)), "");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, PartsAreReadAtOffsets) {
  ASSERT_EQ(write(folder / "a", "hello ", "world"), std::nullopt);
  const Result<InputFile> file = InputFile::open(folder / "a");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size(), 11u);
  std::array<std::byte, 5> part;
  ASSERT_EQ(file->read(6, part), std::nullopt);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char *>(part.data()), 5), "world");
  const std::optional<std::string> late = file->read(7, part);
  ASSERT_TRUE(late);
  EXPECT_NE(late->find("ends early"), late->npos);
}

TEST_F(Files, FailuresNameThePathAndLeaveNothing) {
  EXPECT_NE(read_file(folder / "none", 10).message().find((folder / "none").string()),
            std::string::npos);
  EXPECT_FALSE(read_file(folder, 10));
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_FALSE(read_file(folder / "pipe", 10)); // and does not wait for a writer
  ASSERT_EQ(write(folder / "a", "12", "3"), std::nullopt);
  EXPECT_FALSE(read_file(folder / "a", 2));
  EXPECT_TRUE(write(folder / "none" / "b", "x", "y"));
  std::filesystem::create_directories(folder / "full" / "inner");
  EXPECT_TRUE(write(folder / "full", "x", "y")); // a folder is in the way
  EXPECT_EQ(entries(), 3u);                      // pipe, a, full: no draft stays
}
