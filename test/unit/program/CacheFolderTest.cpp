// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The folder of the cache: only one's own is used, and nobody sees half of a file.
#include "runtime/program/CacheFolder.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace jit;
namespace fs = std::filesystem;

namespace {

class Cache : public testing::Test {
protected:
  void SetUp() override {
    char name[] = "/tmp/tracejit-cache-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    home = name;
    folder = home / "a/b";
  }
  void TearDown() override { fs::remove_all(home); }

  CacheFolder open() {
    Result<CacheFolder> result = CacheFolder::open(folder);
    EXPECT_TRUE(result) << result.message();
    return *result;
  }
  std::string refused(const std::string &wanted) {
    const Result<CacheFolder> result = CacheFolder::open(wanted);
    return result ? "" : result.message();
  }
  std::size_t count_files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
  }

  fs::path home, folder;
};

std::string file_name(char digit) {
  return std::string(64, digit) + std::string(CacheFolder::ending);
}
std::vector<std::byte> content(std::size_t size, int seed = 1) {
  std::vector<std::byte> bytes(size);
  for (std::size_t k = 0; k < size; ++k)
    bytes[k] = static_cast<std::byte>(k * 7 + static_cast<std::size_t>(seed));
  return bytes;
}
std::vector<std::byte> read(const CacheFolder &cache, const std::string &name) {
  const Result<std::vector<std::byte>> bytes = cache.read(name);
  EXPECT_TRUE(bytes) << bytes.message();
  return bytes ? *bytes : std::vector<std::byte>();
}
void make_old(const fs::path &path, int hours) {
  const auto age = std::chrono::hours(hours);
  fs::last_write_time(path, fs::file_time_type::clock::now() - age);
}

} // namespace

