// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products that keep B packed with its storage: when they do, and that no bit depends on it.
#include "runtime/kernels/contract/Weights.h"
#include "runtime/base/Options.h"
#include "runtime/tensor/Impl.h"
#include "test/unit/kernels/ContractCase.h"

#include <thread>

namespace jit::test {
namespace {

/// The memory of a case's B as a storage would hold it.
template <class T> struct StorageOf {
  explicit StorageOf(Case<T> &c) {
    storage.data = reinterpret_cast<std::byte *>(c.b.begin());
    storage.bytes = static_cast<std::size_t>(c.b_layout.size) * sizeof(T);
    c.args.b_storage = &storage;
  }
  ~StorageOf() { drop_packed(storage); }
  const PackedMatrix *packed() const { return storage.packed.load(); }
  Storage storage;
};

constexpr int packing_use = 8; ///< where products pack B anyway
constexpr std::int64_t rows[] = {5, 6, 13, 16, 64, 67};
constexpr std::int64_t columns[] = {16, 64, 65, 130, 200, 447};
constexpr std::int64_t depths[] = {1, 7, 384, 385, 800};

template <class T> void check_all(Order order) {
  int kept = 0;
  for (const std::int64_t m : rows)
    for (const std::int64_t n : columns)
      for (const std::int64_t k : depths) {
        Case<T> c(m, n, k, Order::rows, order);
        c.compute_reference();
        StorageOf<T> b(c);
        SCOPED_TRACE(testing::Message() << "m " << m << " n " << n << " k " << k);
        for (int use = 1; use <= packing_use + 1; ++use) {
          c.run(Isa::v3, backwards(use % 2 + 1));
          ASSERT_NO_FATAL_FAILURE(c.expect_equal()) << "use " << use;
          ASSERT_EQ(b.packed() != nullptr,
                    use >= packing_use && contract_keeps_packed(c.args, Isa::v3, backwards(1)));
        }
        kept += b.packed() != nullptr;
        for (const Isa isa : isas()) { // whatever packed it
          c.run(isa, threads(4));
          ASSERT_NO_FATAL_FAILURE(c.expect_equal());
        }
      }
  // All but what small products read in place.
  EXPECT_GE(kept, 100);
}

TEST(Weights, PackedTurnedGivesTheSameBits) {
  check_all<float>(Order::columns);
  check_all<double>(Order::columns);
}

TEST(Weights, PackedOfAnyStridesGivesTheSameBits) {
  check_all<float>(Order::column_gaps);
  check_all<double>(Order::scattered);
}

TEST(Weights, OneMatrixOfAStorage) {
  Case<float> c(16, 128, 400, Order::rows, Order::columns);
  StorageOf<float> b(c);
  const auto products = [&](std::int64_t columns, int uses) {
    c.args.n = columns;
    for (int use = 0; use < uses; ++use)
      c.run(Isa::v3);
    c.args.n = 128;
  };
  products(128, packing_use - 1);
  products(112, 1); // another matrix: the count begins anew
  products(128, packing_use - 1);
  EXPECT_EQ(b.packed(), nullptr);
  products(128, 1);
  ASSERT_NE(b.packed(), nullptr);
  EXPECT_EQ(b.packed()->from.n, 128);
  products(112, 2 * packing_use);
  EXPECT_EQ(b.packed()->from.n, 128);
}

TEST(Weights, AreCountedAndDropped) {
  const std::int64_t before = all_packed_bytes();
  Case<float> c(16, 128, 400, Order::rows, Order::columns);
  {
    StorageOf<float> b(c);
    const auto uses = [&](int count) {
      for (int use = 0; use < count; ++use)
        c.run(Isa::v3);
    };
    uses(packing_use);
    EXPECT_EQ(all_packed_bytes(), before + 128 + 128 * 400 * 4);
    drop_packed(b.storage);
    EXPECT_EQ(all_packed_bytes(), before);
    uses(packing_use - 1); // what lies there now is new
    EXPECT_EQ(b.packed(), nullptr);
    uses(1);
    EXPECT_NE(b.packed(), nullptr);
  }
  EXPECT_EQ(all_packed_bytes(), before);
}

/// A column of panels as wide as vectors would hold mostly nothing.
TEST(Weights, NarrowMatricesAreNotCopied) {
  for (const std::int64_t n : {1, 2, 5, 10}) {
    Case<float> c(4, n, 100'000);
    EXPECT_FALSE(contract_keeps_packed(c.args, Isa::v3, {})) << n;
  }
  EXPECT_TRUE(contract_keeps_packed(Case<float>(4, 64, 20'000).args, Isa::v3, {}));
}

TEST(Weights, NoMoreThanOptionAllows) {
  Case<float> c(16, 1024, 600, Order::rows, Order::columns);
  StorageOf<float> b(c);
  mutable_options().packed_mib = 2; // the copy takes 2.3
  for (int use = 0; use < packing_use + 1; ++use)
    c.run(Isa::v3);
  EXPECT_EQ(b.packed(), nullptr);
  mutable_options().packed_mib = Options().packed_mib;
  EXPECT_EQ(all_packed_bytes(), 0);
}

TEST(Weights, BroadcastMatricesAreNotCopied) {
  Case<float> c(16, 500, 600, Order::rows, Order::columns);
  StorageOf<float> b(c);
  c.args.b_col_stride = 0; // 600 elements read as 500 columns
  b.storage.bytes = 600 * sizeof(float);
  ASSERT_TRUE(contract_keeps_packed(c.args, Isa::v3, {}));
  for (int use = 0; use < packing_use + 1; ++use)
    c.run(Isa::v3);
  EXPECT_EQ(b.packed(), nullptr);
}

TEST(Weights, ThreadsThatPackAtOnce) {
  for (int round = 0; round < 20; ++round) {
    Case<float> first(16, 128, 400, Order::rows, Order::columns);
    first.compute_reference();
    StorageOf<float> b(first);
    std::vector<std::thread> users;
    for (int user = 0; user < 4; ++user)
      users.emplace_back([&] {
        GuardedArray<float> result(16 * 130);
        ContractArgs args = first.args;
        args.c = result.begin();
        const std::size_t bytes = contract_scratch_bytes(args, Isa::v3, {});
        GuardedArray<std::byte> scratch((bytes + 63) / 64 * 64);
        args.scratch = scratch.begin();
        for (int use = 0; use < packing_use + 1; ++use) {
          contract(args, Isa::v3);
          for (std::int64_t i = 0; i < 16; ++i)
            for (std::int64_t j = 0; j < 128; ++j)
              ASSERT_TRUE(same_bits(result[i * 130 + j],
                                    first.expected[static_cast<std::size_t>(i * 128 + j)]));
        }
      });
    for (std::thread &user : users)
      user.join();
    EXPECT_NE(b.packed(), nullptr);
  }
}

} // namespace
} // namespace jit::test
