// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// SHA-256 against the examples of FIPS 180-4, and both ways of computing it against each other.
#include "runtime/base/Sha256.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

using namespace jit;

static std::span<const std::byte> bytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

TEST(Sha256, GivesTheDigestsOfTheStandard) {
  const std::string million(1'000'000, 'a');
  const std::pair<std::string_view, std::string_view> examples[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {million, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const auto &[text, digest] : examples) {
    EXPECT_EQ(to_hex(sha256(bytes(text))), digest);
    EXPECT_EQ(to_hex(sha256_without_instructions(bytes(text))), digest);
  }
}

TEST(Sha256, IsTheSameWithAndWithoutInstructions) {
  std::vector<std::byte> data;
  for (unsigned k = 0; k < 300; ++k) {
    ASSERT_EQ(sha256(data), sha256_without_instructions(data)) << k << " bytes";
    data.push_back(static_cast<std::byte>(k * 37 + 11));
  }
}