TEST_F(Cache, MakesItsFolderForTheUserAlone) {
  const CacheFolder cache = open();
  struct stat status;
  for (const fs::path &path : {folder, folder.parent_path()}) {
    ASSERT_EQ(stat(path.c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07777, 0700u) << path;
  }
  EXPECT_EQ(read(cache, file_name('a')), std::vector<std::byte>());
  EXPECT_EQ(cache.write(file_name('a'), content(1000)), std::nullopt);
  EXPECT_EQ(read(cache, file_name('a')), content(1000));
  EXPECT_EQ(cache.write(file_name('a'), content(10, 3)), std::nullopt);
  EXPECT_EQ(read(cache, file_name('a')), content(10, 3));
  EXPECT_EQ(count_files(), 1u);
}

TEST_F(Cache, LiesWhereTheEnvironmentSays) {
  setenv("XDG_CACHE_HOME", (home / "caches").c_str(), 1);
  setenv("HOME", home.c_str(), 1);
  EXPECT_EQ(CacheFolder::open("")->path(), home / "caches/tracejit");
  setenv("XDG_CACHE_HOME", "relative", 1);
  EXPECT_EQ(CacheFolder::open("")->path(), home / ".cache/tracejit");
  unsetenv("XDG_CACHE_HOME");
  EXPECT_EQ(CacheFolder::open("")->path(), home / ".cache/tracejit");
  EXPECT_TRUE(fs::is_directory(home / ".cache/tracejit"));
  unsetenv("HOME");
  EXPECT_EQ(refused(""), "there is no home folder");
  EXPECT_EQ(refused("off"), "option cache is off");
}

TEST_F(Cache, RefusesWhatOthersCouldWriteTo) {
  open();
  for (const mode_t mode : {0750u, 0701u, 0777u, 0720u}) {
    ASSERT_EQ(chmod(folder.c_str(), mode), 0);
    EXPECT_NE(refused(folder).find("its mode must be 0700"), std::string::npos);
  }
  ASSERT_EQ(chmod(folder.c_str(), 0700), 0);
  EXPECT_EQ(refused(folder), "");
  fs::create_directory_symlink(folder, home / "link");
  EXPECT_NE(refused(home / "link"), "");
  std::ofstream(home / "file") << "text";
  EXPECT_NE(refused(home / "file"), "");
  EXPECT_NE(refused("/proc/no/such/place"), "");
  if (geteuid() == 0) { // else no folder can be given away
    ASSERT_EQ(chown(folder.c_str(), 12345, 12345), 0);
    EXPECT_NE(refused(folder).find("belongs to somebody else"), std::string::npos);
  }
}

TEST_F(Cache, NoticesThatItsFolderHasChanged) {
  const CacheFolder cache = open();
  ASSERT_EQ(cache.write(file_name('a'), content(10)), std::nullopt);
  ASSERT_EQ(chmod(folder.c_str(), 0770), 0);
  EXPECT_FALSE(cache.read(file_name('a')));
  EXPECT_TRUE(cache.write(file_name('b'), content(10)));
  fs::remove_all(folder);
  EXPECT_FALSE(cache.read(file_name('a')));
  EXPECT_TRUE(cache.write(file_name('b'), content(10)));
}

TEST_F(Cache, ReadsOnlyFiles) {
  const CacheFolder cache = open();
  fs::create_directory(folder / file_name('a'));
  ASSERT_EQ(mkfifo((folder / file_name('b')).c_str(), 0600), 0);
  std::ofstream(home / "outside") << "text";
  fs::create_symlink(home / "outside", folder / file_name('c'));
  for (const char digit : {'a', 'b', 'c'})
    EXPECT_TRUE(read(cache, file_name(digit)).empty()) << digit;
  std::ofstream(folder / file_name('d'));
  fs::resize_file(folder / file_name('d'), CacheFolder::max_file_bytes + 1);
  EXPECT_TRUE(read(cache, file_name('d')).empty());
}

TEST_F(Cache, LeavesNothingWhenTheDiskIsFull) {
  const CacheFolder cache = open();
  const auto write_with_limit = [&] {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {5000, 5000};
    setrlimit(RLIMIT_FSIZE, &limit);
    const bool small = !cache.write(file_name('a'), content(5000));
    const bool large = !cache.write(file_name('b'), content(5001));
    return small && !large ? 0 : 1;
  };
  EXPECT_EXIT(std::exit(write_with_limit()), testing::ExitedWithCode(0), "");
  EXPECT_EQ(read(cache, file_name('a')), content(5000));
  EXPECT_EQ(count_files(), 1u);
}

TEST_F(Cache, TrimsWhatWasUsedLeastRecently) {
  const CacheFolder cache = open();
  for (const auto &[digit, hours] : {std::pair('a', 40), {'b', 30}, {'c', 20}, {'d', 1}}) {
    ASSERT_EQ(cache.write(file_name(digit), content(100)), std::nullopt);
    make_old(folder / file_name(digit), hours);
  }
  read(cache, file_name('b')); // used today
  cache.trim(400);
  EXPECT_EQ(read(cache, file_name('a')), content(100));
  make_old(folder / file_name('a'), 40);
  cache.trim(250);
  EXPECT_FALSE(fs::exists(folder / file_name('a')));
  EXPECT_TRUE(fs::exists(folder / file_name('b')));
  EXPECT_FALSE(fs::exists(folder / file_name('c')));
  EXPECT_TRUE(fs::exists(folder / file_name('d')));
}

TEST_F(Cache, TrimsNothingThatIsNotItsOwn) {
  const CacheFolder cache = open();
  const std::string dead = file_name('a') + ".1-1.tmp", young = file_name('b') + ".1-1.tmp";
  for (const std::string &name : {std::string("letter.txt"), std::string("x.tjc"), dead, young})
    std::ofstream(folder / name) << "text";
  make_old(folder / "letter.txt", 1000);
  make_old(folder / "x.tjc", 1000);
  make_old(folder / dead, 2);
  cache.trim(0);
  EXPECT_TRUE(fs::exists(folder / "letter.txt"));
  EXPECT_TRUE(fs::exists(folder / "x.tjc"));
  EXPECT_FALSE(fs::exists(folder / dead));
  EXPECT_TRUE(fs::exists(folder / young));
}

TEST_F(Cache, KilledWritersLeaveWholeFiles) {
  const CacheFolder cache = open();
  for (int round = 0; round < 20; ++round) {
    const pid_t writer = fork();
    if (writer == 0)
      for (int k = 0;; ++k)
        static_cast<void>(cache.write(file_name("abcdef"[k % 6]), content(1 << 20, k % 3)));
    std::this_thread::sleep_for(std::chrono::milliseconds(5 + round));
    kill(writer, SIGKILL);
    ASSERT_EQ(waitpid(writer, nullptr, 0), writer);
    for (const char digit : {'a', 'b', 'c', 'd', 'e', 'f'}) {
      const std::vector<std::byte> bytes = read(cache, file_name(digit));
      if (!bytes.empty()) {
        EXPECT_EQ(bytes, content(1 << 20, std::to_integer<int>(bytes[0])));
      }
    }
  }
}
