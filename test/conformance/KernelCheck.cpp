// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/conformance/KernelCheck.h"
#include "runtime/kernels/ThreadPool.h"
#include "test/conformance/Elements.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <random>

namespace jit::conformance {

Places places_of(Dims dims, Layout layout) {
  Places places;
  std::int64_t strides[max_rank] = {};
  const int rank = static_cast<int>(dims.size());
  const auto lay = [&](int axis) {
    const std::int64_t step = layout == Layout::gaps ? 2 : 1;
    const std::int64_t dim = dims[static_cast<std::size_t>(axis)];
    const bool repeated = layout == Layout::repeated && axis == 0;
    strides[axis] = repeated ? 0 : places.size * step;
    if (layout == Layout::reversed && dim > 0) {
      places.first += (dim - 1) * strides[axis];
      strides[axis] = -strides[axis];
    }
    if (!repeated)
      places.size *= std::max<std::int64_t>(dim, 1) * step;
  };
  for (int i = 0; i < rank; ++i)
    lay(layout == Layout::transposed ? i : rank - 1 - i);
  for (int axis = 0; axis < rank; ++axis)
    places.strides.push_back(strides[axis]);
  return places;
}

namespace {

/// A tensor with its memory, which has guard bytes around the elements.
struct Placed {
  std::vector<std::byte> memory;
  const Meta *meta = nullptr;
  const std::byte *data = nullptr;
};

Placed place(const Value &value, Layout layout) {
  const Places shape = places_of(value.dims, layout);
  const auto step = static_cast<std::int64_t>(itemsize(value.dtype));
  Placed placed;
  placed.memory.assign(static_cast<std::size_t>(shape.size * step), std::byte{1});
  placed.meta = intern_meta(value.dtype, value.dims, shape.strides);
  std::vector<std::int64_t> index(value.dims.size());
  if (layout == Layout::contiguous)
    std::ranges::copy(value.bytes, placed.memory.begin());
  const std::int64_t size = layout == Layout::contiguous ? 0 : value.size();
  for (std::int64_t i = 0; i < size; ++i, next_index(index, value.dims)) {
    std::int64_t at = shape.first;
    for (std::size_t axis = 0; axis < index.size(); ++axis)
      at += index[axis] * shape.strides[axis];
    std::memcpy(placed.memory.data() + at * step, value.bytes.data() + i * step,
                static_cast<std::size_t>(step));
  }
  placed.data = placed.memory.data() + shape.first * step;
  return placed;
}

/// Every slice along the first axis becomes a copy of the first one.
void repeat_first_slice(Value &value) {
  if (value.is_number || value.dims.size() == 0 || value.size() == 0)
    return;
  const std::size_t slice = value.bytes.size() / static_cast<std::size_t>(value.dims[0]);
  for (std::size_t at = slice; at < value.bytes.size(); at += slice)
    std::copy_n(value.bytes.begin(), slice, value.bytes.begin() + static_cast<std::ptrdiff_t>(at));
}

/// Result memory, 64-byte aligned, with a guard after the elements.
class ResultBlock {
public:
  explicit ResultBlock(const Meta &meta) : bytes(meta.bytes()), memory(bytes + 64 + 64) {
    std::fill(memory.begin(), memory.end(), std::byte{0xA5});
  }
  std::byte *data() {
    const auto address = reinterpret_cast<std::uintptr_t>(memory.data());
    return memory.data() + (64 - address % 64) % 64;
  }
  bool guard_intact() {
    return std::all_of(data() + bytes, memory.data() + memory.size(),
                       [](std::byte b) { return b == std::byte{0xA5}; });
  }

private:
  std::size_t bytes;
  std::vector<std::byte> memory;
};

void run_and_compare(OpKind op, AttrWords attrs, const std::vector<KernelOperand> &operands,
                     const std::vector<Value> &expected) {
  std::vector<ResultBlock> blocks;
  std::vector<KernelResult> results;
  for (const Value &value : expected)
    blocks.emplace_back(*intern_contiguous(value.dtype, value.dims));
  for (std::size_t i = 0; i < expected.size(); ++i)
    results.push_back({intern_contiguous(expected[i].dtype, expected[i].dims), blocks[i].data()});
  ASSERT_TRUE(run_kernel({op, attrs, operands, results}));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    Value got(expected[i].dtype, expected[i].dims);
    std::copy_n(blocks[i].data(), got.bytes.size(), got.bytes.begin());
    EXPECT_EQ(difference(expected[i], got), "") << "result " << i;
    EXPECT_TRUE(blocks[i].guard_intact()) << "result " << i << " written past its end";
  }
}

template <class T> void fill_random(Value &value, std::mt19937_64 &random, bool edges) {
  constexpr bool floating = std::is_floating_point_v<T>;
  using Limits = std::numeric_limits<T>;
  std::vector<T> special{T(0), T(1), T(2), Limits::max(), Limits::min(), Limits::lowest()};
  if constexpr (floating)
    special.insert(special.end(),
                   {T(-0.0), T(-1), T(0.5), Limits::infinity(), -Limits::infinity(),
                    Limits::quiet_NaN(), Limits::denorm_min(), -Limits::denorm_min(), T(0x1p40),
                    T(-3.5), T(255.5), T(0x1p63), T(1e-5), Limits::epsilon()});
  else if constexpr (std::is_signed_v<T>)
    special.insert(special.end(), {T(-1), T(-2), T(255), T(256), T(1ll << 53), T((1ll << 53) + 1)});
  for (std::int64_t i = 0; i < value.size(); ++i) {
    T x{};
    if constexpr (floating)
      x = static_cast<T>(std::ldexp(static_cast<double>(random() >> 11) - 0x1p52, -51) *
                         (edges ? 4 : 1));
    else
      x = static_cast<T>(edges ? random() >> (random() % 64) : random() % 7);
    if (edges && random() % 3 == 0)
      x = special[random() % special.size()];
    value.set(i, x);
  }
}

Value random_values(DType dtype, Dims dims, std::uint64_t seed, bool edges) {
  Value value(dtype, dims);
  std::mt19937_64 random(seed * 1000003 + static_cast<std::uint64_t>(dtype));
  visit(dtype, [&](auto type) {
    if constexpr (std::is_same_v<decltype(type), bool>)
      for (std::int64_t i = 0; i < value.size(); ++i)
        value.set(i, random() % 2 == 0);
    else
      fill_random<decltype(type)>(value, random, edges);
  });
  return value;
}

} // namespace

