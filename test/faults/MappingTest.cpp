// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The system gives no more memory: what is cached is used up, then each way to a tensor throws, and
// what was made before is whole. With memory again, all goes on.
#include "runtime/trace/Inputs.h"
#include "runtime/trace/Replay.h"
#include "runtime/trace/Text.h"
#include "test/faults/Compilers.h"
#include "test/faults/FailingMemory.h"
#include "test/unit/jit/CompiledTest.h"

#include <tracejit/io.h>

#include <filesystem>
#include <functional>
#include <sstream>

namespace jit::faults {
namespace {

using test::same_bits;

class MappingTest : public testing::Test {
protected:
  void SetUp() override {
    if (!memory_can_fail)
      GTEST_SKIP() << why_memory_cannot_fail;
    plug_in_compiler();
    set_mode(Mode::on);
  }

  /// Calls `make` until it throws, then looks at what was made.
  template <class Make> void exhaust(Make make, const Tensor &expected) {
    std::vector<Tensor> made;
    made.reserve(most);
    bool threw = false;
    {
      const Counted scope;
      fail_maps(true);
      try {
        while (made.size() < most)
          made.push_back(make());
      } catch (const Error &error) {
        threw = true;
        EXPECT_EQ(error.code(), ErrorCode::out_of_memory) << error.what();
      }
      fail_maps(false);
    }
    EXPECT_TRUE(threw);
    EXPECT_GT(made.size(), 0u);
    for (const Tensor &tensor : made)
      ASSERT_TRUE(same_bits(expected, tensor));
    EXPECT_TRUE(same_bits(expected, make()));
  }
  static constexpr std::size_t most = 1 << 20;

private:
  const Uncounted test_itself;
};

TEST_F(MappingTest, ComputedValues) {
  const Tensor x = test::ramp(64);
  exhaust([&] { return x * 2.0; }, x * 2.0);
}

TEST_F(MappingTest, ViewsHaveNoBlocks) {
  const Tensor x = test::ramp(64);
  exhaust([&] { return reshape(x, {8, 8}); }, reshape(x, {8, 8}));
}

TEST_F(MappingTest, CopiesOfTheUsersMemory) {
  const std::vector<float> values(100, 0.5f);
  exhaust([&] { return Tensor::copy_of(values, {100}); }, full({100}, 0.5f));
}

TEST_F(MappingTest, AdoptedMemory) {
  exhaust([&] { return Tensor::adopt(std::vector<float>(10, 0.5f), {10}); }, full({10}, 0.5f));
}

/// There is memory for elements, none for the value over them: nothing may stay of the elements.
TEST_F(MappingTest, StorageOfValuesThatCannotBeMade) {
  const Tensor x = test::ramp(64);
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / "tracejit-mapping-test.npy";
  save(file, x);
  set_mode(Mode::log);
  trace([&] { exp(x) * 2.0; }, {.name = "no values"})();
  set_mode(Mode::on);
  std::ostringstream text;
  save_trace(text, "no values");
  const ParsedTraces parsed = parse_traces(text.str(), "no values");
  ASSERT_EQ(parsed.graphs.size(), 1u);
  const Result<GraphInputs> inputs = seeded_inputs(parsed.graphs[0], 1);
  ASSERT_TRUE(inputs);
  const std::function<bool()> ways[]{
      [&] { return load(file).empty(); },
      [&] { return Tensor::copy_of<float>({1, 2}, {2}).empty(); },
      [&] { return (x * 2.0).empty(); },
      [&] { return bool(seeded_inputs(parsed.graphs[0], 1)); },
      [&] { return bool(replay(parsed.graphs[0], *inputs)); },
  };
  for (std::size_t way = 0; way < std::size(ways); ++way) {
    // Cached blocks and storages, which the views below do not use up.
    {
      const std::vector<Tensor> some(10, x * 1.0);
    }
    std::vector<Tensor> views;
    views.reserve(most);
    bool failed = false;
    const std::int64_t live = memory_stats().live_bytes;
    {
      const Counted scope;
      fail_maps(true);
      try {
        while (views.size() < most)
          views.push_back(reshape(x, {8, 8}));
      } catch (const Error &) {
      }
      try {
        failed = !ways[way]();
      } catch (const Error &error) {
        failed = error.code() == ErrorCode::out_of_memory;
      }
      fail_maps(false);
    }
    EXPECT_TRUE(failed) << "way " << way;
    EXPECT_EQ(memory_stats().live_bytes, live) << "way " << way;
  }
  std::filesystem::remove(file);
}

TEST_F(MappingTest, PendingValues) {
  const Tensor x = test::ramp(64);
  const auto body = [&] {
    const Tensor y = exp(x);
    return reshape(y * 2.0, {8, 8});
  };
  const Tensor expected = test::plainly(body);
  auto f = trace(body, {"maps fail"});
  test::repeat(4, [&](int) { f(); });
  const std::uint64_t compiled = test::hits(f);
  EXPECT_GE(compiled, 2u);
  const auto read = [&] {
    const Tensor y = f();
    static_cast<void>(y.data<float>()); // throws if there was no memory for it
    return y;
  };
  exhaust(read, expected);
  const std::uint64_t so_far = test::hits(f);
  EXPECT_GT(so_far, compiled + 1);
  EXPECT_TRUE(same_bits(expected, f()));
  EXPECT_EQ(test::hits(f), so_far + 1);
}

} // namespace
} // namespace jit::faults
