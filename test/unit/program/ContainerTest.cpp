// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Containers: what is written is read, and nothing else is.
#include "runtime/program/Container.h"

#include <gtest/gtest.h>

#include <cstring>
#include <string_view>

using namespace jit;

namespace {

using File = std::vector<std::byte>;

std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

File sample() {
  return ContainerWriter()
      .add(SectionKind::key, bytes("the key"))
      .add(SectionKind::plan, bytes("a plan"), 3)
      .add(SectionKind::kernels, {}, 3)
      .add(SectionKind::code, bytes("some code"), 3)
      .file();
}

constexpr std::size_t entry_bytes = 64;
constexpr std::size_t entry_of(std::size_t section) { return 64 + section * entry_bytes; }

template <class T> void put(File &file, std::size_t offset, T value) {
  std::memcpy(&file.at(offset), &value, sizeof value);
}
template <class T> T get(const File &file, std::size_t offset) {
  T value;
  std::memcpy(&value, &file.at(offset), sizeof value);
  return value;
}

/// The table gets the digest that it has now.
File resealed(File file) {
  const auto count = get<std::uint32_t>(file, 8);
  const Digest digest = sha256(std::span(file).subspan(64, count * entry_bytes));
  put(file, 24, digest);
  put(file, 16, std::uint64_t{file.size()});
  return file;
}

/// Why the file is refused, its sections included; empty if it is not.
std::string problem(const File &file) {
  const Result<Container> container = Container::read(file, "x.tjc");
  if (!container)
    return container.message();
  for (const Section &section : container->sections())
    if (auto wrong = container->verify(section))
      return *wrong;
  return "";
}

} // namespace

TEST(Container, WhatIsWrittenIsRead) {
  const File file = sample();
  const Result<Container> container = Container::read(file, "x.tjc");
  ASSERT_TRUE(container) << container.message();
  ASSERT_EQ(container->sections().size(), 4u);
  const Section *plan = container->find(SectionKind::plan, 3);
  ASSERT_NE(plan, nullptr);
  EXPECT_EQ(plan->offset % 64, 0u);
  EXPECT_EQ(std::memcmp(plan->bytes.data(), "a plan", 6), 0);
  EXPECT_EQ(container->find(SectionKind::code, 3)->offset % 4096, 0u);
  EXPECT_TRUE(container->find(SectionKind::kernels, 3)->bytes.empty());
  EXPECT_EQ(container->find(SectionKind::plan, 2), nullptr);
  EXPECT_EQ(container->find(SectionKind::constants, 3), nullptr);
  EXPECT_EQ(problem(file), "");
  EXPECT_EQ(sample(), file);
}

TEST(Container, MayHaveNoSections) { EXPECT_EQ(problem(ContainerWriter().file()), ""); }

TEST(Container, RefusesEveryCut) {
  File file = sample();
  while (!file.empty()) {
    file.pop_back();
    ASSERT_NE(problem(file), "") << file.size() << " bytes";
  }
}

TEST(Container, RefusesEveryFlippedByte) {
  File file = sample();
  for (std::size_t k = 0; k < file.size(); ++k)
    for (const std::byte flip : {std::byte{1}, std::byte{0x80}}) {
      file[k] ^= flip;
      ASSERT_NE(problem(file), "") << "byte " << k;
      file[k] ^= flip;
    }
}

TEST(Container, SaysWhichFileWhereAndWhy) {
  File file = sample();
  file[0] = std::byte{'t'};
  EXPECT_EQ(problem(file),
            "x.tjc: at byte 0: not a file of tracejit: it does not begin with TJFILE1");
  file = sample();
  file.push_back({});
  EXPECT_EQ(problem(file), "x.tjc: at byte 16: the file has " + std::to_string(file.size()) +
                               " bytes, not " + std::to_string(file.size() - 1) + " as it says");
}

TEST(Container, RefusesSectionsOutOfPlace) {
  const auto refused = [](File file, std::string_view rule) {
    const std::string why = problem(resealed(std::move(file)));
    EXPECT_NE(why.find(rule), why.npos) << why;
  };
  const auto offset = [](std::size_t section) { return entry_of(section) + 8; };
  const auto length = [](std::size_t section) { return entry_of(section) + 16; };

  File overlap = sample();
  put(overlap, offset(1), get<std::uint64_t>(overlap, offset(0)));
  refused(overlap, "behind what comes before");

  File hole = sample();
  put(hole, offset(1), get<std::uint64_t>(hole, offset(1)) + 64);
  refused(hole, "behind what comes before");

  File swapped = sample();
  for (std::size_t k = 0; k < entry_bytes; ++k)
    std::swap(swapped[entry_of(0) + k], swapped[entry_of(1) + k]);
  refused(swapped, "behind what comes before");

  File trailing = sample();
  trailing.push_back({});
  refused(trailing, "behind the last section");

  File endless = sample();
  put(endless, length(3), std::uint64_t{1} << 20);
  refused(endless, "behind the end of the file");

  File huge = sample();
  put(huge, length(3), ~std::uint64_t{0});
  refused(huge, "are read");

  File padding = sample();
  padding[get<std::uint64_t>(padding, offset(3)) - 1] = std::byte{1};
  refused(padding, "padding");

  File flags = sample();
  put(flags, entry_of(0) + 24, std::uint32_t{2});
  refused(flags, "unknown flags");
}

TEST(Container, RefusesMoreSectionsThanThereMayBe) {
  File file = sample();
  put(file, 8, std::uint32_t{4097});
  EXPECT_NE(problem(file).find("4097 sections"), std::string::npos);
  put(file, 8, std::uint32_t{4096});
  EXPECT_NE(problem(file).find("ends in its table"), std::string::npos);
}

TEST(Container, SkipsWhatItDoesNotKnowUnlessThatIsRequired) {
  const auto kind = static_cast<SectionKind>(77);
  const auto with = [&](std::uint32_t flags) {
    return ContainerWriter()
        .add(kind, bytes("of the future"), 0, flags)
        .add(SectionKind::key, bytes("key"))
        .file();
  };
  EXPECT_EQ(problem(with(0)), "");
  EXPECT_NE(problem(with(section_is_required)).find("does not know"), std::string::npos);
}
