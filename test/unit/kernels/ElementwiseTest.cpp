// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every elementwise op of the table against the interpreter: dtypes, shapes, layouts, broadcasts.
#include "test/conformance/KernelCheck.h"

#include <gtest/gtest.h>

namespace jit::conformance {
namespace {

const DimList shapes[] = {{},     {0},    {1},       {7},        {16},      {33},
                          {3, 5}, {5, 0}, {2, 3, 4}, {1, 17, 1}, {2, 1029}, {3, 2053}};

std::vector<std::int64_t> attrs_for(const OpInfo &op, DType dtype) {
  if (op.types == TypeRule::cast)
    return {static_cast<std::int64_t>(dtype)};
  return {};
}

/// Operand 0 of a select is the condition.
DType dtype_of_operand(const OpInfo &op, std::size_t operand, DType dtype) {
  return op.types == TypeRule::select && operand == 0 ? DType::boolean : dtype;
}

std::vector<Value> operands_for(const OpInfo &op, DType dtype, Dims dims) {
  std::vector<Value> operands;
  for (std::size_t i = 0; i < op.operands.size(); ++i)
    operands.push_back(edge_values(dtype_of_operand(op, i, dtype), dims, i + 1));
  return operands;
}

template <class Body> void for_each_op(Body body) {
  int ops = 0, accepted = 0;
  for (const OpInfo &op : all_ops())
    if (op.family == Family::elementwise) {
      ++ops;
      for (DType dtype : all_dtypes)
        if (op.dtypes.contains(dtype))
          accepted += body(op, dtype);
    }
  EXPECT_GT(ops, 30);
  EXPECT_GT(accepted, ops);
}

TEST(Elementwise, EveryShapeAndLayout) {
  for_each_op([](const OpInfo &op, DType dtype) {
    bool accepted = false;
    for (const DimList &dims : shapes) {
      const std::vector<Value> operands = operands_for(op, dtype, dims);
      for (DType to : all_dtypes) {
        if (op.types != TypeRule::cast && to != DType::f32)
          continue; // only casts depend on it
        for (Layout layout : all_layouts)
          accepted |= check(op.kind, attrs_for(op, to), operands, layout);
      }
    }
    return accepted;
  });
}

TEST(Elementwise, OperandsBroadcast) {
  const DimList parts[] = {{}, {1}, {37}, {5, 1}, {5, 37}, {1, 1, 37}};
  for_each_op([&](const OpInfo &op, DType dtype) {
    if (op.operands.size() < 2)
      return true;
    bool accepted = false;
    for (const DimList &stretched : parts)
      for (std::size_t which = 0; which < op.operands.size(); ++which) {
        std::vector<Value> operands = operands_for(op, dtype, DimList{2, 5, 37});
        operands[which] = edge_values(dtype_of_operand(op, which, dtype), stretched, 9);
        accepted |= check(op.kind, {}, operands);
        accepted |= check(op.kind, {}, operands, Layout::transposed);
      }
    return accepted;
  });
}

/// Last axes of a few elements, as points in space have, longer than a tile in all.
TEST(Elementwise, ShortRuns) {
  for (const std::int64_t length : {1, 2, 3, 5, 8, 9, 33}) {
    const DimList whole = {31, 29, length};
    const DimList parts[] = {{1, 29, length}, {31, 1, length}, {31, 29, 1}, {length}, {29, 1}};
    for (const OpKind op : {OpKind::subtract, OpKind::logical_or})
      for (const DType dtype : all_dtypes) {
        if (!info(op).dtypes.contains(dtype))
          continue;
        const Value x = edge_values(dtype, whole, 3);
        for (const DimList &part : parts) {
          const Value y = edge_values(dtype, part, 9);
          for (const Layout layout : all_layouts) {
            EXPECT_TRUE(check(op, {}, {x, y}, layout));
            EXPECT_TRUE(check(op, {}, {y, x}, layout));
          }
        }
      }
  }
}

TEST(Elementwise, NumbersAreWeak) {
  const Scalar numbers[] = {true, 0, 2, -3, 300, 0.5, -1e300};
  for_each_op([&](const OpInfo &op, DType dtype) {
    bool accepted = false;
    for (Scalar number : numbers)
      for (std::size_t which = 0; which < op.operands.size(); ++which) {
        std::vector<Value> operands = operands_for(op, dtype, DimList{21});
        operands[which] = Value(number);
        accepted |= check(op.kind, attrs_for(op, DType::i64), operands);
      }
    return accepted;
  });
}

TEST(Elementwise, DtypesMix) {
  for_each_op([](const OpInfo &op, DType dtype) {
    if (op.operands.size() < 2)
      return true;
    bool accepted = false;
    for (DType other : all_dtypes) {
      std::vector<Value> operands = operands_for(op, dtype, DimList{3, 700});
      operands.back() = edge_values(other, DimList{700}, 5);
      accepted |= check(op.kind, {}, operands);
    }
    return accepted;
  });
}

// Operands that are contiguous down the columns, in tiles: beside rows, columns and other dtypes.
TEST(Elementwise, TransposedPlanes) {
  const DimList shapes[] = {{70, 67}, {17, 300}, {260, 16}, {3, 65, 40}, {20, 4, 129}};
  for_each_op([&](const OpInfo &op, DType dtype) {
    bool accepted = false;
    for (std::size_t i = 0; i < std::size(shapes); ++i) {
      if (!meets(op, dtype, i, 2))
        continue;
      const DimList &dims = shapes[i];
      std::vector<Value> operands = operands_for(op, dtype, dims);
      accepted |= check(op.kind, attrs_for(op, dtype), operands, Layout::transposed);
      if (op.operands.size() < 2)
        continue;
      const DType last = dtype_of_operand(op, operands.size() - 1, dtype);
      for (const DimList &other : {DimList{dims[dims.size() - 1]}, {dims[dims.size() - 2], 1}}) {
        operands.back() = edge_values(last, other, 5);
        accepted |= check(op.kind, {}, operands, Layout::transposed);
      }
      operands.back() = edge_values(DType::i64, dims, 6);
      accepted |= check(op.kind, {}, operands, Layout::transposed);
    }
    return accepted;
  });
}

TEST(Elementwise, BigOnesAreShared) {
  std::vector<Value> operands{edge_values(DType::f32, DimList{300, 401}, 1),
                              edge_values(DType::f32, DimList{300, 401}, 2)};
  EXPECT_TRUE(check(OpKind::add, {}, operands));
  EXPECT_TRUE(check(OpKind::add, {}, operands, Layout::transposed));
  operands[1] = edge_values(DType::f64, DimList{401}, 2);
  EXPECT_TRUE(check(OpKind::multiply, {}, operands));
}

} // namespace
} // namespace jit::conformance
