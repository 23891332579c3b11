// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) and the
// distributions made from its words.
#include "runtime/kernels/KernelTable.h"
#include "runtime/kernels/isa/Parts.h"
#include "runtime/scalar/Functions.h"
#include "runtime/scalar/Simd.h"

namespace jit::TRACEJIT_ISA {

namespace {

/// Key and counter are 64-bit numbers, low word first; the upper counter words are 0.
void philox(std::uint64_t key, std::uint64_t counter, std::size_t blocks, std::uint32_t *words) {
  constexpr int lanes = simd::vector_bytes / 4;
  simd::Emitter<lanes> e;
  for (std::size_t first = 0; first < blocks; first += lanes) {
    alignas(64) std::int32_t made[4][lanes];
    for (int i = 0; i < lanes; ++i) {
      const std::uint64_t number = counter + first + static_cast<std::uint64_t>(i);
      made[0][i] = static_cast<std::int32_t>(number);
      made[1][i] = static_cast<std::int32_t>(number >> 32);
    }
    auto block = scalar::philox(
        e, {e.load(made[0]), e.load(made[1]), e.i32(0), e.i32(0)},
        {e.i32(static_cast<std::int32_t>(key)), e.i32(static_cast<std::int32_t>(key >> 32))});
    for (int word = 0; word < 4; ++word)
      e.store(made[word], block[word]);
    for (std::size_t i = 0; i < lanes && first + i < blocks; ++i)
      for (std::size_t word = 0; word < 4; ++word)
        words[4 * (first + i) + word] = static_cast<std::uint32_t>(made[word][i]);
  }
}

std::uint64_t word_pair(const std::uint32_t *words, std::size_t i) {
  return words[2 * i] | static_cast<std::uint64_t>(words[2 * i + 1]) << 32;
}
/// The random bits of element i as an integer below 2^24 or 2^53.
std::int64_t bits_of(const std::uint32_t *words, std::size_t i, float) { return words[i] >> 8; }
std::int64_t bits_of(const std::uint32_t *words, std::size_t i, double) {
  return static_cast<std::int64_t>(word_pair(words, i) >> 11);
}
template <class T> inline constexpr T unit = sizeof(T) == 4 ? T(0x1p-24) : T(0x1p-53);

template <class T> void uniform(const std::uint32_t *words, std::size_t count, std::byte *to) {
  T *target = reinterpret_cast<T *>(to);
  for (std::size_t i = 0; i < count; ++i)
    target[i] = static_cast<T>(bits_of(words, i, T{})) * unit<T>;
}

/// Box-Muller on elements 2j and 2j + 1: the radius from u in (0, 1], the angle from u in [0, 1).
template <class T> void normal(const std::uint32_t *words, std::size_t count, std::byte *to) {
  T *target = reinterpret_cast<T *>(to);
  constexpr int lanes = simd::vector_bytes / int(sizeof(T));
  const std::size_t pairs = (count + 1) / 2;
  for (std::size_t first = 0; first < pairs; first += lanes) {
    alignas(64) T radii[lanes] = {}, angles[lanes] = {};
    for (std::size_t i = 0; i < lanes && first + i < pairs; ++i) {
      const std::size_t even = 2 * (first + i);
      radii[i] = static_cast<T>(bits_of(words, even, T{}) + 1) * unit<T>;
      angles[i] = static_cast<T>(bits_of(words, even + 1, T{})) * unit<T>;
    }
    simd::Emitter<lanes> e;
    auto logarithm = scalar::log(e, e.load(radii));
    auto squared = e.mul(logarithm, simd::broadcast<T, lanes>(T(-2)));
    auto radius = e.sqrt(squared);
    auto angle = e.mul(e.load(angles), simd::broadcast<T, lanes>(T(6.283185307179586476925)));
    auto cosine = scalar::cos(e, angle);
    auto sine = scalar::sin(e, angle);
    e.store(radii, e.mul(radius, cosine));
    e.store(angles, e.mul(radius, sine));
    for (std::size_t i = 0; i < lanes && first + i < pairs; ++i) {
      const std::size_t even = 2 * (first + i);
      target[even] = radii[i];
      if (even + 1 < count)
        target[even + 1] = angles[i];
    }
  }
}

} // namespace

void add_random(KernelTable &table) noexcept {
  table.philox = philox;
  table.uniform[slot(DType::f32)] = uniform<float>;
  table.uniform[slot(DType::f64)] = uniform<double>;
  table.normal[slot(DType::f32)] = normal<float>;
  table.normal[slot(DType::f64)] = normal<double>;
}

} // namespace jit::TRACEJIT_ISA
