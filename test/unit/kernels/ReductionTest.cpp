// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every reduction of the table against the interpreter's canonical orders.
#include "test/conformance/KernelCheck.h"

#include <gtest/gtest.h>

namespace jit::conformance {
namespace {

/// Attributes over the axes of `mask`; dtype is what the op defaults to.
std::vector<std::int64_t> attrs_for(const OpInfo &op, DType dtype, std::uint32_t mask,
                                    std::int64_t correction = 0) {
  std::vector<std::int64_t> words;
  for (const AttrField &field : op.attrs) {
    if (field.kind == AttrKind::list) {
      words.push_back(__builtin_popcount(mask));
      for (int axis = 0; axis < max_rank; ++axis)
        if (mask >> axis & 1)
          words.push_back(axis);
    } else if (field.kind == AttrKind::dtype) {
      const DType result = is_float(dtype)           ? dtype
                           : op.kind == OpKind::mean ? DType::f32
                                                     : DType::i64;
      words.push_back(static_cast<std::int64_t>(result));
    } else {
      words.push_back(field.name == "correction" ? correction : 0);
    }
  }
  return words;
}

template <class Body> void for_each_op(Body body) {
  int ops = 0;
  for (const OpInfo &op : all_ops())
    if (op.family == Family::reduction) {
      ++ops;
      bool accepted = false;
      for (DType dtype : all_dtypes)
        if (op.dtypes.contains(dtype))
          accepted |= body(op, dtype);
      EXPECT_TRUE(accepted) << op.name;
    }
  EXPECT_GE(ops, 8);
}

TEST(Reduction, EveryAxisSet) {
  const DimList shapes[] = {
      {},        {0},         {1},         {7},           {64},        {65},
      {0, 3},    {3, 0},      {1, 5},      {5, 1},        {300, 3},    {3, 300},
      {2, 3, 4}, {257, 2, 5}, {2, 259, 3}, {4, 1, 67, 1}, {2, 3, 2, 5}};
  for_each_op([&](const OpInfo &op, DType dtype) {
    bool accepted = false;
    for (const DimList &dims : shapes)
      for (std::uint32_t mask = 0; mask < 1u << dims.size(); ++mask)
        for (bool edges : {false, true}) {
          const Value x = edges ? edge_values(dtype, dims, 3) : plain_values(dtype, dims, 4);
          for (Layout layout : all_layouts) {
            if (edges && layout != Layout::contiguous)
              continue;
            accepted |= check(op.kind, attrs_for(op, dtype, mask, mask & 1), {x}, layout);
          }
        }
    return accepted;
  });
}

/// Around the lengths up to which rows are turned, and around the lanes that turning fills.
TEST(Reduction, ShortRows) {
  for_each_op([&](const OpInfo &op, DType dtype) {
    bool accepted = false;
    for (const std::int64_t length : {1, 3, 4, 7, 8, 12, 17, 32, 33, 64, 65})
      for (const std::int64_t rows : {7, 9, 131})
        for (const bool edges : {false, true}) {
          const DimList dims = {rows, length};
          const Value x = edges ? edge_values(dtype, dims, 3) : plain_values(dtype, dims, 4);
          for (const Layout layout : all_layouts)
            accepted |= check(op.kind, attrs_for(op, dtype, 2, 1), {x}, layout);
        }
    return accepted;
  });
}

TEST(Reduction, LongRuns) {
  const DimList shapes[] = {{4095}, {4096}, {4097}, {3, 9001}, {1030, 5}, {21, 2, 4099}, {70001}};
  for_each_op([&](const OpInfo &op, DType dtype) {
    bool accepted = false;
    // Order shows in floats alone.
    for (std::size_t i = 0; i < std::size(shapes); ++i) {
      if (!is_float(dtype) && !meets(op, dtype, i, 3))
        continue;
      const DimList &dims = shapes[i];
      const Value x = plain_values(dtype, dims, 4);
      for (std::uint32_t mask = 1; mask < 1u << dims.size(); ++mask) {
        accepted |= check(op.kind, attrs_for(op, dtype, mask, 1), {x});
        if (dims.size() == 2)
          accepted |= check(op.kind, attrs_for(op, dtype, mask), {x}, Layout::transposed);
      }
    }
    return accepted;
  });
}

TEST(Reduction, PartsOfPartsKeepTheOrder) {
  // More than 4,096 chunks, and more than 256 blocks.
  const Value chunks = plain_values(DType::f32, DimList{4096 * 4096 + 5000}, 1);
  const Value blocks = plain_values(DType::f32, DimList{256 * 256 + 300, 2}, 1);
  const OpInfo &sum = info(OpKind::sum);
  EXPECT_TRUE(check(OpKind::sum, attrs_for(sum, DType::f32, 1), {chunks}));
  EXPECT_TRUE(check(OpKind::sum, attrs_for(sum, DType::f32, 1), {blocks}));
}

TEST(Reduction, SumHasTheDtypeAskedFor) {
  for (DType from : all_dtypes)
    for (DType to : all_dtypes)
      for (std::int64_t axis : {0, 1})
        check(OpKind::sum, std::vector<std::int64_t>{1, axis, 0, static_cast<std::int64_t>(to)},
              {edge_values(from, DimList{19, 70}, 1)});
  EXPECT_TRUE(check(OpKind::sum,
                    std::vector<std::int64_t>{1, 0, 0, static_cast<std::int64_t>(DType::f64)},
                    {edge_values(DType::f32, DimList{19}, 1)}));
}

TEST(Reduction, FirstNanAndFirstOfEqualsWin) {
  Value x(DType::f32, DimList{200});
  for (std::int64_t i = 0; i < 200; ++i)
    x.set(i, i % 50 == 49 ? 3.0f : -1.0f);
  const std::vector<std::int64_t> attrs{1, 0, 0};
  EXPECT_TRUE(check(OpKind::argmax, attrs, {x}));
  x.set(130, __builtin_nanf(""));
  x.set(140, __builtin_nanf(""));
  EXPECT_TRUE(check(OpKind::argmax, attrs, {x}));
  EXPECT_EQ(interpret(OpKind::argmax, attrs, {x})[0].at<std::int64_t>(0), 130);
}

} // namespace
} // namespace jit::conformance
