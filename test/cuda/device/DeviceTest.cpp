// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Tensors on a GPU through the public API, under the driver of the tests: the bits are those of the
// CPU, errors are at their lines.
#include "runtime/cuda/OnHost.h"
#include "runtime/cuda/Pack.h"
#include "runtime/tensor/Impl.h"
#include "test/Refused.h"
#include "test/cuda/device/Launches.h"

#include <tracejit/tracejit.h>

#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <sstream>
#include <thread>

namespace jit {
namespace {

template <class T> std::vector<T> read(const Tensor &x) { return x.to_vector<T>(); }

Tensor numbers(DimList shape) {
  std::int64_t size = 1;
  for (const std::int64_t extent : Dims(shape))
    size *= extent;
  std::vector<float> elements;
  for (std::int64_t i = 0; i < size; ++i)
    elements.push_back(0.25f * static_cast<float>(i % 1009) - 100);
  return Tensor::copy_of(elements, shape);
}

TEST(Device, ThereIsOne) {
  EXPECT_EQ(cuda_device_count(), 1);
  EXPECT_EQ(cuda_refusal(), "");
  EXPECT_EQ(to_string(cuda()), "cuda:0");
  EXPECT_EQ(to_string(Device{}), "cpu");
  EXPECT_EQ(test::expect_refused("cuda: there is no cuda:1: 1 GPU is visible", [] { cuda(1); }),
            ErrorCode::device);
  EXPECT_EQ(test::expect_refused("cuda: there is no cuda:-1: 1 GPU is visible", [] { cuda(-1); }),
            ErrorCode::device);
}

TEST(Device, ThereAndBack) {
  for (const DimList &shape : {DimList{}, DimList{1}, DimList{0}, DimList{7, 0, 3}, DimList{1009},
                               DimList{3, 5, 7}, DimList{1 << 20, 3}}) {
    const Tensor x = numbers(shape);
    const Tensor there = x.to(cuda());
    EXPECT_EQ(there.device(), cuda());
    EXPECT_EQ(x.device(), Device{});
    EXPECT_EQ(read<float>(there), read<float>(x));
    const Tensor back = there.to({});
    EXPECT_EQ(back.device(), Device{});
    EXPECT_EQ(read<float>(back), read<float>(x));
  }
}

TEST(Device, EveryDTypeGoesThereAndBack) {
  for (const DType dtype : {DType::boolean, DType::i8, DType::u8, DType::i16, DType::u16,
                            DType::i32, DType::u32, DType::i64, DType::f32, DType::f64}) {
    const Tensor x = numbers({33}).astype(dtype);
    EXPECT_TRUE(all(equal(x.to(cuda()).to({}), x)).item<bool>()) << name(dtype);
  }
}

TEST(Device, AMoveToWhereItLiesIsTheSameValue) {
  const Tensor x = numbers({3}).to(cuda());
  const Tensor same = x.to(cuda());
  EXPECT_EQ(same.data<float>().data(), x.data<float>().data());
}

TEST(Device, StridedTensorsMoveInRowMajorOrder) {
  const Tensor x = numbers({6, 10});
  const Tensor view = permute_dims(x, {1, 0})(slice(1, {}, 2));
  const Tensor moved = view.to(cuda());
  EXPECT_TRUE(moved.is_contiguous());
  EXPECT_EQ(read<float>(moved), read<float>(view));
  // And views of what lies there.
  const Tensor seen = permute_dims(x.to(cuda()), {1, 0})(slice(1, {}, 2));
  EXPECT_EQ(seen.device(), cuda());
  EXPECT_FALSE(seen.is_contiguous());
  EXPECT_EQ(read<float>(seen), read<float>(view));
  EXPECT_EQ(read<float>(seen.to({})), read<float>(view));
  EXPECT_EQ(seen(0, 0).item<float>(), view(0, 0).item<float>());
}

TEST(Device, OpsRunWhereTheirOperandsLie) {
  const Tensor x = numbers({3, 5}), there = x.to(cuda());
  const Tensor y = exp(there) * 2 + softmax(there, 1);
  EXPECT_EQ(y.device(), cuda());
  EXPECT_EQ(read<float>(y), read<float>(exp(x) * 2 + softmax(x, 1)));
  EXPECT_EQ(sum(there).item<float>(), sum(x).item<float>());
  EXPECT_EQ(full_like(there, 3).device(), cuda());
  EXPECT_EQ(triu(there).device(), cuda());
  EXPECT_EQ(read<float>(cumulative_sum(there, {.axis = 1})),
            read<float>(cumulative_sum(x, {.axis = 1})));
}

TEST(Device, ElementwiseOpsAreLaunches) {
  if (gpu::pack().kernels.empty())
    GTEST_SKIP() << "built without kernels for GPUs";
  const Tensor x = numbers({37, 5}), y = numbers({5}), there = x.to(cuda()), row = y.to(cuda());
  const auto expect_launches = [](unsigned long long count, auto f) {
    const unsigned long long before = test::launches();
    const std::uint64_t on_host = gpu::host_runs();
    const Tensor result = f();
    EXPECT_EQ(test::launches(), before + count);
    EXPECT_EQ(gpu::host_runs(), on_host);
    return result;
  };
  const auto same = [](const Tensor &got, const Tensor &expected) {
    EXPECT_EQ(read<float>(got), read<float>(expected));
  };
  same(expect_launches(1, [&] { return exp(there); }), exp(x));
  same(expect_launches(1, [&] { return there * 2.5; }), x * 2.5);
  same(expect_launches(1, [&] { return there + row; }), x + y);
  same(expect_launches(1, [&] { return there + row(2); }), x + y(2));
  same(expect_launches(1, [&] { return permute_dims(there, {1, 0}) - 1; }),
       permute_dims(x, {1, 0}) - 1);
  same(expect_launches(1, [&] { return there(slice({}, {}, -1)) / 3; }), x(slice({}, {}, -1)) / 3);
  same(expect_launches(2, [&] { return where(there > 0, there, row); }), where(x > 0, x, y));
  same(expect_launches(1, [&] { return reshape(permute_dims(there, {1, 0}), {185}); }),
       reshape(permute_dims(x, {1, 0}), {185}));
  const Tensor i = Tensor::copy_of<std::int32_t>({1, -2, 3, 4, 5}).to(cuda());
  same(expect_launches(1, [&] { return there + i; }), x + i.to({}));
  EXPECT_EQ(expect_launches(1, [&] { return i.astype(DType::i8); }).to_vector<std::int8_t>(),
            i.to({}).astype(DType::i8).to_vector<std::int8_t>());
  expect_launches(0, [&] { return exp(zeros({0}).to(cuda())); });
  const DeviceScope scope(cuda());
  EXPECT_EQ(read<float>(expect_launches(1, [] { return full({3, 7}, -2.5); })),
            std::vector<float>(21, -2.5f));
}

TEST(Device, FunctionsMakeWhatTheyNeedThere) {
  const Tensor x = abs(numbers({12})) + 0.25, there = x.to(cuda());
  const auto same = [](const Tensor &got, const Tensor &expected) {
    EXPECT_EQ(got.device(), cuda());
    EXPECT_TRUE(all(equal(got.to({}), expected)).item<bool>());
  };
  same(diag(there), diag(x));
  same(unique_values(floor_divide(there, 4)), unique_values(floor_divide(x, 4)));
  same(unique_all(floor_divide(there, 4)).inverse_indices,
       unique_all(floor_divide(x, 4)).inverse_indices);
  same(nonzero(there > 99), nonzero(x > 99));
  same(there(there > 99), x(x > 99));
  same(bincount(there.astype(DType::i64), 128), bincount(x.astype(DType::i64), 128));
  same(there(Tensor::copy_of<std::int64_t>({3, -1}).to(cuda())),
       x(Tensor::copy_of<std::int64_t>({3, -1})));
  const auto drawn = [](auto f) {
    seed(11);
    return f();
  };
  same(drawn([&] { return shuffle(there); }), drawn([&] { return shuffle(x); }));
  same(drawn([&] { return dropout(there, 0.5); }), drawn([&] { return dropout(x, 0.5); }));
  same(drawn([&] { return categorical(there); }), drawn([&] { return categorical(x); }));
}

TEST(Device, PrintingSaysWhere) {
  std::ostringstream text;
  text << Tensor::copy_of({1.0f, 2.5f}).to(cuda());
  EXPECT_NE(text.str().find("2.5"), std::string::npos);
  EXPECT_TRUE(text.str().ends_with("@cuda:0")) << text.str();
}

TEST(Device, AScopeMakesTensorsThere) {
  EXPECT_EQ(zeros({3}).device(), Device{});
  {
    const DeviceScope scope(cuda());
    EXPECT_EQ(zeros({3}).device(), cuda());
    EXPECT_EQ(Tensor(2.5).device(), cuda());
    EXPECT_EQ(add(1, 2).device(), cuda());
    EXPECT_EQ(add(1, 2).device(), cuda()); // from what the thread remembers, too
    EXPECT_EQ(Tensor::copy_of({1.0f, 2.0f}).device(), cuda());
    EXPECT_EQ(Tensor::adopt(std::vector<float>{1, 2}, {2}).device(), Device{});
    {
      const DeviceScope inner({});
      EXPECT_EQ(arange(3).device(), Device{});
    }
    EXPECT_EQ(arange(3).device(), cuda());
    std::thread([] { EXPECT_EQ(arange(3).device(), Device{}); }).join();
  }
  EXPECT_EQ(add(1, 2).device(), Device{});
  seed(7);
  const std::vector<float> here = read<float>(normal({1000}));
  seed(7);
  const DeviceScope scope(cuda());
  EXPECT_EQ(read<float>(normal({1000})), here);
}

TEST(Device, Files) {
  const std::string path = testing::TempDir() + "/device.npy";
  const Tensor x = numbers({3, 5});
  save(path, permute_dims(x.to(cuda()), {1, 0}));
  EXPECT_EQ(load(path).device(), Device{});
  const DeviceScope scope(cuda());
  const Tensor read_back = load(path);
  EXPECT_EQ(read_back.device(), cuda());
  EXPECT_EQ(read<float>(read_back), read<float>(permute_dims(x, {1, 0})));
  std::filesystem::remove(path);
}

TEST(Device, OperandsOfTwoDevicesAreRefused) {
  const Tensor x = numbers({2, 3}), there = x.to(cuda());
  EXPECT_EQ(test::expect_refused("add: operands are on different devices: lhs f32[2,3]@cuda:0, "
                                 "rhs f32[2,3]; move one with to()",
                                 [&] { add(there, x); }),
            ErrorCode::invalid_argument);
  // Rank 0 is no exception; numbers are.
  test::expect_refused("multiply: operands are on different devices: lhs f32[2,3]@cuda:0, rhs "
                       "f32[]; move one with to()",
                       [&] { multiply(there, Tensor(2.0)); });
  EXPECT_EQ(read<float>(there * 2.0), read<float>(x * 2.0));
  Variable v(x);
  test::expect_refused(
      "Variable: assigned f32[2,3]@cuda:0, but it holds f32[2,3]; shape, dtype and "
      "device never change",
      [&] { v = there; });
}

TEST(Device, IndicesAreCheckedAtTheirLine) {
  const Tensor x = numbers({5, 2}), there = x.to(cuda());
  const Tensor index = Tensor::copy_of<std::int64_t>({4, 0, -5});
  EXPECT_EQ(read<float>(take(there, index.to(cuda()), 0)), read<float>(take(x, index, 0)));
  const Tensor bad = Tensor::copy_of<std::int64_t>({0, 5}).to(cuda());
  test::expect_refused("take: index 5 is out of range: indices must be in [-5, 5)",
                       [&] { take(there, bad, 0); });
  // One that was computed there.
  const Tensor made = bad + 1;
  test::expect_refused("take: index 6 is out of range: indices must be in [-5, 5)",
                       [&] { take(there, made, 0); });
  EXPECT_EQ(there(0, 0).item<float>(), -100); // the next op works
}

TEST(Device, AValueInPlaceHasNoOldCopy) {
  Tensor x = zeros({4}).to(cuda());
  EXPECT_EQ(read<float>(x), (std::vector<float>{0, 0, 0, 0}));
  x.at(1) = 5;
  EXPECT_EQ(read<float>(x), (std::vector<float>{0, 5, 0, 0}));
  EXPECT_EQ(x.device(), cuda());
  x.at(slice(2, 4)) += 1;
  EXPECT_EQ(read<float>(x), (std::vector<float>{0, 5, 1, 1}));
}

TEST(Device, Gradients) {
  const Tensor w = numbers({4, 3}) * 0.01, x = numbers({5, 4}) * 0.1;
  const auto loss = [](const Tensor &w, const Tensor &x) { return sum(square(matmul(x, w))); };
  const Tensor expected = grad([&](Tensor v) { return loss(v, x); })(w);
  const Tensor there = x.to(cuda());
  const Tensor got = grad([&](Tensor v) { return loss(v, there); })(w.to(cuda()));
  EXPECT_EQ(got.device(), cuda());
  EXPECT_EQ(read<float>(got), read<float>(expected));
  // Through the moves.
  const Tensor through = grad([&](Tensor v) { return loss(v.to(cuda()), there).to({}) * 2.0; })(w);
  EXPECT_EQ(through.device(), Device{});
  EXPECT_EQ(read<float>(through), read<float>(expected * 2.0));
}

TEST(Device, MemoryIsCounted) {
  synchronize();
  release_cached_memory();
  const std::int64_t before = memory_stats(cuda()).live_bytes;
  {
    const Tensor x = zeros({1000}).to(cuda());
    EXPECT_EQ(memory_stats(cuda()).live_bytes, before + 4000);
    const Tensor none = zeros({0}).to(cuda());
    EXPECT_EQ(memory_stats(cuda()).live_bytes, before + 4000);
  }
  EXPECT_EQ(memory_stats(cuda()).live_bytes, before);
  EXPECT_EQ(memory_stats(Device{}).live_bytes, memory_stats().live_bytes);
  EXPECT_EQ(memory_stats(Device{Device::cuda, 7}).live_bytes, 0);
}

TEST(Device, NoMemory) {
  const DeviceScope scope(cuda());
  const Tensor kept = ones({3});
  EXPECT_EQ(test::expect_refused("full: cannot allocate 1099511627776 bytes for "
                                 "f32[274877906944]@cuda:0: ",
                                 [] { zeros({std::int64_t{1} << 38}); }),
            ErrorCode::out_of_memory);
  EXPECT_EQ(read<float>(kept + 1), (std::vector<float>{2, 2, 2}));
}

TEST(Device, ASegmentHasOneDevice) {
  const Tensor x = numbers({64}), there = x.to(cuda());
  const auto f = [](const Tensor &v) { return exp(v) * 2 + 1; };
  auto step = trace([&](const Tensor &v, const Tensor &here) {
    const Tensor a = f(here);
    const Tensor b = f(v); // ends the segment
    return a + f(b.to({}));
  });
  const std::vector<float> expected = read<float>(f(x) + f(f(x)));
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(read<float>(step(there, x)), expected) << i;
  const std::vector<TraceReport> paths = step.explain();
  EXPECT_EQ(paths.size(), 3u);
  EXPECT_EQ(paths.at(0).exits.at(0).first, "device");
}

TEST(Device, ManyThreads) {
  const Tensor x = numbers({257}).to(cuda());
  const std::vector<float> expected = read<float>(exp(numbers({257}) * 0.01) + 1);
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i)
        EXPECT_EQ(read<float>(exp(x * 0.01) + 1), expected);
    });
  for (std::thread &thread : threads)
    thread.join();
}

TEST(Device, TheStreamOfTheUser) { EXPECT_NE(cuda_stream(), nullptr); }

} // namespace
} // namespace jit
