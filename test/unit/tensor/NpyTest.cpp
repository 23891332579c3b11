// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// .npy files: what is written is read, what NumPy writes is read, what lies is refused.
#include "runtime/tensor/Npy.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <unistd.h>

using namespace jit;

namespace {

using Bytes = std::vector<std::byte>;

Bytes file(std::string_view dict, std::size_t data_bytes, char major = 1) {
  std::string text = std::string("\x93NUMPY") + major + '\0';
  for (int i = 0; i < (major == 1 ? 2 : 4); ++i)
    text += static_cast<char>(dict.size() >> 8 * i & 0xFF);
  text += dict;
  Bytes bytes(text.size() + data_bytes);
  std::memcpy(bytes.data(), text.data(), text.size());
  for (std::size_t i = 0; i < data_bytes; ++i)
    bytes[text.size() + i] = static_cast<std::byte>(i);
  return bytes;
}

std::string dict(std::string_view descr, std::string_view order, std::string_view shape) {
  return "{'descr': " + std::string(descr) + ", 'fortran_order': " + std::string(order) +
         ", 'shape': " + std::string(shape) + ", }";
}

std::string error_of(const Bytes &bytes) {
  const Result<NpyHeader> header = parse_npy(bytes);
  return header ? "" : header.message();
}

std::vector<std::int64_t> values(Dims dims) { return {dims.begin(), dims.end()}; }

} // namespace

TEST(Npy, WrittenHeadersAreRead) {
  for (const DType dtype : {DType::boolean, DType::i8, DType::u8, DType::i16, DType::u16,
                            DType::i32, DType::u32, DType::i64, DType::f32, DType::f64})
    for (const DimList &shape : {DimList{}, DimList{0}, DimList{1}, DimList{7}, DimList{2, 3},
                                 DimList{2, 0, 5}, DimList{1, 2, 1, 2, 1, 2, 1, 2}}) {
      const std::string head = npy_header(dtype, shape);
      EXPECT_EQ(head.size() % 64, 0u);
      EXPECT_EQ(head.back(), '\n');
      Bytes bytes(head.size());
      std::memcpy(bytes.data(), head.data(), head.size());
      std::size_t data = itemsize(dtype);
      for (const std::int64_t extent : shape)
        data *= static_cast<std::size_t>(extent);
      bytes.resize(head.size() + data);
      const Result<NpyHeader> header = parse_npy(bytes);
      ASSERT_TRUE(header) << header.message();
      EXPECT_EQ(header->dtype, dtype);
      EXPECT_EQ(values(header->shape), values(shape));
      EXPECT_FALSE(header->fortran_order);
      EXPECT_EQ(header->data_offset, head.size());
      EXPECT_EQ(header->data_bytes, data);
    }
}

TEST(Npy, HeaderIsTheOneNumPyWrites) {
  EXPECT_EQ(npy_header(DType::f32, DimList{2, 3}),
            std::string("\x93NUMPY\x01\0v\0", 10) +
                "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" +
                std::string(58, ' ') + '\n');
  EXPECT_NE(npy_header(DType::boolean, DimList{4}).find("'|b1'"), std::string::npos);
  EXPECT_NE(npy_header(DType::boolean, DimList{4}).find("(4,), }"), std::string::npos);
}

TEST(Npy, AllVersionsAndSpellingsAreRead) {
  for (const char major : {'\1', '\2', '\3'})
    EXPECT_EQ(error_of(file(dict("'<f8'", "False", "(2, 3)"), 48, major)), "");
  for (const char *text :
       {"{'descr': '<i8', 'fortran_order': False, 'shape': (2,)}", // no comma before }
        "{\"shape\": (2L,), \"descr\": \"=i8\", \"fortran_order\": True}",
        "  { 'shape' : ( 2 ) ,'fortran_order':False , 'descr':'<i8' , }  \n\n"})
    EXPECT_EQ(error_of(file(text, 16)), "") << text;
  EXPECT_EQ(error_of(file(dict("'|u1'", "False", "()"), 1)), "");
  EXPECT_EQ(error_of(file(dict("'|u1'", "False", "(0, 4611686018427387904)"), 0)), "");
}

