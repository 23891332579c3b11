// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Printed tensors, character by character.
#include "runtime/tensor/Print.h"

#include <gtest/gtest.h>

#include <bit>
#include <iomanip>
#include <limits>
#include <numeric>
#include <sstream>
#include <vector>

using namespace jit;

namespace {

template <class T>
std::string text(const std::vector<T> &values, DimList dims, DimList strides,
                 DType dtype = dtype_of<T>, std::size_t start = 0) {
  std::ostringstream out;
  print(out, dtype, dims, strides, reinterpret_cast<const std::byte *>(values.data() + start));
  return out.str();
}

std::vector<std::int64_t> counted(std::size_t n) {
  std::vector<std::int64_t> values(n);
  std::iota(values.begin(), values.end(), 0);
  return values;
}

} // namespace

TEST(Print, RankZero) {
  EXPECT_EQ(text<float>({2.5f}, {}, {}), "f32[] 2.5");
  EXPECT_EQ(text<std::uint8_t>({1}, {}, {}, DType::boolean), "bool[] true");
}

TEST(Print, Empty) {
  EXPECT_EQ(text<float>({}, {0}, {1}), "f32[0] []");
  EXPECT_EQ(text<std::int64_t>({}, {2, 0, 3}, {0, 3, 1}), "i64[2,0,3] []");
}

TEST(Print, Vector) {
  EXPECT_EQ(text<float>({1}, {1}, {1}), "f32[1] [1]");
  EXPECT_EQ(text<float>({1, -0.0f, 0.1f}, {3}, {1}), "f32[3] [  1,  -0, 0.1]");
  EXPECT_EQ(text<std::uint8_t>({0, 1}, {2}, {1}, DType::boolean), "bool[2] [false,  true]");
}

TEST(Print, SpecialValues) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(text<double>({inf, -inf, std::bit_cast<double>(0xFFF8000000000000u), 5e-324}, {4}, {1}),
            "f64[4] [   inf,   -inf,    nan, 5e-324]");
}

TEST(Print, MatrixIsAlignedUnderItsFirstRow) {
  EXPECT_EQ(text<std::int64_t>({1, 20, -3, 4, 5, 6}, {2, 3}, {3, 1}), "i64[2,3] [[ 1, 20, -3],\n"
                                                                      "          [ 4,  5,  6]]");
}

TEST(Print, HigherRanksHaveEmptyLinesBetweenMatrices) {
  EXPECT_EQ(text(counted(8), {2, 2, 2}, {4, 2, 1}), "i64[2,2,2] [[[0, 1],\n"
                                                    "             [2, 3]],\n"
                                                    "\n"
                                                    "            [[4, 5],\n"
                                                    "             [6, 7]]]");
}

TEST(Print, StridesAreFollowed) {
  EXPECT_EQ(text(counted(6), {3, 2}, {1, 3}), "i64[3,2] [[0, 3],\n"
                                              "          [1, 4],\n"
                                              "          [2, 5]]"); // transposed
  EXPECT_EQ(text(counted(6), {3}, {-2}, DType::i64, 5), "i64[3] [5, 3, 1]");
  EXPECT_EQ(text(counted(1), {2, 2}, {0, 0}), "i64[2,2] [[0, 0],\n"
                                              "          [0, 0]]");
}

TEST(Print, LongTensorsAreElided) {
  EXPECT_EQ(text(counted(1001), {1001}, {1}),
            "i64[1001] [   0,    1,    2, ...,  998,  999, 1000]");
  EXPECT_EQ(text(counted(1400), {7, 200}, {200, 1}),
            "i64[7,200] [[   0,    1,    2, ...,  197,  198,  199],\n"
            "            [ 200,  201,  202, ...,  397,  398,  399],\n"
            "            [ 400,  401,  402, ...,  597,  598,  599],\n"
            "            ...,\n"
            "            [ 800,  801,  802, ...,  997,  998,  999],\n"
            "            [1000, 1001, 1002, ..., 1197, 1198, 1199],\n"
            "            [1200, 1201, 1202, ..., 1397, 1398, 1399]]");
  EXPECT_EQ(text(counted(2000), {6, 2000}, {0, 1}).find("...,\n"),
            std::string::npos); // 6 all shown
}

TEST(Print, UpToAThousandElementsAreAllShownInLinesOfAHundredColumns) {
  const std::string printed = text(counted(1000), {1000}, {1});
  EXPECT_EQ(printed.find("..."), std::string::npos);
  std::istringstream lines(printed);
  std::istringstream words(printed.substr(printed.find('[', 10)));
  std::size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    EXPECT_LE(line.size(), 100u);
    EXPECT_EQ(line.substr(0, 11), count == 0 ? "i64[1000] [" : "           ");
    EXPECT_NE(line.back(), ' ');
  }
  EXPECT_GT(count, 40u);
  EXPECT_EQ(std::count(printed.begin(), printed.end(), ','), 999);
}

TEST(Print, FlagsOfTheStreamDoNotMatter) {
  std::ostringstream out;
  out << std::hex << std::setw(30) << std::setfill('*') << std::setprecision(2) << std::showpos;
  const std::vector<double> values = {3.14159, 255};
  const DimList dims = {2}, strides = {1};
  print(out, DType::f64, dims, strides, reinterpret_cast<const std::byte *>(values.data()));
  EXPECT_EQ(out.str(), "f64[2] [3.14159,     255]");
}
