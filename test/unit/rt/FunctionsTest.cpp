// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What samples of ops do not reach.
#include "test/unit/rt/OpCall.h"

namespace jit::test {
namespace {

TEST(RtFunctions, AreThereForWhatTheWriterNames) {
  for (const OpInfo &op : all_ops())
    EXPECT_EQ(rt_functions(op.kind).run != nullptr, rt::is_in_rt(op.kind)) << op.name;
}

/// More operands than find room on the stack.
TEST(RtFunctions, ConcatManyTensors) {
  const std::vector<std::int64_t> axis{0};
  for (const std::int64_t count : {16, 17, 300}) {
    OpCall call(OpKind::concat, axis);
    for (std::int64_t i = 0; i < count; ++i)
      call.add_tensor(DType::i32, DimList{1 + i % 3, 2}, Placing::transposed);
    ASSERT_TRUE(call.infer_results());
    call.fill(1);
    EXPECT_TRUE(call.by_rt({nullptr, nullptr, 1}) == call.by_runtime()) << count;
  }
}

TEST(RtFunctions, RunOnManyThreadsAtOnce) {
  const Pool pool(2);
  const auto work = [&] {
    OpCall sum(OpKind::cumulative_sum, {0, 0, static_cast<std::int64_t>(DType::f64)});
    sum.add_tensor(DType::f64, DimList{40'000}, Placing::gaps);
    ASSERT_TRUE(sum.infer_results());
    sum.fill(3);
    const std::vector<std::byte> expected = sum.by_runtime();
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(sum.by_rt({nullptr, nullptr, 1}) == expected);
      EXPECT_TRUE(sum.by_rt(pool.way(2)) == expected);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i)
    threads.emplace_back(work);
  for (std::thread &thread : threads)
    thread.join();
}

TEST(RtInRange, LooksAtEveryElement) {
  for (const DType dtype : {DType::i8, DType::u16, DType::i32, DType::i64})
    for (const Placing layout : conformance::all_layouts)
      for (const DimList &dims : {DimList{}, DimList{0, 3}, DimList{1}, DimList{13, 7}}) {
        const conformance::Places places = conformance::places_of(dims, layout);
        const conformance::Value values = conformance::edge_values(dtype, DimList{places.size}, 5);
        Bytes memory(values.bytes.size());
        std::ranges::copy(values.bytes, memory.begin());
        const Meta &meta = *intern_meta(dtype, dims, places.strides);
        const std::byte *data =
            memory.begin() + places.first * static_cast<std::int64_t>(itemsize(dtype));
        const std::vector<std::int64_t> words = rt::tensor_words(meta);
        const IndexRange range = index_range(meta, data);
        const auto in_range = [&](std::int64_t low, std::int64_t high) {
          return tj_rt1_in_range(words.data(), data, low, high) != 0;
        };
        EXPECT_TRUE(in_range(range.min, range.max)) << describe(meta);
        EXPECT_EQ(in_range(range.min, range.max - 1), meta.size == 0) << describe(meta);
        if (range.min < INT64_MAX) {
          EXPECT_EQ(in_range(range.min + 1, range.max), meta.size == 0) << describe(meta);
        }
      }
}

} // namespace
} // namespace jit::test
