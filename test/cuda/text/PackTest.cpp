// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The pack of eager kernels: every function of the records is in it; the same texts as C++ give the
// bits of the plain emitter for every source of operands, aligned and not, in any strides.
#include "runtime/cuda/Pack.h"
#include "compiler/cuda/text/TextRules.h"
#include "runtime/base/WithDType.h"
#include "runtime/cuda/FamilyArgs.h"
#include "runtime/scalar/Cast.h"
#include "runtime/scalar/Plain.h"
#include "test/cuda/text/EmulatedText.h"
#include "test/unit/compiler/TestMemory.h"
#include "test/unit/scalar/Inputs.h"
#include "test/unit/scalar/ScalarKernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

namespace jit::gpu::test {
namespace {

using jit::test::Memory;
using scalar_test::Kernel;

bool is_cast(const Kernel &kernel) { return std::string_view(kernel.name).starts_with("cast<"); }

/// Kernels of the table have this stem; none for what the random numbers are made of.
std::string stem_of(const Kernel &kernel) {
  const std::string name(kernel.name), last(jit::name(kernel.operands[kernel.arity - 1]));
  if (name == "philox" || name == "mulhi_unsigned")
    return {};
  return is_cast(kernel) ? "cast_" + last + "_" + std::string(jit::name(kernel.result))
                         : name + "_" + last;
}

class PackTest : public testing::Test {
protected:
  void SetUp() override {
    if (pack().kernels.empty())
      GTEST_SKIP() << "this build has no pack: TRACEJIT_CUDA";
  }
};

TEST_F(PackTest, HasEveryFunction) {
  std::size_t count = 0;
  for (const Kernel &kernel : plain::test_kernels()) {
    const std::string stem = stem_of(kernel);
    if (stem.empty())
      continue;
    EXPECT_TRUE(find_packed(stem + "_c")) << stem;
    ++count;
    for (const char *variant : {"_s", "_S"}) {
      const std::string name =
          (is_cast(kernel) ? "cast_" + std::string(jit::name(kernel.result)) : stem) + variant;
      EXPECT_TRUE(find_packed(name)) << name;
      count += !is_cast(kernel) || kernel.operands[0] == kernel.result;
    }
  }
  constexpr unsigned units_of_elements = 4; // the first ones
  const auto is_element = [](const PackedKernel &kernel) {
    return pack().modules[kernel.module].unit < units_of_elements;
  };
  EXPECT_EQ(std::ranges::count_if(pack().kernels, is_element), count);
  EXPECT_FALSE(find_packed("add_f16_c"));
}

TEST_F(PackTest, ModulesAreWhole) {
  std::size_t bytes = 0;
  for (const PackedKernel &kernel : pack().kernels) {
    const std::string ptx = packed_ptx(kernel.module);
    ASSERT_TRUE(ptx.starts_with("// tracejit pack ")) << kernel.name;
    ASSERT_NE(ptx.find(".entry " + std::string(kernel.name) + "("), ptx.npos);
    ASSERT_EQ(check_ptx(ptx), "") << kernel.name;
    bytes += ptx.size();
    if (bytes > 40'000'000) // a few hundred; all would take seconds
      break;
  }
}

/// A library that the build has made of a text of the pack.
const EmulatedText &unit_of(const std::string &kernel) {
  static std::map<std::string, std::unique_ptr<EmulatedText>> units;
  const std::string ptx = packed_ptx(find_packed(kernel)->module);
  const std::string name = ptx.substr(17, ptx.find('\n') - 17);
  std::unique_ptr<EmulatedText> &unit = units[name];
  if (!unit)
    unit = std::make_unique<EmulatedText>(TEST_PACK + ("/" + name) + ".emu.so");
  return *unit;
}

template <class Argument>
void launch(const std::string &kernel, const Argument &argument, Order order) {
  ASSERT_TRUE(find_packed(kernel)) << kernel;
  unit_of(kernel).launch(kernel, &argument, 2, 256, order);
  EXPECT_FALSE(EmulatedText::take_misaligned()) << kernel;
}

void fill(Memory &memory, unsigned seed) {
  with_dtype(memory.dtype, [&]<class T>(std::type_identity<T>) {
    std::mt19937_64 random(seed);
    const std::vector<T> edge = scalar_test::edges<T>();
    for (std::size_t i = 0; i < memory.elements; ++i) {
      const T x =
          random() % 3 == 0 ? edge[random() % edge.size()] : scalar_test::random_value<T>(random);
      std::memcpy(memory.first() + i * sizeof(T), &x, sizeof(T));
    }
  });
}

std::uint64_t bits_at(DType dtype, const std::byte *place) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, place, itemsize(dtype));
  return bits;
}

