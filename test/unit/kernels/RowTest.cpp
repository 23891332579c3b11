// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Row ops against their bodies, op by op over the whole tensor, and contractions.
#include "test/conformance/KernelCheck.h"

#include <gtest/gtest.h>

namespace jit::conformance {
namespace {

/// Operand 0 of `dims`; other tensors have the extents of the axis; numbers are small.
std::vector<Value> operands_for(const OpInfo &op, DType dtype, Dims dims, std::size_t axis,
                                bool edges) {
  std::vector<Value> operands;
  for (const OperandField &field : op.operands) {
    const DimList own = operands.empty() ? DimList(dims) : DimList{dims[axis]};
    if (field.kind == OperandKind::number)
      operands.push_back(Value(1e-5));
    else
      operands.push_back(edges ? edge_values(dtype, own, operands.size())
                               : plain_values(dtype, own, operands.size()));
  }
  return operands;
}

TEST(Row, BitsAreThoseOfTheBody) {
  const DimList shapes[] = {{1},        {7},    {64},        {3, 65},   {65, 3},
                            {4, 1},     {1, 4}, {2, 5, 3},   {5, 4099}, {4099, 2},
                            {300, 700}, {0, 4}, {3, 600, 2}, {2, 4, 1}};
  int ops = 0;
  for (const OpInfo &op : all_ops()) {
    if (op.family != Family::row)
      continue;
    ++ops;
    bool accepted = false;
    for (DType dtype : {DType::f32, DType::f64})
      for (const DimList &dims : shapes)
        for (std::size_t axis = 0; axis < dims.size(); ++axis)
          for (bool edges : {false, true})
            for (Layout layout : {Layout::contiguous, Layout::transposed, Layout::gaps})
              accepted |= check(op.kind, std::vector<std::int64_t>{static_cast<std::int64_t>(axis)},
                                operands_for(op, dtype, dims, axis, edges), layout);
    EXPECT_TRUE(accepted) << op.name;
  }
  EXPECT_GE(ops, 4);
}

TEST(Row, ShortRows) {
  const DimList shapes[] = {{8, 1}, {9, 3}, {65, 12}, {131, 33}, {8, 64}, {3, 70, 5}, {70, 3, 2}};
  for (const OpInfo &op : all_ops())
    if (op.family == Family::row)
      for (DType dtype : {DType::f32, DType::f64})
        for (const DimList &dims : shapes)
          for (bool edges : {false, true})
            for (Layout layout : all_layouts) {
              const std::size_t axis = dims.size() - 1;
              EXPECT_TRUE(check(op.kind, std::vector<std::int64_t>{static_cast<std::int64_t>(axis)},
                                operands_for(op, dtype, dims, axis, edges), layout))
                  << op.name;
            }
}

TEST(Row, InfiniteRowsFollowTheFormula) {
  Value x(DType::f32, DimList{2, 3});
  for (std::int64_t i = 0; i < 6; ++i)
    x.set(i, i < 3 ? -__builtin_inff() : __builtin_inff());
  for (OpKind op : {OpKind::softmax, OpKind::log_softmax, OpKind::logsumexp})
    EXPECT_TRUE(check(op, std::vector<std::int64_t>{1}, {x}));
}

TEST(Contraction, MatmulOfEveryKind) {
  const std::pair<DimList, DimList> shapes[] = {
      {{5, 7}, {7, 3}},       {{1, 1}, {1, 1}},       {{0, 4}, {4, 3}},
      {{3, 0}, {0, 2}},       {{5, 7}, {7}},          {{7}, {7, 3}},
      {{2, 5, 7}, {7, 3}},    {{5, 7}, {2, 7, 3}},    {{2, 1, 5, 7}, {3, 7, 4}},
      {{4, 1, 7}, {7, 3}},    {{3, 5, 7}, {3, 7, 2}}, {{0, 2, 3}, {3, 4}},
      {{33, 385}, {385, 17}}, {{65, 800}, {800, 70}}, {{2, 7}, {3, 7, 1}}};
  for (DType dtype : all_dtypes)
    for (const auto &[a, b] : shapes)
      for (Layout layout : all_layouts) {
        const bool accepted = check(OpKind::matmul, {},
                                    {plain_values(dtype, a, 1), plain_values(dtype, b, 2)}, layout);
        EXPECT_EQ(accepted, dtype != DType::boolean);
      }
}

TEST(Contraction, VecdotIsInnerWithFma) {
  const std::pair<DimList, DimList> shapes[] = {{{7}, {7}},
                                                {{0}, {0}},
                                                {{1}, {1}},
                                                {{5, 70}, {70}},
                                                {{3, 1, 7}, {4, 7}},
                                                {{9001}, {9001}},
                                                {{2, 4097}, {1, 4097}},
                                                {{5, 0}, {0}}};
  for (DType dtype : all_dtypes)
    for (const auto &[a, b] : shapes)
      for (Layout layout : all_layouts) {
        const bool accepted = check(OpKind::vecdot, {},
                                    {plain_values(dtype, a, 1), plain_values(dtype, b, 2)}, layout);
        EXPECT_EQ(accepted, dtype != DType::boolean);
      }
}

} // namespace
} // namespace jit::conformance