TEST(Npy, FortranOrderIsTransposed) {
  Bytes bytes = file(dict("'<i8'", "True", "(2, 3, 2)"), 96);
  const Result<NpyHeader> header = parse_npy(bytes);
  ASSERT_TRUE(header);
  std::int64_t source[12], target[12];
  std::iota(source, source + 12, 0);
  decode_npy(*header, reinterpret_cast<const std::byte *>(source),
             reinterpret_cast<std::byte *>(target));
  for (std::int64_t i = 0; i < 2; ++i)
    for (std::int64_t j = 0; j < 3; ++j)
      for (std::int64_t k = 0; k < 2; ++k)
        EXPECT_EQ(target[(i * 3 + j) * 2 + k], i + 2 * j + 6 * k);
}

TEST(Npy, FortranOrderOfEveryItemSize) {
  for (const char *type : {"'|u1'", "'<i2'", "'<f4'", "'<f8'"}) {
    const Bytes probe = file(dict(type, "True", "(0, 2)"), 0);
    const std::size_t item = itemsize(parse_npy(probe)->dtype);
    const Bytes bytes = file(dict(type, "True", "(2, 2)"), 4 * item);
    const Result<NpyHeader> header = parse_npy(bytes);
    ASSERT_TRUE(header);
    Bytes target(4 * item);
    decode_npy(*header, bytes.data() + header->data_offset, target.data());
    for (std::size_t i = 0; i < 4 * item; ++i) // elements 0 2 1 3, whose bytes count up
      EXPECT_EQ(std::to_integer<std::size_t>(target[i]), (i / item == 1   ? 2 * item
                                                          : i / item == 2 ? item
                                                                          : i / item * item) +
                                                             i % item);
  }
}

TEST(Npy, BigEndianElementsAreTurned) {
  const auto element = [](const char *type, std::size_t size, auto expected) {
    const Bytes bytes = file(dict(type, "False", "(2,)"), 2 * size);
    const Result<NpyHeader> header = parse_npy(bytes);
    ASSERT_TRUE(header) << header.message();
    const std::byte source[16] = {std::byte{0x40}, std::byte{0x49}, std::byte{0x0f},
                                  std::byte{0xdb}};
    std::byte target[16] = {};
    decode_npy(*header, source, target);
    decltype(expected) got;
    std::memcpy(&got, target, sizeof got);
    EXPECT_EQ(got, expected) << type;
  };
  element("'>u1'", 1, std::uint8_t{0x40});
  element("'>i2'", 2, std::int16_t{0x4049});
  element("'>u4'", 4, std::uint32_t{0x40490fdb});
  element("'>i8'", 8, std::int64_t{0x40490fdb00000000});
  element("'>f4'", 4, 3.14159274f);
}

TEST(Npy, BooleansBecomeZeroOrOne) {
  const Bytes bytes = file(dict("'|b1'", "False", "(200,)"), 200);
  const Result<NpyHeader> header = parse_npy(bytes);
  ASSERT_TRUE(header);
  Bytes target(200);
  decode_npy(*header, bytes.data() + header->data_offset, target.data());
  for (std::size_t i = 0; i < 200; ++i)
    EXPECT_EQ(std::to_integer<int>(target[i]), i == 0 ? 0 : 1);
}

TEST(Npy, BigEndianIsTurned) {
  for (const char *order : {"False", "True"}) {
    const Bytes bytes = file(dict("'>f8'", order, "(2,)"), 16);
    const Result<NpyHeader> header = parse_npy(bytes);
    ASSERT_TRUE(header) << header.message();
    EXPECT_TRUE(header->big_endian);
    Bytes target(16);
    decode_npy(*header, bytes.data() + header->data_offset, target.data());
    for (std::size_t i = 0; i < 16; ++i)
      EXPECT_EQ(std::to_integer<std::size_t>(target[i]), i / 8 * 8 + 7 - i % 8);
  }
}

