// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/trace/Sites.h"

#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace jit {
namespace {

using Location = std::source_location;

TEST(Sites, KeepTextAndNoAddress) {
  std::string name = "folder/step.cpp";
  const char *kept = intern_file(name);
  EXPECT_STREQ(kept, "folder/step.cpp");
  EXPECT_NE(static_cast<const void *>(kept), name.data());
  EXPECT_EQ(intern_file(std::string("folder/") + "step.cpp"), kept);
  EXPECT_NE(intern_file("folder/step.cp"), kept);
  EXPECT_NE(intern_file("folder/step.cpp."), kept);
  EXPECT_STREQ(intern_file(""), "");
}

TEST(Sites, SayWhereAnOpIs) {
  const Location here = Location::current();
  const Site site = Site::of(here);
  EXPECT_STREQ(site.file, here.file_name());
  EXPECT_NE(site.file, here.file_name());
  EXPECT_EQ(site.line, here.line());
  EXPECT_EQ(describe(site), "SitesTest.cpp:" + std::to_string(here.line()));
  EXPECT_EQ(describe(Site::of(here, gradient_mark(OpKind::add))),
            "gradient of add SitesTest.cpp:" + std::to_string(here.line()));
  EXPECT_EQ(describe(Site::of(Location())), "unknown line");
}

TEST(Sites, KeysTellPlacesApart) {
  const Location one = Location::current(), two = Location::current();
  const Location below = Location::current();
  const std::uint64_t key = site_key(one, 0);
  EXPECT_EQ(site_key(one, 0), key);
  EXPECT_NE(site_key(two, 0), key);
  EXPECT_NE(site_key(below, 0), key);
  EXPECT_NE(site_key(one, gradient_mark(OpKind::add)), key);
  EXPECT_NE(site_key(one, gradient_mark(OpKind::add)), site_key(one, gradient_mark(OpKind::exp)));
}

TEST(Sites, ThreadsAgreeOnNames) {
  constexpr int names = 200;
  std::vector<std::vector<const char *>> seen(4, std::vector<const char *>(names));
  std::vector<std::thread> threads;
  for (auto &mine : seen)
    threads.emplace_back([&mine] {
      for (int i = 0; i < names; ++i)
        mine[static_cast<std::size_t>(i)] = intern_file("shared-" + std::to_string(i));
    });
  for (std::thread &thread : threads)
    thread.join();
  for (const auto &mine : seen)
    EXPECT_EQ(mine, seen[0]);
}

} // namespace
} // namespace jit