void expect_same(DType dtype, std::byte *expected, std::byte *got, std::size_t count,
                 const std::string &what) {
  const std::size_t size = itemsize(dtype);
  for (std::size_t i = 0; i < count; ++i)
    ASSERT_TRUE(jit::test::same(dtype, expected + i * size, got + i * size))
        << what << " element " << i;
  for (std::size_t i = 0; i < size; ++i)
    ASSERT_EQ(got[count * size + i], std::byte{}) << what << " stores behind its result";
}

constexpr std::size_t count = 4103, rounded = 4128; // plain loops take multiples of 32

/// Sources by turns: all elements, one of them one element, one a number; moved by an element.
void check_contiguous(const Kernel &kernel, const std::string &stem, int round) {
  const auto arity = static_cast<unsigned>(kernel.arity);
  const bool aligned = round != 1;
  ContiguousArgs argument{};
  argument.count = count;
  argument.aligned = aligned;
  std::vector<Memory> memory;
  std::vector<std::vector<std::byte>> plain;
  const void *pointers[3];
  for (unsigned k = 0; k < arity; ++k) {
    const DType dtype = kernel.operands[k];
    const std::size_t size = itemsize(dtype);
    fill(memory.emplace_back(dtype, rounded + 1), k + 10);
    std::byte *first = memory[k].first() + (aligned ? 0 : size);
    argument.operand[k] = first;
    argument.source[k] = round >= 2 && k == static_cast<unsigned>(round) % arity
                             ? (round % 2 ? a_number : one_element)
                             : elements;
    if (argument.source[k] == a_number) {
      argument.number[k] = bits_at(dtype, first);
      argument.operand[k] = nullptr;
    }
    plain.emplace_back(rounded * size);
    for (std::size_t i = 0; i < rounded; ++i)
      std::memcpy(plain[k].data() + i * size,
                  first + (argument.source[k] == elements ? i * size : 0), size);
    pointers[k] = plain[k].data();
  }
  Memory expected(kernel.result, rounded), got(kernel.result, rounded);
  kernel.run(pointers, expected.first(), rounded);
  argument.result = got.first();
  launch(stem + "_c", argument, orders[round % 3]);
  expect_same(kernel.result, expected.first(), got.first(), count,
              stem + "_c round " + std::to_string(round));
}

TEST_F(PackTest, ContiguousKernels) {
  for (const Kernel &kernel : plain::test_kernels())
    if (const std::string stem = stem_of(kernel); !stem.empty())
      for (int round = 0; round < 4; ++round)
        check_contiguous(kernel, stem, round);
}

/// Element `from` as one of another dtype.
void convert(DType from_dtype, const std::byte *from, DType to_dtype, std::byte *to) {
  with_dtype(from_dtype, [&]<class From>(std::type_identity<From>) {
    with_dtype(to_dtype, [&]<class To>(std::type_identity<To>) {
      From x;
      std::memcpy(&x, from, sizeof x);
      plain::Emitter e;
      const To y =
          static_cast<To>(scalar::cast<To>(e, scalar::Value<plain::Emitter, From>{x}).value);
      std::memcpy(to, &y, sizeof y);
    });
  });
}

/// The dtype of an operand in memory: the kernel's, or one that promotes to it.
DType memory_dtype(const Kernel &kernel, unsigned k, int round) {
  constexpr DType all[] = {DType::boolean, DType::i8,  DType::u8,  DType::i16, DType::u16,
                           DType::i32,     DType::u32, DType::i64, DType::f32, DType::f64};
  const DType own = kernel.operands[k];
  if (is_cast(kernel) || round % 2 == 0 || (kernel.arity == 3 && k == 0))
    return own;
  const DType wanted = all[(static_cast<unsigned>(round) * 3 + k) % std::size(all)];
  return wanted <= own ? wanted : own;
}

