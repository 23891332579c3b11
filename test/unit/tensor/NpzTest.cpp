// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// .npz files: what is written is read, stored and deflated; what is damaged is refused.
#include <tracejit/tracejit.h>

#include <cstring>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <random>
#include <unistd.h>

namespace jit {
namespace {

class Npz : public testing::Test {
protected:
  void SetUp() override {
    path =
        std::filesystem::temp_directory_path() / ("tracejit-" + std::to_string(getpid()) + ".npz");
  }
  void TearDown() override { std::filesystem::remove(path); }

  std::string content() const {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void write(const std::string &bytes) const { std::ofstream(path, std::ios::binary) << bytes; }
  std::string error() const {
    try {
      load_npz(path);
    } catch (const Error &problem) {
      EXPECT_EQ(problem.code(), ErrorCode::io);
      return problem.what();
    }
    return "no error";
  }
  std::filesystem::path path;
};

NamedTensors some_tensors() {
  return {{"weights", reshape(arange(12.0), {3, 4}).T()},
          {"", Tensor(2.5, DType::f64)},
          {"none", zeros({0, 3}, DType::i64)},
          {"truths/deep", arange(70) > 3},
          {"large", arange(100'000)}};
}

TEST_F(Npz, RoundTrip) {
  std::size_t stored = 0;
  for (const Compression compression : {Compression::none, Compression::deflate}) {
    const NamedTensors written = some_tensors();
    save_npz(path, written, compression);
    const NamedTensors read = load_npz(path);
    ASSERT_EQ(read.size(), written.size());
    for (const auto &[name, tensor] : written) {
      ASSERT_TRUE(read.contains(name)) << name;
      EXPECT_EQ(read.at(name).dtype(), tensor.dtype());
      EXPECT_TRUE(array_equal(read.at(name), tensor)) << name;
    }
    if (compression == Compression::none)
      stored = content().size();
    else
      EXPECT_LT(content().size(), stored / 2);
  }
  save_npz(path, {});
  EXPECT_TRUE(load_npz(path).empty());
}

TEST_F(Npz, DamageIsRefused) {
  for (const Compression compression : {Compression::none, Compression::deflate}) {
    save_npz(path, {{"x", arange(1000)}}, compression);
    const std::string good = content();
    std::mt19937 random(1);
    int refused = 0;
    for (int i = 0; i < 300; ++i) {
      std::string bad = good;
      bad[random() % bad.size()] ^= static_cast<char>(1 + random() % 255);
      write(bad);
      refused += error() != "no error"; // dates and the like may change
    }
    EXPECT_GT(refused, 250);
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, good.size() / 2, good.size() - 1}) {
      write(good.substr(0, size));
      EXPECT_NE(error(), "no error") << size;
    }
  }
  EXPECT_NE(error().find("npz"), std::string::npos);
  write(std::string(100, 'x'));
  EXPECT_NE(error().find("not a .npz file"), std::string::npos);
}

/// A deflated member that says it is huge must not make the reader allocate that.
TEST_F(Npz, ImpossibleSizesAreRefused) {
  save_npz(path, {{"x", arange(10)}}, Compression::deflate);
  std::string bytes = content();
  const std::size_t entry = bytes.rfind("PK\x01\x02");
  ASSERT_NE(entry, bytes.npos);
  for (std::size_t i = 24; i < 28; ++i)
    bytes[entry + i] = static_cast<char>(i == 27 ? 0x7f : 0xff);
  write(bytes);
  EXPECT_NE(error().find("has an impossible size"), std::string::npos) << error();
}

TEST_F(Npz, SeveralArraysInOneNpyFile) {
  const std::vector<Tensor> written{arange(5), reshape(arange(6.0), {2, 3}).T(), zeros({0})};
  save_all(path, written);
  const std::vector<Tensor> read = load_all(path);
  ASSERT_EQ(read.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_TRUE(array_equal(read[i], written[i])) << i;
  EXPECT_THROW(load(path), Error);
  save(path, arange(3));
  EXPECT_EQ(load_all(path).size(), 1u);
  EXPECT_THROW(save_all(path, {Tensor()}), Error);
  EXPECT_THROW(save_npz(path, {{"x", Tensor()}}), Error);
}

} // namespace
} // namespace jit
