// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Unification is checked by enumeration: whatever it answers, the producer's store at the answered
// point must be the address that the consumer loads.
#include "passes/Unify.h"

#include <gtest/gtest.h>

#include <mlir/IR/MLIRContext.h>

#include <random>

namespace jit {
namespace {

using kernel::Axis;
using kernel::AxisKind;
using kernel::MapAttr;
using kernel::SpaceAttr;

struct Unify : testing::Test {
  Unify() { context.loadDialect<kernel::KernelDialect>(); }

  /// Unifies a load over axes of `extents` with a row-major tensor of extents `dims`; returns
  /// whether it succeeded, after checking the answer at every point.
  bool check(std::vector<std::int64_t> dims, std::vector<std::int64_t> extents,
             std::vector<std::int64_t> strides, std::int64_t offset) {
    llvm::SmallVector<Axis> axes;
    llvm::SmallVector<std::int64_t> steps(dims.size(), 1);
    for (std::size_t i = dims.size(); i-- > 1;)
      steps[i - 1] = steps[i] * dims[i];
    for (const std::int64_t dim : dims)
      axes.push_back({dim, AxisKind::parallel});
    bool row_major = false;
    const SpaceAttr from = SpaceAttr::get(&context, axes);
    const auto digits = digits_of(MapAttr::of(&context, 0, steps), from, row_major);
    EXPECT_TRUE(row_major);

    axes.clear();
    for (const std::int64_t extent : extents)
      axes.push_back({extent, AxisKind::parallel});
    Refinement consumer(axes);
    Substitution point(dims.size());
    const MapAttr map = MapAttr::of(&context, 0, strides);
    if (!unify(digits, map, offset, consumer, point))
      return false;
    const MapAttr fine = substitute(map, consumer.original);
    std::vector<std::int64_t> at(consumer.axes.size(), 0);
    for (bool more = true; more;) {
      std::int64_t wanted = offset + fine.getOffset(), got = 0;
      for (unsigned axis = 0; axis < at.size(); ++axis)
        wanted += fine.stride(axis) * at[axis];
      for (unsigned axis = 0; axis < dims.size(); ++axis) {
        std::int64_t coordinate = point[axis].constant;
        for (unsigned other = 0; other < at.size(); ++other)
          coordinate += point[axis].coefficient(other) * at[other];
        EXPECT_GE(coordinate, 0);
        EXPECT_LT(coordinate, dims[axis]);
        got += coordinate * steps[axis];
      }
      EXPECT_EQ(got, wanted);
      more = false;
      for (std::size_t axis = at.size(); axis-- > 0 && !more;) {
        at[axis] = (at[axis] + 1) % consumer.axes[axis].extent;
        more = at[axis] != 0;
      }
    }
    return true;
  }

  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
};

TEST_F(Unify, Identity) { EXPECT_TRUE(check({4, 5}, {4, 5}, {5, 1}, 0)); }
TEST_F(Unify, Transpose) { EXPECT_TRUE(check({4, 5}, {5, 4}, {1, 5}, 0)); }
TEST_F(Unify, Broadcast) { EXPECT_TRUE(check({5}, {4, 5}, {0, 1}, 0)); }
TEST_F(Unify, Flip) { EXPECT_TRUE(check({4, 5}, {4, 5}, {-5, 1}, 15)); }
TEST_F(Unify, SliceWithStep) { EXPECT_TRUE(check({7, 9}, {3, 4}, {18, -2}, 8)); }
TEST_F(Unify, ReshapeMerges) { EXPECT_TRUE(check({4, 6}, {24}, {1}, 0)); }
TEST_F(Unify, ReshapeSplits) { EXPECT_TRUE(check({24}, {4, 6}, {6, 1}, 0)); }
TEST_F(Unify, ReshapeRegroups) { EXPECT_TRUE(check({4, 6}, {2, 12}, {12, 1}, 0)); }
TEST_F(Unify, RankZero) { EXPECT_TRUE(check({}, {3, 4}, {0, 0}, 0)); }
TEST_F(Unify, RefusesACarry) {
  EXPECT_FALSE(check({4, 6}, {10}, {1}, 0)); // runs over the end of a row
  EXPECT_FALSE(check({4, 6}, {3}, {1}, 5));
  EXPECT_FALSE(check({4, 6}, {3, 8}, {8, 1}, 0));
}

TEST_F(Unify, RandomViewsAreRightWheneverAnswered) {
  std::mt19937 random(3);
  int answered = 0;
  for (int round = 0; round < 3000; ++round) {
    std::vector<std::int64_t> dims(1 + random() % 3), extents(1 + random() % 3), strides;
    for (std::int64_t &dim : dims)
      dim = 2 + static_cast<std::int64_t>(random() % 5);
    for (std::int64_t &extent : extents) {
      extent = 2 + static_cast<std::int64_t>(random() % 5);
      strides.push_back(static_cast<std::int64_t>(random() % 25) - 6);
    }
    answered += check(dims, extents, strides, static_cast<std::int64_t>(random() % 20));
  }
  EXPECT_GT(answered, 30);
}

} // namespace
} // namespace jit