TEST(Npy, LyingSizesAreRefused) {
  EXPECT_NE(error_of(file(dict("'<f4'", "False", "(3,)"), 11)).find("needs 12 bytes"),
            std::string::npos);
  EXPECT_NE(error_of(file(dict("'<f4'", "False", "(3,)"), 13)), "");
  EXPECT_NE(error_of(file(dict("'<f4'", "False", "(1152921504606846976,)"), 64)), ""); // 2^60
  EXPECT_NE(error_of(file(dict("'<f4'", "False", "(4294967296, 4294967296)"), 0)), "");
  EXPECT_NE(error_of(file(dict("'<f4'", "False", "(9223372036854775807,)"), 0)), "");
  EXPECT_NE(error_of(file(dict("'<f4'", "False", "(9223372036854775808,)"), 0)), "");
  EXPECT_NE(error_of(file(dict("'<f4'", "False", "(-1,)"), 0)), "");
  EXPECT_NE(error_of(file(dict("'<f4'", "False", "(1,1,1,1,1,1,1,1,1)"), 4)), "");
}

TEST(Npy, MalformedHeadersAreRefused) {
  for (const std::string &text :
       {std::string(),
        std::string("{"),
        std::string("{}"),
        std::string("["),
        dict("'<f4'", "False", "(3,)") + "x",
        dict("'<f4'", "False", "(3,)") + "{}",
        dict("'<f4'", "0", "(3,)"),
        dict("'<f4'", "False", "[3]"),
        dict("'<f4'", "False", "(,)"),
        dict("'<f4'", "False", "(3"),
        dict("'<f4'", "False", "(3 4)"),
        dict("'<f4'", "False", "(3,,)"),
        dict("'<f4'", "False", "(3.0,)"),
        dict("'<f4'", "False", "(+3,)"),
        dict("'<f4", "False", "(3,)"),
        dict("[('a', '<f4')]", "False", "(3,)"),
        dict("''", "False", "(3,)"),
        std::string("{'descr': '<f4', 'shape': (3,)}"),
        std::string("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3,)}"),
        std::string("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'x': 1}"),
        std::string("{,}"),
        "{'shape': " + std::string(30000, '(')})
    EXPECT_NE(error_of(file(text, 12)), "") << text.substr(0, 80);
}

TEST(Npy, UnsupportedTypesAreNamed) {
  for (const char *type :
       {"'<f2'", "'<c8'", "'|O'", "'<U5'", "'<m8[ns]'", "'<u8'", "'i8'", "'!f4'"}) {
    const std::string error = error_of(file(dict(type, "False", "(3,)"), 12));
    EXPECT_NE(error.find(type), std::string::npos) << error;
  }
  const std::string hostile =
      error_of(file(dict("'\x1b[2J" + std::string(900, 'a') + "'", "False", "(3,)"), 12));
  EXPECT_NE(hostile, "");
  EXPECT_LT(hostile.size(), 200u);
  EXPECT_EQ(hostile.find('\x1b'), std::string::npos);
}

TEST(Npy, EveryTruncationIsRefused) {
  for (const char major : {'\1', '\2'}) {
    const Bytes whole = file(dict("'<f4'", "False", "(3,)"), 12, major);
    for (std::size_t n = 0; n < whole.size(); ++n)
      EXPECT_NE(error_of(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n))), "");
  }
}

TEST(Npy, HugeHeadersAndOtherVersionsAreRefused) {
  Bytes bytes = file(dict("'<f4'", "False", "(3,)"), 12, 2);
  bytes[11] = std::byte{0x7F};
  EXPECT_NE(error_of(bytes).find("at most 65536"), std::string::npos);
  for (const int version : {0, 4, 255}) {
    bytes = file(dict("'<f4'", "False", "(3,)"), 12);
    bytes[6] = static_cast<std::byte>(version);
    EXPECT_NE(error_of(bytes).find("version"), std::string::npos);
  }
}

namespace {

class NpyOnDisk : public testing::Test {
protected:
  void SetUp() override {
    path =
        std::filesystem::temp_directory_path() / ("tracejit-" + std::to_string(getpid()) + ".npy");
  }
  void TearDown() override { std::filesystem::remove(path); }
  std::filesystem::path path;
};

} // namespace

