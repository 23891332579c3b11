// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tensors of more than 2^31 elements on a GPU that has room for what is touched only, where the
// first and last blocks of a grid run.
#include "test/Refused.h"
#include "test/cuda/device/LaunchNames.h"
#include "test/cuda/device/SameBits.h"

namespace jit {
namespace {

constexpr std::int64_t size = (std::int64_t{1} << 31) + 4099, apart = std::int64_t{1} << 30;

TEST(Huge, OffsetsBeyond31Bits) {
  if (gpu::pack().kernels.empty())
    GTEST_SKIP() << "built without kernels for GPUs";
  using Bytes = std::vector<std::uint8_t>;
  // Of a copy: what is read of a view is its whole storage.
  const auto read = [](const Tensor &x) { return (x + 0).to_vector<std::uint8_t>(); };
  const DeviceScope there(cuda());
  Tensor x = full({size}, 0, DType::u8);
  const Tensor three = Tensor::copy_of<std::uint8_t>({1, 2, 3});
  EXPECT_EQ(test::launch_log.of([&] { x.at(slice(7, {}, apart)) = three; }), "copy_1_S");
  const Tensor far = expand_dims(x(slice(7, {}, apart)), 1);
  Tensor joined;
  EXPECT_EQ(test::launch_log.of([&] { joined = concat({far, far}, 1); }), "copy_1_S copy_1_S");
  EXPECT_EQ(read(joined), (Bytes{1, 1, 2, 2, 3, 3}));

  const Tensor places = Tensor::copy_of<std::int64_t>({7, 2 * apart + 7, apart + 7 - size, -1});
  x.at(places) = Tensor::copy_of<std::uint8_t>({4, 5, 6, 7});
  EXPECT_EQ(read(take(x, places)), (Bytes{4, 5, 6, 7}));
  x.at(places) += 1;
  EXPECT_EQ(read(far), (Bytes{1, 2, 3})) << "views keep their values";
  EXPECT_EQ(read(take(x, places)), (Bytes{5, 6, 7, 8}));
  EXPECT_EQ(read(x(slice(7, {}, apart))), (Bytes{5, 7, 6}));
  // Rows whose places are far apart.
  const Tensor rows = reshape(x(slice(0, 2 * apart)), {2, apart});
  EXPECT_EQ(test::launch_log.of(
                [&] { joined = take_along_axis(rows(slice(), slice(0, 8)), full({2, 1}, 7), 1); }),
            "cast_i64_i64_c index_range_s gather_1_s");
  EXPECT_EQ(read(joined), (Bytes{5, 7}));
  // And indices.
  const Tensor far_indices = x(slice(7, {}, apart)); // 5, 7, 6
  EXPECT_EQ(test::launch_log.of([&] { joined = one_hot(far_indices, 8, DType::u8); }),
            "index_range_S one_hot_1_S");
  EXPECT_EQ(read(argmax(joined, {.axis = 1}).astype(DType::u8)), (Bytes{5, 7, 6}));
  EXPECT_EQ(test::expect_refused("take: index 7 is out of range: indices must be in [-3, 3)",
                                 [&] { take(three, far_indices); }),
            ErrorCode::invalid_argument);
}

} // namespace
} // namespace jit
