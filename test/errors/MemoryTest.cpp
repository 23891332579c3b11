// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes that overflow, and memory that is not there.
#include "runtime/tensor/Arena.h"
#include "test/errors/Expect.h"

#include <tracejit/io.h>

namespace jit {
namespace {

constexpr std::int64_t exa = std::int64_t{1} << 60;

TEST(MemoryErrors, CountsThatOverflow) {
  expect_invalid("full: the result f32[1152921504606846976,16] is too large",
                 [] { zeros({exa, 16}); });
  // The elements can be counted, the bytes cannot.
  expect_invalid("full: the result f64[2305843009213693952] is too large",
                 [] { zeros({2 * exa}, DType::f64); });
  expect_invalid("full: extent -1 of f32[-1] is negative", [] { zeros({-1}); });
  const Tensor column = broadcast_to(zeros({1, 1}), {std::int64_t{1} << 32, 1});
  const Tensor row = broadcast_to(zeros({1, 1}), {1, std::int64_t{1} << 32});
  expect_invalid("add: the result f32[4294967296,4294967296] is too large", [&] { column + row; });
  expect_invalid("arange: the result i64[9223372036854775807] is too large",
                 [] { arange(std::int64_t{0x7fffffffffffffff}); });
  expect_invalid("copy_of: shape f32[1152921504606846976,16] has a negative extent or more bytes "
                 "than 64 bits can count",
                 [] { Tensor::copy_of<float>({1}, {exa, 16}); });
}

TEST(MemoryErrors, MoreThanThereIs) {
  const auto out_of_memory = [](const std::string &message, const std::function<void()> &call,
                                std::source_location near = std::source_location::current()) {
    expect_error(ErrorCode::out_of_memory, message, call, near);
  };
  arena::set_limit(std::size_t{64} << 30); // whatever this machine has
  out_of_memory("full: cannot allocate 200000000000 bytes for f32[50000000000]",
                [] { zeros({50'000'000'000}); });
  out_of_memory("full: cannot allocate 4611686018427387904 bytes for f32[1152921504606846976]",
                [] { zeros({exa}); });
  const Tensor wide = broadcast_to(ones({1}), {50'000'000'000});
  out_of_memory("exp: cannot allocate 200000000000 bytes for f32[50000000000]", [&] { exp(wide); });
  const Tensor pairs = broadcast_to(ones({1, 2}), {25'000'000'000, 2});
  out_of_memory("reshape: cannot allocate 200000000000 bytes for f32[50000000000]",
                [&] { reshape(pairs, {-1}); });
  out_of_memory("save: cannot allocate 200000000000 bytes for f32[50000000000]",
                [&] { save("never-written.npy", wide); });
}

/// The n-th allocation of a few ops fails, for every n: an error or the right values, never else.
TEST(MemoryErrors, EveryAllocationMayFail) {
  const Tensor x = reshape(arange(0, 6, 1, DType::f32), {2, 3});
  for (const Mode mode : {Mode::off, Mode::on})
    for (std::uint64_t n = 1; n < 12; ++n) {
      set_mode(mode);
      arena::release_cached();
      arena::set_allocation_failure(n);
      try {
        Tensor total;
        trace(
            [&] {
              const Tensor y = concat({x * 2, exp(x) * 0}, 1);
              total = sum(y) + sum(matmul(x, permute_dims(x, {1, 0})));
            },
            {.name = "fails"})();
        arena::set_allocation_failure(0);
        EXPECT_EQ(total.item<float>(), 113);
      } catch (const Error &error) {
        arena::set_allocation_failure(0);
        EXPECT_EQ(error.code(), ErrorCode::out_of_memory) << error.what();
      }
      EXPECT_EQ(sum(x).item<float>(), 15);
    }
  set_mode(Mode::off);
}

} // namespace
} // namespace jit
