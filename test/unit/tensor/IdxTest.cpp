// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// IDX files, plain and compressed: read, or refused with a reason.
#include "runtime/tensor/Idx.h"

#include <gtest/gtest.h>

#include <cstring>
#include <zlib.h>

using namespace jit;

namespace {

using Bytes = std::vector<std::byte>;

Bytes file(const std::vector<std::uint32_t> &extents, std::size_t data_bytes) {
  Bytes bytes = {std::byte{0}, std::byte{0}, std::byte{8}, static_cast<std::byte>(extents.size())};
  for (const std::uint32_t extent : extents)
    for (const int shift : {24, 16, 8, 0})
      bytes.push_back(static_cast<std::byte>(extent >> shift & 0xFF));
  for (std::size_t i = 0; i < data_bytes; ++i)
    bytes.push_back(static_cast<std::byte>(i * 7));
  return bytes;
}

Bytes compressed(const Bytes &plain) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
  Bytes out(deflateBound(&stream, plain.size()) + 64);
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<std::byte *>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef *>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string error_of(const Bytes &bytes) {
  const Result<IdxArray> array = parse_idx(bytes);
  return array ? "" : array.message();
}

} // namespace

TEST(Idx, PlainAndCompressedGiveTheSame) {
  for (const auto &[extents, size] :
       std::vector<std::pair<std::vector<std::uint32_t>, std::size_t>>{{{}, 1},
                                                                       {{0}, 0},
                                                                       {{1}, 1},
                                                                       {{7}, 7},
                                                                       {{2, 3}, 6},
                                                                       {{5, 28, 28}, 3920},
                                                                       {{3, 0, 9}, 0}}) {
    const Bytes plain = file(extents, size);
    for (const Bytes &bytes : {plain, compressed(plain)}) {
      const Result<IdxArray> array = parse_idx(bytes);
      ASSERT_TRUE(array) << array.message();
      ASSERT_EQ(array->shape.size(), extents.size());
      for (std::size_t axis = 0; axis < extents.size(); ++axis)
        EXPECT_EQ(array->shape[axis], extents[axis]);
      ASSERT_EQ(array->data.size(), size);
      for (std::size_t i = 0; i < size; ++i)
        EXPECT_EQ(array->data[i], static_cast<std::uint8_t>(i * 7));
    }
  }
}

TEST(Idx, LyingSizesAreRefused) {
  for (const Bytes &plain :
       {file({3}, 2), file({3}, 4), file({0xFFFFFFFF}, 8), file({0x10000, 0x10000, 0x10000}, 8),
        file({0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, 8), file({1 << 30}, 8),
        file({0, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF}, 0), file({1, 1, 1, 1, 1, 1, 1, 1, 1}, 1)}) {
    EXPECT_NE(error_of(plain), "");
    EXPECT_NE(error_of(compressed(plain)), "");
  }
}

TEST(Idx, OtherFilesAreRefused) {
  EXPECT_NE(error_of({}), "");
  Bytes bytes = file({2}, 2);
  bytes[2] = std::byte{0x0D}; // float
  EXPECT_NE(error_of(bytes).find("13"), std::string::npos);
  bytes = file({2}, 2);
  bytes[0] = std::byte{1};
  EXPECT_NE(error_of(bytes), "");
}

TEST(Idx, EveryTruncationIsRefused) {
  const Bytes plain = file({2, 3}, 6);
  for (const Bytes &whole : {plain, compressed(plain)})
    for (std::size_t n = 0; n < whole.size(); ++n)
      EXPECT_NE(error_of(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n))), "")
          << n;
}

TEST(Idx, DamagedCompressionIsRefused) {
  const Bytes whole = compressed(file({50, 50}, 2500));
  Bytes checksum = whole;
  checksum[whole.size() - 8] ^= std::byte{1};
  EXPECT_NE(error_of(checksum), "");
  Bytes trailing = whole;
  trailing.push_back(std::byte{0});
  EXPECT_NE(error_of(trailing), "");
}

TEST(Idx, MessageNamesThePath) {
  const Result<IdxArray> none = read_idx("/nonexistent/file");
  ASSERT_FALSE(none);
  EXPECT_NE(none.message().find("/nonexistent/file"), std::string::npos);
}

TEST(Idx, FashionMnist) {
  const std::filesystem::path folder = "/usr/share/datasets/fashion-mnist";
  if (!std::filesystem::exists(folder))
    GTEST_SKIP() << "the data set is not installed";
  const Result<IdxArray> labels = read_idx(folder / "t10k-labels-idx1-ubyte.gz");
  ASSERT_TRUE(labels) << labels.message();
  ASSERT_EQ(labels->data.size(), 10000u);
  std::array<int, 10> counts{};
  for (const std::uint8_t label : labels->data) {
    ASSERT_LT(label, 10);
    ++counts[label];
  }
  for (const int count : counts)
    EXPECT_EQ(count, 1000);
  const Result<IdxArray> images = read_idx(folder / "t10k-images-idx3-ubyte.gz");
  ASSERT_TRUE(images) << images.message();
  EXPECT_EQ(images->data.size(), 10000u * 28 * 28);
}
