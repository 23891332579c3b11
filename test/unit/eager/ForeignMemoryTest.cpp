// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tensors over memory that others have laid out: nothing outside of it is read, and its owner is
// freed once, on whatever thread the last handle goes.
#include "runtime/eager/ForeignMemory.h"

#include <tracejit/tracejit.h>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>

using namespace jit;

namespace {

/// Exactly these elements, on the heap, so that AddressSanitizer sees what is read beside them.
template <class T> std::unique_ptr<T[]> elements(std::size_t count) {
  auto all = std::make_unique<T[]>(count);
  for (std::size_t k = 0; k < count; ++k)
    all[k] = static_cast<T>(k);
  return all;
}

ForeignMemory memory_of(const void *first, DType dtype, std::initializer_list<std::int64_t> shape,
                        std::initializer_list<std::int64_t> strides) {
  return {dtype, DimList(shape), DimList(strides), static_cast<const std::byte *>(first)};
}

TEST(ForeignMemory, CopiesAnyStrides) {
  const auto all = elements<float>(12);
  const auto copy = [&](const float *first, std::initializer_list<std::int64_t> shape,
                        std::initializer_list<std::int64_t> strides) {
    const ForeignMemory memory = memory_of(first, DType::f32, shape, strides);
    EXPECT_EQ(problem_of(memory), "");
    return copy_foreign(memory).to_vector<float>();
  };
  using V = std::vector<float>;
  EXPECT_EQ(copy(&all[0], {2, 3}, {6, 2}), (V{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(copy(&all[11], {3}, {-1}), (V{11, 10, 9}));
  EXPECT_EQ(copy(&all[11], {2, 2}, {-11, 0}), (V{11, 11, 0, 0}));
  EXPECT_EQ(copy(&all[7], {}, {}), V{7});
  EXPECT_EQ(copy(nullptr, {2, 0}, {1, 1}), V{});
}

TEST(ForeignMemory, EveryByteButZeroIsTrue) {
  const auto all = elements<std::uint8_t>(4);
  all[3] = 255;
  const Tensor copy = copy_foreign(memory_of(&all[0], DType::boolean, {4}, {1}));
  EXPECT_EQ(astype(copy, DType::i64).to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{0, 1, 1, 1}));
}

TEST(ForeignMemory, SaysWhatIsWrong) {
  const auto all = elements<double>(4);
  const auto problem = [&](const void *first, std::initializer_list<std::int64_t> shape,
                           std::initializer_list<std::int64_t> strides) {
    return problem_of(memory_of(first, DType::f64, shape, strides));
  };
  const auto *bytes = reinterpret_cast<const std::byte *>(&all[0]);
  EXPECT_NE(problem(bytes + 4, {2}, {1}).find("multiple of an element"), std::string::npos);
  EXPECT_NE(problem(nullptr, {2}, {1}).find("NULL"), std::string::npos);
  EXPECT_NE(problem(bytes, {-1}, {1}).find("negative"), std::string::npos);
  for (const std::int64_t stride : {INT64_MIN, INT64_MAX, INT64_MAX / 8, -(INT64_MAX / 8)})
    EXPECT_NE(problem(bytes, {3}, {stride}), "") << stride;
  EXPECT_NE(problem(bytes, {INT64_MAX, INT64_MAX}, {0, 0}), "");
}

struct Owner {
  explicit Owner(std::size_t count) : all(elements<float>(count)) {}
  static void release(void *self) {
    ++released;
    delete static_cast<Owner *>(self);
  }
  std::unique_ptr<float[]> all;
  static inline std::atomic<int> released{0};
};

TEST(ForeignMemory, TheLastHandleFreesTheOwner) {
  Owner::released = 0;
  {
    auto *owner = new Owner(6);
    Tensor reversed =
        adopt_foreign(memory_of(&owner->all[5], DType::f32, {3}, {-2}), owner, Owner::release);
    Tensor view = reversed(slice(1, 3));
    reversed = Tensor();
    EXPECT_EQ(Owner::released, 0);
    EXPECT_EQ(view.to_vector<float>(), (std::vector<float>{3, 1}));
    EXPECT_EQ((view * 2.0f).to_vector<float>(), (std::vector<float>{6, 2}));
  }
  EXPECT_EQ(Owner::released, 1);
}

TEST(ForeignMemory, ManyThreadsHoldOne) {
  Owner::released = 0;
  constexpr int rounds = 20, threads = 4;
  for (int round = 0; round < rounds; ++round) {
    auto *owner = new Owner(1000);
    Tensor shared =
        adopt_foreign(memory_of(&owner->all[0], DType::f32, {1000}, {1}), owner, Owner::release);
    std::vector<std::thread> all;
    for (int t = 0; t < threads; ++t)
      all.emplace_back([mine = shared] {
        EXPECT_EQ(sum(mine).item<float>(), 499500.0f);
        EXPECT_EQ(copy_foreign(memory_of(mine.data<float>().data(), DType::f32, {1000}, {1}))
                      .to_vector<float>()[999],
                  999.0f);
      });
    shared = Tensor();
    for (std::thread &thread : all)
      thread.join();
  }
  EXPECT_EQ(Owner::released, rounds);
}

} // namespace
