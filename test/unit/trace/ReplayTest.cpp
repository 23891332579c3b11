// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Replaying what was recorded gives the bits that the eager program had.
#include "runtime/trace/Replay.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/tensor/Impl.h"
#include "runtime/trace/Text.h"

#include <tracejit/tracejit.h>

#include <cstring>
#include <functional>
#include <gtest/gtest.h>
#include <limits>
#include <sstream>

namespace jit {
namespace {

/// The graph of one recorded run, after a way through a file.
Graph record(const std::string &name, const std::function<void()> &program) {
  set_mode(Mode::log);
  trace(program, {.name = name})();
  set_mode(Mode::off);
  std::ostringstream stream;
  save_trace(stream, name);
  ParsedTraces parsed = parse_traces(stream.str(), name);
  EXPECT_EQ(parsed.error, "");
  EXPECT_EQ(parsed.graphs.size(), 1u);
  if (parsed.graphs.empty())
    return {};
  EXPECT_EQ(to_text(parsed.graphs[0]), stream.str());
  return std::move(parsed.graphs[0]);
}

std::vector<std::byte> bytes_of(const Tensor &tensor) {
  const Impl &impl = *detail::Access::impl(tensor);
  std::vector<std::byte> bytes(impl.meta->bytes());
  copy_strided(*impl.meta, impl.data(), bytes.data());
  return bytes;
}

TEST(Replay, GivesTheBitsOfTheProgram) {
  Generator generator(7);
  const Tensor x = normal(generator, {5, 70}), weights = normal(generator, {70, 9});
  const Tensor labels = Tensor::copy_of<std::int64_t>({3, 0, 8, 8, 1}, {5});
  std::vector<Tensor> kept;
  const Graph graph = record("replay program", [&] {
    kept.clear();
    const Tensor hidden = gelu(matmul(x, weights)) * 0.1 + 3;
    const Tensor picked = take(hidden, labels, 1);
    kept.push_back(softmax(hidden));
    kept.push_back(sum(picked(slice(1, 5, 2), slice(4, {}, -1))));
    kept.push_back(var(permute_dims(hidden, {1, 0}), {.axis = 0}));
    kept.push_back(concat({hidden, hidden}, 1));
    kept.push_back(one_hot(labels, 9) - hidden);
  });
  ASSERT_EQ(graph.outputs.size(), kept.size());
  ASSERT_EQ(graph.examples.size(), graph.scalars.size());
  const Result<std::vector<Tensor>> outputs = [&] {
    GraphInputs inputs = *seeded_inputs(graph, 0);
    inputs.tensors = {x, weights, labels};
    return replay(graph, inputs);
  }();
  ASSERT_TRUE(outputs) << outputs.message();
  for (std::size_t k = 0; k < kept.size(); ++k) {
    EXPECT_EQ((*outputs)[k].shape().size(), kept[k].shape().size());
    EXPECT_EQ(bytes_of((*outputs)[k]), bytes_of(kept[k])) << k;
  }
}

TEST(Replay, RandomNumbersAreThoseOfTheExamples) {
  Generator generator(42);
  Tensor kept;
  const Graph graph = record("replay random", [&] { kept = uniform(generator, {100}); });
  const Result<std::vector<Tensor>> outputs = replay(graph, *seeded_inputs(graph, 9));
  ASSERT_TRUE(outputs);
  EXPECT_EQ(bytes_of(outputs->at(0)), bytes_of(kept));
}

std::string replay_error(const std::string &body, std::int64_t number) {
  const ParsedTraces parsed = parse_traces("tracejit-trace 1\nname \"\"\n" + body + "end\n", "t");
  EXPECT_EQ(parsed.error, "");
  GraphInputs inputs = *seeded_inputs(parsed.graphs.at(0), 0);
  inputs.numbers.assign(inputs.numbers.size(), number);
  const Result<std::vector<Tensor>> outputs = replay(parsed.graphs[0], inputs);
  return outputs ? "ran" : outputs.message();
}

TEST(Replay, ChecksWhereSlicesStart) {
  const std::string body = "input %in0 : f32[10]\nnumber %num0 : int\n"
                           "%0 = slice(%in0, %num0) extents=[4] steps=[3] : f32[4] strides=[3]\n"
                           "%1 = exp(%0) : f32[4]\noutput %1\n";
  EXPECT_EQ(replay_error(body, 0), "ran");
  for (const std::int64_t start :
       {std::int64_t{1}, std::int64_t{-1}, std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min()})
    EXPECT_EQ(replay_error(body, start),
              "op 0: slice: start " + std::to_string(start) +
                  " with 4 elements and step 3 leaves axis 0 of f32[10]");
}

TEST(Replay, ChecksComputedIndices) {
  EXPECT_EQ(replay_error("input %in0 : f32[5]\n"
                         "%0 = arange() start=2 stop=8 step=1 dtype=i64 : i64[6]\n"
                         "%1 = take(%in0, %0) axis=0 : f32[6]\noutput %1\n",
                         0),
            "op 1: take: index 7 is out of range: indices must be in [-5, 5)");
}

TEST(Replay, ReportsMissingMemory) {
  EXPECT_EQ(replay_error("input %in0 : f32[1]\n"
                         "%0 = broadcast_to(%in0) shape=[1152921504606846976] : "
                         "f32[1152921504606846976] strides=[0]\n"
                         "%1 = exp(%0) : f32[1152921504606846976]\noutput %1\n",
                         0),
            "op 1: exp: out of memory for f32[1152921504606846976]");
}

TEST(Replay, EdgeShapes) {
  EXPECT_EQ(replay_error("input %in0 : f32[0,3]\ninput %in1 : f32[]\n"
                         "%0 = add(%in0, %in1) : f32[0,3]\n"
                         "%1 = sum(%0) axis=[0] keepdims=false dtype=f32 : f32[3]\n"
                         "output %0\noutput %1\n",
                         0),
            "ran");
  EXPECT_EQ(replay_error("", 0), "ran");
}

} // namespace
} // namespace jit
