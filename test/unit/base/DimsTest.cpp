// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Lists of dimensions and axes: their bounds and conversions.
#include "test/ErrorLine.h"

#include <tracejit/dims.h>
#include <tracejit/error.h>

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace jit {
namespace {

std::vector<std::int64_t> copy(Dims dims) { return {dims.begin(), dims.end()}; }

void expect_refused(const auto &make, std::source_location near = std::source_location::current()) {
  try {
    make();
    FAIL() << "accepted more than max_rank entries";
  } catch (const Error &error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    EXPECT_EQ(without_line(error.what(), near),
              "a list of dimensions has 9 entries, at most 8 are allowed");
  }
}

TEST(DimList, StartsEmpty) {
  DimList list;
  EXPECT_EQ(list.size(), 0u);
  EXPECT_TRUE(Dims(list).empty());
  EXPECT_EQ(list.begin(), list.end());
}

TEST(DimList, KeepsItsValues) {
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(copy(DimList{0, -1, least, most}), (std::vector<std::int64_t>{0, -1, least, most}));
  EXPECT_EQ(copy(DimList{1, 2, 3, 4, 5, 6, 7, 8}),
            (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(DimList, ElementsCanBeChanged) {
  DimList list{2, 3};
  list[1] = 5;
  list.push_back(7);
  EXPECT_EQ(copy(list), (std::vector<std::int64_t>{2, 5, 7}));
}

TEST(DimList, RefusesMoreThanMaxRank) {
  std::vector<std::int64_t> nine(9, 1);
  expect_refused([&] { DimList list{Dims(nine)}; });
  expect_refused([] { DimList list{1, 2, 3, 4, 5, 6, 7, 8, 9}; });
  expect_refused([] { Axes axes{1, 2, 3, 4, 5, 6, 7, 8, 9}; });
}

TEST(DimList, PushBeyondMaxRankChangesNothing) {
  DimList list{1, 2, 3, 4, 5, 6, 7, 8};
  expect_refused([&] { list.push_back(9); });
  EXPECT_EQ(copy(list), (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6, 7, 8}));
}

TEST(Axes, AllIsNotTheSameAsNone) {
  EXPECT_TRUE(Axes().all());
  EXPECT_FALSE(Axes(DimList{}).all());
  EXPECT_TRUE(Axes(DimList{}).values().empty());
}

TEST(Axes, OneOrMany) {
  EXPECT_FALSE(Axes(-1).all());
  EXPECT_EQ(copy(Axes(-1).values()), (std::vector<std::int64_t>{-1}));
  EXPECT_EQ(copy(Axes{0, 2}.values()), (std::vector<std::int64_t>{0, 2}));
}

} // namespace
} // namespace jit
