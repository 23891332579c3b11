// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Indices out of range: ready, pending, as positions and in slices.
#include "runtime/base/Options.h"
#include "runtime/jit/CompileThread.h"
#include "test/errors/Expect.h"

extern "C" jit::Compiler *tracejit_create_compiler();

namespace jit {
namespace {

const Tensor x = reshape(arange(0, 12, 1, DType::f32), {3, 4});

TEST(IndexErrors, Positions) {
  expect_invalid("index: 3 is out of range for axis 0 of f32[3,4]", [] { x(3); });
  expect_invalid("index: -5 is out of range for axis 1 of f32[3,4]", [] { x(0, -5); });
  expect_invalid("index: 3 indices for f32[3,4]", [] { x(0, 0, 0); });
  expect_invalid("index: 0 indices and two ellipses for f32[3,4]", [] { x(ellipsis, ellipsis); });
  expect_invalid("slice: step must not be 0", [] { x(slice(0, 1, 0)); });
}

TEST(IndexErrors, Ready) {
  const Tensor far = Tensor::copy_of<std::int64_t>({0, 2, 3}, {3});
  const Tensor negative = Tensor::copy_of<std::int64_t>({0, -5}, {2});
  expect_invalid("take: index 3 is out of range: indices must be in [-3, 3)",
                 [&] { take(x, far, 0); });
  expect_invalid("take: index -5 is out of range: indices must be in [-4, 4)",
                 [&] { take(x, negative, 1); });
  expect_invalid("take: index 3 is out of range: indices must be in [-3, 3)", [&] { x(far); });
  expect_invalid("take_along_axis: index 3 is out of range: indices must be in [-3, 3)",
                 [&] { take_along_axis(zeros({3}), far, 0); });
  expect_invalid("scatter: index -5 is out of range: indices must be in [-3, 3)",
                 [&] { scatter_add(zeros({3}), negative, ones({2}), 0); });
  expect_invalid("one_hot: index 3 is out of range: indices must be in [0, 3)",
                 [&] { one_hot(far, 3); });
  expect_invalid("one_hot: depth -1 is negative", [&] { one_hot(far, -1); });
  expect_invalid("take_along_axis: index 9 is out of range: indices must be in [-4, 4)",
                 [&] { cross_entropy(x, Tensor::copy_of<std::int64_t>({0, 9, 1}, {3})); });
  // No index is out of range if there is none.
  EXPECT_EQ(take(zeros({0}), zeros({0}, DType::i64), 0).size(), 0);
}

/// Indices that a compiled trace would compute later: checked at the line of the op all the same.
TEST(IndexErrors, Pending) {
  mutable_options().trial = false;
  CompileThread::get().set_compiler(std::unique_ptr<Compiler>(tracejit_create_compiler()));
  set_mode(Mode::on);
  std::string caught;
  Tensor before, taken;
  const auto step = [&](const Tensor &scores) {
    before = scores * 2;
    const Tensor places = argmax(before, {.axis = 1}) + 1;
    try {
      taken = take(x, places, 1);
    } catch (const Error &error) {
      caught = without_line(error.what(), std::source_location::current());
    }
  };
  const auto run = [&](std::vector<float> scores) {
    caught.clear();
    const Tensor values = Tensor::copy_of(scores, {1, 4});
    trace([&] { step(values); }, {.name = "pending"})();
  };
  for (int i = 0; i < 4; ++i) {
    run({0, 5, 0, 0});
    ASSERT_TRUE(wait_compiled());
    EXPECT_EQ(caught, "");
    EXPECT_EQ(taken.to_vector<float>(), (std::vector<float>{2, 6, 10}));
  }
  std::uint64_t hits = 0;
  for (const TraceReport &report : explain())
    if (report.name == "pending")
      hits += report.hits;
  EXPECT_GT(hits, 0u);
  for (int i = 0; i < 2; ++i) {
    run({0, 0, 0, 7});
    EXPECT_EQ(caught, "take: index 4 is out of range: indices must be in [-4, 4)");
    EXPECT_EQ(before.to_vector<float>(), (std::vector<float>{0, 0, 0, 14}));
    run({5, 0, 0, 0});
    EXPECT_EQ(caught, "");
    EXPECT_EQ(taken.to_vector<float>(), (std::vector<float>{1, 5, 9}));
  }
  set_mode(Mode::off);
}

} // namespace
} // namespace jit
