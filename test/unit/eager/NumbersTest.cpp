// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Numbers that a dtype does not hold: compared exactly, bounds become its ends, all else throws.
#include "test/Refused.h"
#include "test/unit/jit/CompiledTest.h"

#include "runtime/base/WithDType.h"

namespace jit::test {
namespace {

using Exact = long double; // holds all numbers of this file

constexpr DType integers[] = {DType::i8,  DType::u8,  DType::i16, DType::u16,
                              DType::i32, DType::u32, DType::i64};
constexpr std::uint64_t two_to_63 = std::uint64_t{1} << 63;

/// Ends, neighbours of powers of two, and some in between.
Tensor some_of(DType dtype) {
  return with_dtype(dtype, []<class T>(std::type_identity<T>) {
    using Limits = std::numeric_limits<T>;
    std::vector<T> values{T(0), T(1), T(2), T(100)};
    values.insert(values.end(), {Limits::max(), Limits::lowest(), T(Limits::max() / 2)});
    if constexpr (std::floating_point<T>) {
      for (const T power : {T(0x1p24), T(0x1p53), T(0x1p63), T(0x1p64)})
        for (const T value : {T(power - power * Limits::epsilon() / 2), power, T(power * T(1.5))})
          values.insert(values.end(), {value, -value});
      values.insert(values.end(), {T(0.5), T(-0.0), Limits::infinity(), -Limits::infinity(),
                                   Limits::quiet_NaN(), Limits::denorm_min()});
    }
    Tensor all;
    if constexpr (!std::same_as<T, bool>)
      all = Tensor::copy_of(values);
    return all;
  });
}

std::vector<Exact> exactly(const Tensor &x) {
  return with_dtype(x.dtype(), [&]<class T>(std::type_identity<T>) {
    std::vector<Exact> values;
    for (const T value : x.to_vector<T>())
      values.push_back(value);
    return values;
  });
}

template <class F> void for_each_number(F f) {
  for (const int number : {-129, -128, -19, -1, 0, 1, 127, 128, 255, 256, 32767, 65536})
    f(number);
  for (const int power : {24, 31, 32, 53, 62})
    for (const std::int64_t apart : {-1, 0, 1}) {
      f((std::int64_t{1} << power) + apart);
      f(-(std::int64_t{1} << power) + apart);
    }
  f(std::numeric_limits<std::int64_t>::max());
  f(std::numeric_limits<std::int64_t>::min());
  for (const std::uint64_t apart : {std::uint64_t{0}, std::uint64_t{1}, two_to_63 - 1})
    f(two_to_63 + apart);
}

template <class Op, class Plain> void check_comparison(Op op, Plain plain, const char *name) {
  for (const DType dtype : {DType::i8, DType::u8, DType::i16, DType::u16, DType::i32, DType::u32,
                            DType::i64, DType::f32, DType::f64}) {
    const Tensor x = some_of(dtype);
    const std::vector<Exact> values = exactly(x);
    for_each_number([&](auto number) {
      std::vector<bool> right, left;
      for (const Exact value : values) {
        right.push_back(plain(value, Exact(number)));
        left.push_back(plain(Exact(number), value));
      }
      EXPECT_EQ(op(x, number).template to_vector<bool>(), right)
          << jit::name(dtype) << " " << name << " " << number;
      EXPECT_EQ(op(number, x).template to_vector<bool>(), left)
          << number << " " << name << " " << jit::name(dtype);
    });
  }
}

class Numbers : public CompiledTest {
protected:
  void SetUp() override {
    CompiledTest::SetUp();
    set_mode(Mode::off);
  }
};

TEST_F(Numbers, ComparisonsAreExact) {
  check_comparison([](Operand a, Operand b) { return less(std::move(a), std::move(b)); },
                   std::less<>(), "<");
  check_comparison([](Operand a, Operand b) { return less_equal(std::move(a), std::move(b)); },
                   std::less_equal<>(), "<=");
  check_comparison([](Operand a, Operand b) { return greater(std::move(a), std::move(b)); },
                   std::greater<>(), ">");
  check_comparison([](Operand a, Operand b) { return greater_equal(std::move(a), std::move(b)); },
                   std::greater_equal<>(), ">=");
  check_comparison([](Operand a, Operand b) { return equal(std::move(a), std::move(b)); },
                   std::equal_to<>(), "==");
  check_comparison([](Operand a, Operand b) { return not_equal(std::move(a), std::move(b)); },
                   std::not_equal_to<>(), "!=");
}

TEST_F(Numbers, BoundsBecomeTheEndsOfTheDtype) {
  for (const DType dtype : integers) {
    const Tensor x = some_of(dtype);
    EXPECT_TRUE(same_bits(x, clip(x, std::numeric_limits<std::int64_t>::min(), two_to_63)));
    EXPECT_TRUE(same_bits(x, minimum(x, two_to_63)));
    EXPECT_TRUE(same_bits(x, maximum(std::numeric_limits<std::int64_t>::min(), x)));
  }
  const Tensor bytes = Tensor::copy_of<std::uint8_t>({0, 7, 255});
  using Bytes = std::vector<std::uint8_t>;
  EXPECT_EQ(clip(bytes, -129, 300).to_vector<std::uint8_t>(), (Bytes{0, 7, 255}));
  EXPECT_EQ(clip(bytes, 300, 400).to_vector<std::uint8_t>(), (Bytes{255, 255, 255}));
  EXPECT_EQ(clip(bytes, -5, 100).to_vector<std::uint8_t>(), (Bytes{0, 7, 100}));
}

/// The call is refused inside of a trace, in both modes.
template <class F>
void expect_unfit(const std::string &text, F f,
                  std::source_location call = std::source_location::current()) {
  for (const Mode mode : {Mode::off, Mode::on}) {
    set_mode(mode);
    EXPECT_EQ(expect_refused(
                  text, [&] { trace(f, {.name = text})(); }, call),
              ErrorCode::invalid_argument);
  }
  set_mode(Mode::off);
}

TEST_F(Numbers, ArithmeticRefusesWhatDoesNotFit) {
  const Tensor bytes = ones({3}, DType::u8), small = ones({3}, DType::i8), mask = bytes == 1;
  const Tensor longs = ones({3}, DType::i64), words = ones({3}, DType::u32);
  expect_unfit("add: the number 300 does not fit i8, whose values are the integers from -128 to "
               "127",
               [&] { small + 300; });
  expect_unfit("subtract: the number -1 does not fit u8", [&] { bytes - -1; });
  expect_unfit("multiply: the number 256 does not fit u8", [&] { 256 * bytes; });
  expect_unfit("where: the number 300 does not fit u8", [&] { where(mask, bytes, 300); });
  expect_unfit("add: the number 9223372036854775808 does not fit i64", [&] { longs + two_to_63; });
  expect_unfit("bitwise_and: the number 4294967296 does not fit u32",
               [&] { words &(std::int64_t{1} << 32); });
  expect_unfit("minimum: the number -5 does not fit u8", [&] { minimum(bytes, -5); });
  expect_unfit("maximum: the number 300 does not fit u8", [&] { maximum(300, bytes); });
  expect_unfit("pow: the number 300 does not fit u8", [&] { pow(bytes, 300); });
  expect_unfit("full: the number 300 does not fit u8", [&] { full({3}, 300, DType::u8); });
  expect_unfit("full: the number 2.5 does not fit i32", [&] { full({3}, 2.5, DType::i32); });
  expect_unfit("full: the number nan does not fit i64",
               [&] { full({}, std::numeric_limits<double>::quiet_NaN(), DType::i64); });
  expect_unfit("arange: the number 259 does not fit u8", [] { arange(250, 260, 3, DType::u8); });
  expect_unfit("arange: the number -1 does not fit u32", [] { arange(5, -2, -1, DType::u32); });
  expect_unfit("full_like: the number -1 does not fit u8", [&] { full_like(bytes, -1); });
  expect_unfit("full: the number 70000 does not fit u16", [&] { Tensor(70000, DType::u16); });
  expect_unfit("pad: the number 256 does not fit u8", [&] { pad(bytes, {1}, {1}, 256); });
  expect_unfit("at: the number 128 does not fit i8", [&] {
    Tensor x = small;
    x.at(0) = 128;
  });
  expect_unfit("at: the number -1 does not fit u8", [&] {
    Tensor x = bytes;
    x.at(mask) += -1;
  });
}

TEST_F(Numbers, FloatsRoundThem) {
  const Tensor x = ones({2}, DType::f64);
  EXPECT_EQ((x * two_to_63)(0).item<double>(), 0x1p63);
  EXPECT_EQ(full({1}, two_to_63, DType::f32).item<float>(), 0x1p63f);
  EXPECT_EQ((ones({1}) + ((std::int64_t{1} << 24) + 1)).dtype(), DType::f32);
  EXPECT_TRUE((x < two_to_63)(0).item<bool>());
  EXPECT_EQ(full({2}, -0.0, DType::i32).to_vector<int>(), (std::vector<int>{0, 0}));
  EXPECT_EQ(full({1}, 3.0, DType::u8).item<int>(), 3);
  EXPECT_TRUE(logical_and(x, two_to_63)(0).item<bool>());
  EXPECT_EQ(astype(Operand(two_to_63), DType::f64).item<double>(), 0x1p63);
}

/// The same program serves numbers in range; others take another path, with the right result.
TEST_F(Numbers, CompiledProgramsDoTheSame) {
  set_mode(Mode::on);
  const auto step = [](const Tensor &x, std::int64_t low, std::int64_t high) {
    const Tensor inside = (x >= low) & (x < high);
    return where(inside, x, 0) * 2 + clip(x, low, high);
  };
  for (const DType dtype : {DType::u8, DType::i8, DType::i16, DType::u32, DType::f32}) {
    auto traced = trace(step, {.name = "range of " + std::string(name(dtype))});
    const Tensor x = (arange(1000) % 200).astype(dtype);
    const std::int64_t limits[][2] = {{3, 90}, {0, 100}, {-300, 70000}, {10, 20}, {90, 1 << 25}};
    for (int i = 0; i < 20; ++i) {
      const auto [low, high] = limits[i < 6 ? i % 2 : i % 5];
      const Tensor expected = plainly([&] { return step(x, low, high); });
      EXPECT_TRUE(same_bits(expected, traced(x, low, high))) << name(dtype) << " " << i;
      ASSERT_TRUE(wait_compiled());
    }
    EXPECT_GE(hits(traced), 4u) << name(dtype);
  }
}

TEST_F(Numbers, RefusedInACompiledProgramWhichGoesOn) {
  set_mode(Mode::on);
  auto traced = trace([](const Tensor &x, int k) { return (x + k) * 2; }, {.name = "u8"});
  const Tensor x = ones({40}, DType::u8);
  for (int i = 0; i < 12; ++i) {
    if (i > 5 && i % 2) {
      EXPECT_THROW(traced(x, 256 + i), Error);
    } else {
      EXPECT_EQ(traced(x, i)(7).item<int>(), 2 * (1 + i));
    }
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_GE(hits(traced), 3u);
}

} // namespace
} // namespace jit::test