TEST_F(NpyOnDisk, RoundTrip) {
  std::vector<std::uint64_t> bits = {0x7FF8000000000001, 0x8000000000000000, 1,
                                     0xFFF0000000000000, 0x3FF0000000000000, 42};
  const DimList shape = {3, 2};
  ASSERT_EQ(write_npy(path, DType::f64, shape, reinterpret_cast<const std::byte *>(bits.data())),
            std::nullopt);
  const Result<NpyFile> file = NpyFile::open(path);
  ASSERT_TRUE(file) << file.message();
  EXPECT_EQ(file->header().dtype, DType::f64);
  EXPECT_EQ(values(file->header().shape), (std::vector<std::int64_t>{3, 2}));
  std::vector<std::uint64_t> back(6);
  ASSERT_EQ(file->read(reinterpret_cast<std::byte *>(back.data())), std::nullopt);
  EXPECT_EQ(back, bits);
}

TEST_F(NpyOnDisk, FortranFileIsTransposed) {
  const Bytes bytes = file(dict("'|u1'", "True", "(2, 3)"), 6);
  const std::array<std::span<const std::byte>, 1> parts = {bytes};
  ASSERT_EQ(write_file(path, parts), std::nullopt);
  const Result<NpyFile> read = NpyFile::open(path);
  ASSERT_TRUE(read) << read.message();
  std::array<std::uint8_t, 6> target;
  ASSERT_EQ(read->read(reinterpret_cast<std::byte *>(target.data())), std::nullopt);
  EXPECT_EQ(target, (std::array<std::uint8_t, 6>{0, 2, 4, 1, 3, 5}));
}

TEST_F(NpyOnDisk, SeveralArraysOneAfterTheOther) {
  const std::array<float, 2> floats = {1, 2};
  const std::array<std::int64_t, 1> whole = {7};
  const std::array<NpyArray, 3> arrays = {
      NpyArray{DType::f32, DimList{2}, reinterpret_cast<const std::byte *>(floats.data())},
      NpyArray{DType::f32, DimList{0}, nullptr},
      NpyArray{DType::i64, DimList{}, reinterpret_cast<const std::byte *>(whole.data())}};
  ASSERT_EQ(write_npy(path, arrays), std::nullopt);
  const Result<NpyFile> alone = NpyFile::open(path);
  ASSERT_FALSE(alone);
  EXPECT_NE(alone.message().find("load_all reads several arrays"), std::string::npos);
  std::uint64_t offset = 0;
  for (const NpyArray &array : arrays) {
    const Result<NpyFile> file = NpyFile::open_at(path, offset);
    ASSERT_TRUE(file) << file.message();
    EXPECT_EQ(file->header().dtype, array.dtype);
    std::vector<std::byte> back(file->header().data_bytes);
    ASSERT_EQ(file->read(back.data()), std::nullopt);
    if (!back.empty())
      EXPECT_EQ(std::memcmp(back.data(), array.data, back.size()), 0);
    offset = file->end();
    EXPECT_EQ(file->is_last(), &array == &arrays.back());
  }
  EXPECT_FALSE(NpyFile::open_at(path, offset));
  EXPECT_FALSE(NpyFile::open_at(path, offset + 1));
}

TEST_F(NpyOnDisk, ErrorsNameThePath) {
  const Result<NpyFile> none = NpyFile::open(path);
  ASSERT_FALSE(none);
  EXPECT_NE(none.message().find(path.string()), std::string::npos);
  const std::array<std::span<const std::byte>, 1> parts = {
      std::as_bytes(std::span("not an npy file"))};
  ASSERT_EQ(write_file(path, parts), std::nullopt);
  const Result<NpyFile> other = NpyFile::open(path);
  ASSERT_FALSE(other);
  EXPECT_NE(other.message().find(path.string()), std::string::npos);
  EXPECT_TRUE(write_npy(path / "below", DType::f32, DimList{}, nullptr));
  EXPECT_TRUE(write_npy(path, DType::f16, DimList{0}, nullptr));
}
