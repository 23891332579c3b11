// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// SHA-256 in blocks of 64 bytes: by the instructions for it where the processor has them.
#include "runtime/base/Sha256.h"

#include <bit>
#include <cpuid.h>
#include <cstring>
#include <immintrin.h>

namespace jit {
namespace {

using Words = std::array<std::uint32_t, 8>;
constexpr std::size_t block_bytes = 64;
constexpr std::size_t rounds = 64;

__extension__ using Wide = unsigned __int128;

/// The first 32 bits behind the point of the square (2) or cube (3) root.
constexpr std::uint32_t fraction_of_root(unsigned number, int degree) {
  const Wide wanted = static_cast<Wide>(number) << 32 * degree;
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 36; bit; bit >>= 1) {
    const std::uint64_t longer = root | bit;
    const Wide square = static_cast<Wide>(longer) * longer;
    if ((degree == 2 ? square : square * longer) <= wanted)
      root = longer;
  }
  return static_cast<std::uint32_t>(root);
}

template <std::size_t Count> constexpr auto roots_of_primes(int degree) {
  std::array<std::uint32_t, Count> roots{};
  std::size_t found = 0;
  for (unsigned number = 2; found < Count; ++number) {
    bool prime = true;
    for (unsigned divisor = 2; divisor * divisor <= number; ++divisor)
      prime &= number % divisor != 0;
    if (prime)
      roots[found++] = fraction_of_root(number, degree);
  }
  return roots;
}

constexpr Words start = roots_of_primes<8>(2);
alignas(16) constexpr auto constants = roots_of_primes<rounds>(3);

std::uint32_t load(const std::byte *p) noexcept {
  std::uint32_t word;
  std::memcpy(&word, p, sizeof word);
  return __builtin_bswap32(word);
}

void hash_plainly(Words &state, const std::byte *block) noexcept {
  std::uint32_t w[rounds];
  for (std::size_t t = 0; t < 16; ++t)
    w[t] = load(block + 4 * t);
  for (std::size_t t = 16; t < rounds; ++t) {
    const std::uint32_t x = w[t - 15], y = w[t - 2];
    w[t] = w[t - 16] + (std::rotr(x, 7) ^ std::rotr(x, 18) ^ x >> 3) + w[t - 7] +
           (std::rotr(y, 17) ^ std::rotr(y, 19) ^ y >> 10);
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t t = 0; t < rounds; ++t) {
    const std::uint32_t first = h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) +
                                ((e & f) ^ (~e & g)) + constants[t] + w[t];
    const std::uint32_t second =
        (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + first, d = c, c = b, b = a, a = first + second;
  }
  const Words added = {a, b, c, d, e, f, g, h};
  for (std::size_t k = 0; k < state.size(); ++k)
    state[k] += added[k];
}

/// The instructions keep the words in the order {a, b, e, f} and {c, d, g, h}, highest first.
[[gnu::target("sha,sse4.1")]] void hash_by_instructions(Words &state,
                                                        const std::byte *block) noexcept {
  const auto set = [&](std::size_t i, std::size_t j, std::size_t k, std::size_t l) {
    return _mm_set_epi32(static_cast<int>(state[i]), static_cast<int>(state[j]),
                         static_cast<int>(state[k]), static_cast<int>(state[l]));
  };
  const __m128i abef_before = set(0, 1, 4, 5), cdgh_before = set(2, 3, 6, 7);
  __m128i abef = abef_before, cdgh = cdgh_before;
  const __m128i swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  __m128i w[4];
  for (std::size_t k = 0; k < 4; ++k)
    w[k] =
        _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i *>(block + 16 * k)), swap);
  for (std::size_t t = 0; t < rounds; t += 4) {
    const __m128i wk = _mm_add_epi32(
        w[0], _mm_load_si128(reinterpret_cast<const __m128i *>(constants.data() + t)));
    cdgh = _mm_sha256rnds2_epu32(cdgh, abef, wk);
    abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(wk, 0x0e));
    const __m128i next = _mm_sha256msg2_epu32(
        _mm_add_epi32(_mm_sha256msg1_epu32(w[0], w[1]), _mm_alignr_epi8(w[3], w[2], 4)), w[3]);
    w[0] = w[1], w[1] = w[2], w[2] = w[3], w[3] = next;
  }
  alignas(16) std::uint32_t high[4], low[4];
  _mm_store_si128(reinterpret_cast<__m128i *>(high), _mm_add_epi32(abef, abef_before));
  _mm_store_si128(reinterpret_cast<__m128i *>(low), _mm_add_epi32(cdgh, cdgh_before));
  state = {high[3], high[2], low[3], low[2], high[1], high[0], low[1], low[0]};
}

using HashBlock = void(Words &state, const std::byte *block) noexcept;

HashBlock *choose() noexcept {
  unsigned a = 0, b = 0, c = 0, d = 0;
  const bool has = __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA);
  return has && __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_1) ? hash_by_instructions
                                                                   : hash_plainly;
}

Digest hash(std::span<const std::byte> bytes, HashBlock *hash_block) noexcept {
  Words state = start;
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  for (; bytes.size() >= block_bytes; bytes = bytes.subspan(block_bytes))
    hash_block(state, bytes.data());
  std::byte last[2 * block_bytes] = {};
  if (!bytes.empty())
    std::memcpy(last, bytes.data(), bytes.size());
  last[bytes.size()] = std::byte{0x80};
  const std::size_t end = bytes.size() + 9 <= block_bytes ? block_bytes : 2 * block_bytes;
  const std::uint64_t big_endian = __builtin_bswap64(bits);
  std::memcpy(last + end - sizeof big_endian, &big_endian, sizeof big_endian);
  for (std::size_t at = 0; at < end; at += block_bytes)
    hash_block(state, last + at);
  for (std::uint32_t &word : state)
    word = __builtin_bswap32(word);
  return std::bit_cast<Digest>(state);
}

} // namespace

Digest sha256(std::span<const std::byte> bytes) noexcept {
  static HashBlock *const best = choose();
  return hash(bytes, best);
}

Digest sha256_without_instructions(std::span<const std::byte> bytes) noexcept {
  return hash(bytes, hash_plainly);
}

std::string to_hex(const Digest &digest) {
  std::string text;
  for (const std::byte byte : digest)
    for (const int shift : {4, 0})
      text += "0123456789abcdef"[std::to_integer<unsigned>(byte) >> shift & 15];
  return text;
}

} // namespace jit