Value edge_values(DType dtype, Dims dims, std::uint64_t seed) {
  return random_values(dtype, dims, seed, true);
}
Value plain_values(DType dtype, Dims dims, std::uint64_t seed) {
  return random_values(dtype, dims, seed, false);
}
Value index_values(Dims dims, std::int64_t bound, std::uint64_t seed, bool from_end) {
  Value value(DType::i64, dims);
  std::mt19937_64 random(seed);
  for (std::int64_t i = 0; i < value.size(); ++i) {
    const std::uint64_t word = random();
    const auto index = static_cast<std::int64_t>(word % static_cast<std::uint64_t>(bound));
    value.set(i, from_end && word >> 63 ? index - bound : index);
  }
  return value;
}

std::string describe(OpKind op, AttrWords attrs, const std::vector<Value> &operands,
                     Layout layout) {
  std::string text(info(op).name);
  for (const Value &operand : operands)
    text += " " + (operand.is_number ? std::to_string(operand.number.as_double())
                                     : jit::describe(operand.dtype, operand.dims));
  for (std::int64_t word : attrs)
    text += " " + std::to_string(word);
  return text + " layout " + std::to_string(static_cast<int>(layout));
}

namespace {

bool same(const Scalar &a, const Scalar &b) {
  return a.kind() == b.kind() &&
         (a.kind() == ScalarKind::floating ? std::bit_cast<std::uint64_t>(a.as_double()) ==
                                                 std::bit_cast<std::uint64_t>(b.as_double())
                                           : a.as_int() == b.as_int());
}
bool same_value(const Value &a, const Value &b) {
  return a.is_number == b.is_number && a.dtype == b.dtype && same(a.number, b.number) &&
         std::ranges::equal(Dims(a.dims), Dims(b.dims)) && a.bytes == b.bytes;
}

/// What the interpreter says. Tests go through the layouts of the same operands innermost, a few
/// calls for each, so the last answers are kept.
const std::vector<Value> &interpreted(OpKind op, AttrWords attrs,
                                      const std::vector<Value> &operands) {
  struct Answer {
    OpKind op{};
    std::vector<std::int64_t> attrs;
    std::vector<Value> operands, results;
  };
  static std::array<Answer, 4> answers;
  static std::size_t next = 0;
  for (const Answer &answer : answers)
    if (answer.op == op && !answer.results.empty() && std::ranges::equal(answer.attrs, attrs) &&
        std::ranges::equal(answer.operands, operands, same_value))
      return answer.results;
  Answer &answer = answers[next++ % answers.size()];
  answer = {op, {attrs.begin(), attrs.end()}, operands, interpret(op, attrs, operands)};
  return answer.results;
}

/// Setting the number looks at the CPUs again, which takes longer than most checks.
void use_threads(int count) {
  static int used = 0;
  if (count != used)
    force_thread_count(used = count);
}

} // namespace

bool check(OpKind op, AttrWords attrs, std::vector<Value> operands, Layout layout) {
  std::vector<OperandType> types;
  std::vector<Placed> placed(operands.size());
  std::vector<KernelOperand> inputs;
  std::int64_t work = 0;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (layout == Layout::repeated)
      repeat_first_slice(operands[i]);
    if (!operands[i].is_number)
      placed[i] = place(operands[i], layout);
    inputs.push_back({placed[i].meta, placed[i].data, operands[i].number});
    types.push_back(inputs.back().type());
    work = std::max(work, operands[i].is_number ? 0 : operands[i].size());
  }
  Inferred inferred;
  if (infer({op, attrs, types}, inferred))
    return false;
  for (int i = 0; i < inferred.count; ++i) {
    std::int64_t size = 1;
    for (std::int64_t dim : static_cast<Dims>(inferred.results[static_cast<std::size_t>(i)].dims))
      size *= dim;
    work = std::max(work, size);
  }
  const std::vector<Value> &expected = interpreted(op, attrs, operands);
  SCOPED_TRACE(describe(op, attrs, operands, layout));
  const Isa before = active_isa();
  for (int threads : {1, 2, 4}) {
    if (threads > 1 && work < 4096)
      continue; // nothing is shared below
    use_threads(threads);
    for (Isa isa : {Isa::v3, Isa::v4}) {
      if (!isa_supported(isa))
        continue;
      set_active_isa(isa);
      SCOPED_TRACE(std::string(isa == Isa::v3 ? "v3, " : "v4, ") + std::to_string(threads) +
                   " threads");
      run_and_compare(op, attrs, inputs, expected);
    }
  }
  set_active_isa(before);
  return true;
}

} // namespace jit::conformance