template <class Argument>
void check_strided(const Kernel &kernel, const std::string &name, int round) {
  using Index = std::remove_cvref_t<decltype(Argument{}.extent[0])>;
  const std::array<std::int64_t, 4> extents = {5, 1, 7, round == 0 ? 117 : 31};
  const std::int64_t points = extents[0] * extents[2] * extents[3];
  Argument argument{};
  argument.count = static_cast<Index>(points);
  argument.rank = 4;
  for (std::size_t axis = 0; axis < 4; ++axis) {
    const auto by = division_by(static_cast<Index>(extents[axis]));
    argument.extent[axis] = static_cast<Index>(extents[axis]);
    argument.magic[axis] = by.magic;
    argument.shift[axis] = by.shift;
  }
  std::vector<Memory> memory;
  std::vector<std::vector<std::byte>> plain;
  const void *pointers[3];
  const std::size_t whole = static_cast<std::size_t>(points + 31) / 32 * 32;
  for (unsigned k = 0; k < static_cast<unsigned>(kernel.arity); ++k) {
    const DType dtype = memory_dtype(kernel, k, round), own = kernel.operands[k];
    fill(memory.emplace_back(dtype, static_cast<std::size_t>(2 * points)), k + 20);
    // Transposed, backwards, broadcast.
    const std::array<std::int64_t, 4> strides =
        k == 0   ? std::array<std::int64_t, 4>{1, 9, 5, 35}
        : k == 1 ? std::array<std::int64_t, 4>{extents[2] * extents[3], 3, extents[3], -1}
                 : std::array<std::int64_t, 4>{0, 0, 2, 0};
    const std::int64_t begin = k == 1 ? extents[3] - 1 : 0;
    const bool is_number = round == 2 && k + 1 == static_cast<unsigned>(kernel.arity);
    for (std::size_t axis = 0; axis < 4; ++axis)
      argument.stride[k][axis] =
          static_cast<std::remove_cvref_t<decltype(argument.stride[0][0])>>(strides[axis]);
    std::byte *base = memory[k].first() + static_cast<std::size_t>(begin) * itemsize(dtype);
    argument.operand[k] = base;
    argument.source[k] = static_cast<unsigned>(dtype);
    plain.emplace_back(whole * itemsize(own));
    for (std::int64_t i = 0; i < points; ++i) {
      const std::int64_t at = i / (extents[2] * extents[3]) * strides[0] +
                              i / extents[3] % extents[2] * strides[2] +
                              i % extents[3] * strides[3];
      convert(dtype, base + (is_number ? 0 : at) * static_cast<std::int64_t>(itemsize(dtype)), own,
              plain[k].data() + static_cast<std::size_t>(i) * itemsize(own));
    }
    if (is_number) {
      argument.source[k] = strided_number;
      argument.number[k] = bits_at(own, plain[k].data());
    }
    pointers[k] = plain[k].data();
  }
  Memory expected(kernel.result, whole), got(kernel.result, whole);
  kernel.run(pointers, expected.first(), whole);
  argument.result = got.first();
  launch(name, argument, orders[round % 3]);
  expect_same(kernel.result, expected.first(), got.first(), static_cast<std::size_t>(points),
              name + " round " + std::to_string(round));
}

TEST_F(PackTest, StridedKernels) {
  for (const Kernel &kernel : plain::test_kernels()) {
    std::string stem = stem_of(kernel);
    if (stem.empty())
      continue;
    if (is_cast(kernel))
      stem = "cast_" + std::string(jit::name(kernel.result));
    for (int round = 0; round < 4; ++round) {
      if (is_cast(kernel) && round == 2)
        continue; // numbers have the kernel's dtype
      check_strided<StridedArgs>(kernel, stem + "_s", round);
      if (round < 2)
        check_strided<WideStridedArgs>(kernel, stem + "_S", round);
    }
  }
}

TEST(Divisions, ByMultiplication) {
  const auto check = []<class T>(T) {
    std::mt19937_64 random(1);
    const T half = T(~T{0} >> 1);
    for (int i = 0; i < 200000; ++i) {
      const T divisor =
          std::max<T>(1, static_cast<T>(random()) >> (1 + random() % (8 * sizeof(T) - 1)));
      const auto [magic, shift] = division_by(divisor);
      const T any = static_cast<T>(random()) & half, multiple = any / divisor * divisor;
      for (T x : {any, multiple, multiple == 0 ? T{0} : T(multiple - 1), half, T{0}}) {
        __extension__ using Wide = unsigned __int128;
        const T high = static_cast<T>(Wide{x} * magic >> (8 * sizeof(T)));
        ASSERT_EQ(T(high + x) >> shift, x / divisor) << x << " / " << divisor;
      }
    }
  };
  check(std::uint32_t{});
  check(std::uint64_t{});
}

} // namespace
} // namespace jit::gpu::test
