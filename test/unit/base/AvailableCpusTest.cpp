// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// CPUs by mask and control group, from files as the system has them.
#include "runtime/base/AvailableCpus.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sched.h>
#include <string>
#include <thread>

using namespace jit;

namespace {

/// A folder that stands for the root of a system with eight CPUs.
class AvailableCpus : public testing::Test {
protected:
  void SetUp() override {
    root = testing::TempDir() + "tracejit-cpus-" + std::to_string(getpid());
    std::filesystem::create_directories(root);
  }
  void TearDown() override { std::filesystem::remove_all(root); }

  void file(const std::string &path, const std::string &text) {
    const std::filesystem::path whole = root + path;
    std::filesystem::create_directories(whole.parent_path());
    std::ofstream(whole) << text << "\n";
  }
  void version_2(const std::string &group, const std::string &top = "/") {
    file("/proc/self/cgroup", "0::" + group);
    file("/proc/self/mountinfo",
         "22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw\n"
         "31 22 0:28 " +
             top + " /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate");
  }
  void version_1(const std::string &group, const std::string &top = "/") {
    file("/proc/self/cgroup", "9:cpuset:/elsewhere\n4:cpuacct,cpu:" + group + "\n0::/");
    file("/proc/self/mountinfo",
         "40 31 0:29 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
         "41 31 0:30 " +
             top + " /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct");
  }
  void quota_1(const std::string &folder, long quota, long period = 100000) {
    file(folder + "/cpu.cfs_quota_us", std::to_string(quota));
    file(folder + "/cpu.cfs_period_us", std::to_string(period));
  }
  int count(int (*affinity)() noexcept = []() noexcept { return 8; }) {
    return available_cpus({affinity, root.c_str()});
  }

  std::string root;
};

} // namespace

TEST_F(AvailableCpus, NoFilesLimitNothing) {
  EXPECT_EQ(count(), 8);
  EXPECT_EQ(count([]() noexcept { return 1; }), 1);
  EXPECT_EQ(count([]() noexcept { return 0; }), 1);
  file("/proc/self/cgroup", "0::/a");
  EXPECT_EQ(count(), 8); // no mounts
  version_2("/a");
  EXPECT_EQ(count(), 8); // no cpu.max
}

TEST_F(AvailableCpus, QuotasOfVersion2) {
  version_2("/a");
  const std::pair<const char *, int> cases[] = {
      {"max 100000", 8},    {"400000 100000", 4}, {"400001 100000", 5}, {"150000 100000", 2},
      {"100000 100000", 1}, {"1000 100000", 1},   {"50000 25000", 2},   {"9000000 100000", 8},
      {"0 100000", 8},      {"100000", 8},        {"100000 0", 8},      {"", 8},
      {"nonsense", 8},      {"-1 100000", 8}};
  for (const auto &[text, expected] : cases) {
    file("/sys/fs/cgroup/a/cpu.max", text);
    EXPECT_EQ(count(), expected) << text;
  }
  file("/sys/fs/cgroup/a/cpu.max", "400000 100000");
  EXPECT_EQ(count([]() noexcept { return 3; }), 3); // the mask allows less
}

TEST_F(AvailableCpus, GroupsAboveLimitToo) {
  version_2("/a/b/c");
  file("/sys/fs/cgroup/a/b/c/cpu.max", "max 100000");
  file("/sys/fs/cgroup/a/b/cpu.max", "300000 100000");
  file("/sys/fs/cgroup/a/cpu.max", "600000 100000");
  EXPECT_EQ(count(), 3);
  file("/sys/fs/cgroup/a/cpu.max", "200000 100000");
  EXPECT_EQ(count(), 2);
  file("/sys/fs/cgroup/cpu.max", "100000 100000"); // of a container's own hierarchy
  EXPECT_EQ(count(), 1);
  file("/sys/fs/cpu.max", "1 100000"); // no group
  file("/sys/fs/cgroup/other/cpu.max", "1 100000");
  file("/sys/fs/cgroup/cpu.max", "max 100000");
  EXPECT_EQ(count(), 2);
}

TEST_F(AvailableCpus, QuotasOfVersion1) {
  version_1("/a/b");
  EXPECT_EQ(count(), 8);
  quota_1("/sys/fs/cgroup/cpu/a/b", -1);
  quota_1("/sys/fs/cgroup/cpu/a", 250000);
  EXPECT_EQ(count(), 3);
  quota_1("/sys/fs/cgroup/cpu/a/b", 100000);
  EXPECT_EQ(count(), 1);
  quota_1("/sys/fs/cgroup/cpu/a/b", 10000, 2500);
  EXPECT_EQ(count(), 3);
  std::filesystem::remove(root + "/sys/fs/cgroup/cpu/a/cpu.cfs_period_us");
  EXPECT_EQ(count(), 4);
  quota_1("/sys/fs/cgroup/cpuset/elsewhere", 100000);
  EXPECT_EQ(count(), 4);
}

/// The namespace of the host, but the mount shows the container's group as its top.
TEST_F(AvailableCpus, ContainersThatSeeTheirGroupAtTheTop) {
  version_1("/docker/1234/inner", "/docker/1234");
  quota_1("/sys/fs/cgroup/cpu", 200000);
  EXPECT_EQ(count(), 2);
  quota_1("/sys/fs/cgroup/cpu/inner", 100000);
  EXPECT_EQ(count(), 1);
  version_2("/docker/1234", "/docker/1234");
  file("/sys/fs/cgroup/cpu.max", "500000 100000");
  EXPECT_EQ(count(), 5);
  version_2("/../other", "/docker/1234"); // out of sight: what is at the top counts
  EXPECT_EQ(count(), 5);
  version_2("/docker/12345", "/docker/1234");
  file("/sys/fs/cgroup/5/cpu.max", "100000 100000");
  EXPECT_EQ(count(), 5);
}

TEST_F(AvailableCpus, LongAndBrokenLines) {
  version_2("/" + std::string(5000, 'x'));
  EXPECT_EQ(count(), 8);
  file("/proc/self/cgroup", "\n:\n0\n0:\n::\n4:cpu\n" + std::string(3000, ':') + "\n0::/a");
  file("/proc/self/mountinfo", " - \n - cgroup2\n1 - cgroup2 x\n" + std::string(9000, ' ') +
                                   "\n31 22 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw");
  file("/sys/fs/cgroup/a/cpu.max", "200000 100000");
  EXPECT_EQ(count(), 2);
}

/// Other threads may be bound to a part: the mask of the first one counts.
TEST_F(AvailableCpus, OfTheSystemFollowTheMaskOfTheProcess) {
  cpu_set_t before, one;
  ASSERT_EQ(sched_getaffinity(0, sizeof before, &before), 0);
  EXPECT_GE(available_cpus(), 1);
  EXPECT_LE(available_cpus(), CPU_COUNT(&before));
  CPU_ZERO(&one);
  for (int cpu = 0; CPU_COUNT(&one) == 0; ++cpu)
    if (CPU_ISSET(cpu, &before))
      CPU_SET(cpu, &one);
  const int all = available_cpus();
  std::thread([&] {
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    EXPECT_EQ(available_cpus(), all);
    leave_cpus_of_creator();
    cpu_set_t now;
    ASSERT_EQ(sched_getaffinity(0, sizeof now, &now), 0);
    EXPECT_TRUE(CPU_EQUAL(&now, &before));
  }).join();
  ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
  EXPECT_EQ(available_cpus(), 1);
  sched_setaffinity(0, sizeof before, &before);
}
