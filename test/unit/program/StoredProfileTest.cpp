// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files of known paths: what was written is read, what is damaged is refused, and what a process
// knows better replaces what was there.
#include "runtime/program/StoredProfile.h"

#include <gtest/gtest.h>

using namespace jit;

namespace {

using State = ProfilePath::State;

ProfilePath path(std::uint64_t place, const std::string &ops, const std::string &outputs,
                 State state = State::active) {
  return {place, "step.cpp", 7, state, false, ops + "\noutput " + outputs + "\nend\n"};
}

TEST(StoredProfile, ReadsWhatWasWritten) {
  std::vector<ProfilePath> paths = {path(1, "a", "%0"), path(2, "b", "%1", State::trial)};
  paths[1].ends_at_boundary = true;
  const std::vector<std::byte> file = profile_to_file("key", paths);
  const auto read = profile_from_file(file, "file", "key");
  ASSERT_TRUE(read) << read.message();
  EXPECT_EQ(*read, paths);
  EXPECT_EQ(profile_to_file("key", *read), file);
  const auto none = profile_from_file(profile_to_file("key", {}), "file", "key");
  ASSERT_TRUE(none) << none.message();
  EXPECT_TRUE(none->empty());
}

TEST(StoredProfile, RefusesAnotherKeyAndEveryDamagedByte) {
  const std::vector<ProfilePath> paths = {path(1, "a", "%0")};
  const std::vector<std::byte> file = profile_to_file("key", paths);
  EXPECT_FALSE(profile_from_file(file, "file", "kez"));
  for (std::size_t k = 0; k < file.size(); ++k) {
    EXPECT_FALSE(profile_from_file(std::span(file).first(k), "file", "key")) << k;
    std::vector<std::byte> damaged = file;
    damaged[k] ^= std::byte{1};
    EXPECT_FALSE(profile_from_file(damaged, "file", "key")) << k;
  }
}

TEST(StoredProfile, RefusesStatesThatAreNone) {
  for (const int state : {0, 3, 255}) {
    ProfilePath wrong = path(1, "a", "%0");
    wrong.state = static_cast<State>(state);
    EXPECT_FALSE(profile_from_file(profile_to_file("key", {&wrong, 1}), "file", "key")) << state;
  }
}

TEST(StoredProfile, WhatIsKnownBetterReplacesAllOfAPath) {
  const std::vector<ProfilePath> before = {path(1, "a", "%0"), path(1, "a", "%1"),
                                           path(2, "a", "%0"), path(1, "b", "%0")};
  EXPECT_EQ(merge_profiles({}, before), before);
  const ProfilePath fresh = path(1, "a", "%2", State::trial);
  EXPECT_EQ(merge_profiles({fresh}, before),
            (std::vector<ProfilePath>{fresh, before[2], before[3]}));
  EXPECT_EQ(merge_profiles({path(1, "a", "%2", State::lost)}, before),
            (std::vector<ProfilePath>{before[2], before[3]}));
}

TEST(StoredProfile, KeepsWhatFits) {
  const ProfilePath large = path(1, std::string(most_profile_bytes / 2, 'a'), "%0");
  const ProfilePath other = path(1, std::string(most_profile_bytes / 2, 'b'), "%0");
  const ProfilePath small = path(1, "c", "%0");
  EXPECT_EQ(merge_profiles({large}, {other, small}), (std::vector<ProfilePath>{large, small}));
  std::vector<ProfilePath> many;
  for (std::size_t k = 0; k <= most_profile_paths; ++k)
    many.push_back(path(k, "a", "%0"));
  EXPECT_EQ(merge_profiles(many, {small}).size(), most_profile_paths);
  EXPECT_FALSE(profile_from_file(profile_to_file("key", many), "file", "key"));
}

} // namespace
