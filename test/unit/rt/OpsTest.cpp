// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every function of libtracejit-rt against the kernel of libtracejit, bit by bit. Cases come from
// the samples of the records: a new op needs no line here.
#include "runtime/kernels/KernelCall.h"
#include "runtime/ops/Attributes.h"
#include "runtime/ops/Views.h"
#include "runtime/rt/WriteWords.h"
#include "test/conformance/KernelCheck.h"
#include "test/conformance/OpSamples.h"
#include "test/unit/kernels/ContractCase.h"
#include "test/unit/rt/Functions.h"

#include <map>

namespace jit::test {
namespace {

using conformance::Layout;
using conformance::Sample;
using conformance::SampleOperand;
using Bytes = GuardedArray<std::byte>;

/// Operands of a call in memory that ends where an inaccessible page begins.
class Call {
public:
  Call(OpKind op, std::vector<std::int64_t> attrs) : op(op), attrs(std::move(attrs)) {}

  void add_number(const SampleOperand &from) {
    KernelOperand &operand = operands.emplace_back();
    operand.scalar = from.kind == ScalarKind::integer
                         ? Scalar(static_cast<std::int64_t>(from.value))
                         : Scalar(from.value);
  }
  void add_tensor(DType dtype, Dims dims, Layout layout) {
    const conformance::Places places = conformance::places_of(dims, layout);
    const auto step = static_cast<std::int64_t>(itemsize(dtype));
    memory.push_back(std::make_unique<Bytes>(static_cast<std::size_t>(places.size * step)));
    sizes.push_back(places.size);
    operands.push_back({intern_meta(dtype, dims, places.strides),
                        memory.back()->begin() + places.first * step, 0, nullptr});
  }

  std::vector<OperandType> types() const {
    std::vector<OperandType> all;
    for (const KernelOperand &operand : operands)
      all.push_back(operand.type());
    return all;
  }

  /// False if the op refuses these operands, or has no valid index.
  bool infer_results() {
    const std::vector<OperandType> given = types();
    const InferRequest request{op, attrs, given};
    Inferred inferred;
    if (infer(request, inferred) || !starts_fit(request))
      return false;
    for (int i = 0; i < inferred.count; ++i) {
      const ResultType &result = inferred.results[static_cast<std::size_t>(i)];
      results.push_back(intern_contiguous(result.dtype, result.dims));
    }
    const IndexCheck *check = info(op).index_check;
    return !check || check->bound(request) > 0;
  }

  void fill(std::uint64_t seed) {
    const IndexCheck *check = info(op).index_check;
    const std::vector<OperandType> given = types();
    std::size_t next = 0;
    for (std::size_t i = 0; i < operands.size(); ++i) {
      if (!operands[i].meta)
        continue;
      const DimList size{sizes[next]};
      const DType dtype = operands[i].meta->dtype;
      const conformance::Value values =
          check && check->operand == i
              ? conformance::index_values(size, check->bound({op, attrs, given}), seed,
                                          check->from_end)
              : conformance::edge_values(dtype, size, seed + i);
      ASSERT_EQ(values.dtype, dtype);
      std::ranges::copy(values.bytes, memory[next++]->begin());
    }
  }

  /// Results by libtracejit, one behind the other.
  std::vector<std::byte> by_runtime() const;
  std::vector<std::byte> by_rt(const Way &way) const;

  std::string text() const {
    std::string line(info(op).name);
    for (const KernelOperand &operand : operands)
      line += " " + (operand.meta ? jit::describe(*operand.meta)
                                  : std::to_string(operand.scalar.as_double()));
    for (const std::int64_t word : attrs)
      line += " " + std::to_string(word);
    return line;
  }

private:
  bool starts_fit(const InferRequest &request) const {
    if (!has_starts(op))
      return true;
    DimList starts;
    for (const KernelOperand &operand : operands)
      if (!operand.meta)
        starts.push_back(operand.scalar.as_int());
    return !check_starts(request, starts);
  }

  OpKind op;
  std::vector<std::int64_t> attrs;
  std::vector<std::unique_ptr<Bytes>> memory;
  std::vector<std::int64_t> sizes; ///< of memory, in elements
  std::vector<KernelOperand> operands;
  std::vector<const Meta *> results;
};

std::vector<std::byte> joined(const std::vector<std::unique_ptr<Bytes>> &blocks,
                              const std::vector<const Meta *> &metas) {
  std::vector<std::byte> all;
  for (std::size_t i = 0; i < blocks.size(); ++i)
    all.insert(all.end(), blocks[i]->begin(), blocks[i]->begin() + metas[i]->bytes());
  return all;
}

std::vector<std::byte> Call::by_runtime() const {
  std::vector<std::unique_ptr<Bytes>> blocks;
  std::vector<KernelResult> places;
  for (const Meta *meta : results) {
    blocks.push_back(std::make_unique<Bytes>((meta->bytes() + 63) / 64 * 64));
    places.push_back({meta, blocks.back()->begin()});
  }
  EXPECT_TRUE(run_kernel({op, attrs, operands, places}));
  return joined(blocks, results);
}

/// Results lie where their bytes end at the page, so they are aligned to an element only.
std::vector<std::byte> Call::by_rt(const Way &way) const {
  const std::vector<std::int64_t> words = rt::call_words(attrs, types(), results);
  std::vector<const void *> from;
  std::vector<std::int64_t> numbers(operands.size());
  for (std::size_t i = 0; i < operands.size(); ++i) {
    const Scalar number = operands[i].scalar;
    numbers[i] = number.kind() == ScalarKind::floating
                     ? std::bit_cast<std::int64_t>(number.as_double())
                     : number.as_int();
    from.push_back(operands[i].meta ? static_cast<const void *>(operands[i].data) : &numbers[i]);
  }
  std::vector<std::unique_ptr<Bytes>> blocks;
  std::vector<void *> to;
  for (const Meta *meta : results) {
    blocks.push_back(std::make_unique<Bytes>(meta->bytes()));
    std::fill(blocks.back()->begin(), blocks.back()->end(), std::byte{0xA5});
    to.push_back(blocks.back()->begin());
  }
  const RtFunctions functions = rt_functions(op);
  Bytes scratch((functions.scratch(words.data(), way.workers) + 63) / 64 * 64);
  functions.run(words.data(), from.data(), to.data(), scratch.begin(), way.parallel, way.pool,
                way.workers);
  return joined(blocks, results);
}

/// Extents of a sample and what stands for them.
using Extents = std::map<std::int64_t, std::int64_t>;

class RtOps : public testing::TestWithParam<OpKind> {
protected:
  void check_sample(const Sample &sample, DType dtype, bool first) {
    const std::vector<SampleOperand> operands = conformance::read_operands(sample.operands);
    std::vector<std::int64_t> attrs;
    ASSERT_EQ(attrs_from_string(info(sample.op), sample.attrs, attrs), std::nullopt);
    Extents primes;
    static constexpr std::int64_t some[] = {67, 37, 17, 13, 11};
    for (const SampleOperand &operand : operands)
      for (const std::int64_t extent : Dims(operand.dims))
        if (extent > 1 && !primes.contains(extent))
          primes[extent] = some[primes.size() % std::size(some)];
    for (const Layout layout : conformance::all_layouts)
      if (first || layout == Layout::gaps)
        check_call(sample.op, dtype, operands, attrs, {}, layout);
    check_call(sample.op, dtype, operands, attrs, primes, Layout::transposed);
    for (const auto &[extent, prime] : primes) {
      check_call(sample.op, dtype, operands, attrs, {{extent, 0}}, Layout::contiguous);
      check_call(sample.op, dtype, operands, attrs, {{extent, 1}}, Layout::gaps);
      if (first)
        check_call(sample.op, dtype, operands, attrs, {{extent, 4099}}, Layout::contiguous);
    }
    if (first)
      check_rank_0(sample.op, dtype, operands, attrs);
  }

  int calls = 0;

private:
  void check_call(OpKind op, DType dtype, const std::vector<SampleOperand> &operands,
                  const std::vector<std::int64_t> &attrs, const Extents &extents, Layout layout) {
    Call call(op, attrs);
    for (const SampleOperand &operand : operands) {
      DimList dims;
      for (const std::int64_t extent : Dims(operand.dims)) {
        const auto found = extents.find(extent);
        dims.push_back(found == extents.end() ? extent : found->second);
      }
      if (operand.is_number)
        call.add_number(operand);
      else
        call.add_tensor(operand.dtype.value_or(dtype), dims, layout);
    }
    compare(call);
  }

  /// Every tensor loses its axes, every list its items.
  void check_rank_0(OpKind op, DType dtype, std::vector<SampleOperand> operands,
                    const std::vector<std::int64_t> &attrs) {
    std::vector<std::int64_t> shorter;
    std::size_t place = 0;
    for (const AttrField &field : info(op).attrs) {
      const bool list = field.kind == AttrKind::list;
      shorter.push_back(list ? 0 : attrs[place]);
      place += list ? 1 + static_cast<std::size_t>(attrs[place]) : 1;
    }
    for (SampleOperand &operand : operands)
      operand.dims = {};
    check_call(op, dtype, operands, shorter, {}, Layout::contiguous);
  }

  void compare(Call &call) {
    if (!call.infer_results())
      return;
    call.fill(static_cast<std::uint64_t>(++calls));
    SCOPED_TRACE(call.text());
    const std::vector<std::byte> expected = call.by_runtime();
    for (const Isa isa : isas()) {
      tj_rt1_test_isa(isa == Isa::v4 ? 4 : 3);
      for (const Way &way :
           {Way{nullptr, nullptr, 1}, Way{run_in_foreign_environment, nullptr, 3}, pool.way(2)})
        EXPECT_TRUE(call.by_rt(way) == expected)
            << "workers " << way.workers << (isa == Isa::v4 ? " v4" : " v3");
    }
    tj_rt1_test_isa(0);
  }

  Pool pool{3};
};

TEST_P(RtOps, EqualThoseOfTheRuntime) {
  const OpInfo &op = info(GetParam());
  for (const DType dtype : conformance::all_dtypes) {
    std::size_t number = 0;
    for (const Sample &sample : conformance::samples)
      if (sample.op == op.kind)
        check_sample(sample, dtype, number++ == 0);
    if (op.family == Family::creation)
      break; // no operand has this dtype
  }
  EXPECT_GE(calls, 1);
}

std::vector<OpKind> ops_of_rt() {
  std::vector<OpKind> kinds;
  for (const OpInfo &op : all_ops())
    if (rt::is_in_rt(op.kind))
      kinds.push_back(op.kind);
  return kinds;
}

INSTANTIATE_TEST_SUITE_P(Ops, RtOps, testing::ValuesIn(ops_of_rt()),
                         [](const auto &test) { return std::string(jit::info(test.param).name); });

TEST(RtFunctions, AreThereForWhatTheWriterNames) {
  for (const OpInfo &op : all_ops())
    EXPECT_EQ(rt_functions(op.kind).run != nullptr, rt::is_in_rt(op.kind)) << op.name;
}

/// More operands than find room on the stack.
TEST(RtFunctions, ConcatManyTensors) {
  const std::vector<std::int64_t> axis{0};
  for (const std::int64_t count : {16, 17, 300}) {
    Call call(OpKind::concat, axis);
    for (std::int64_t i = 0; i < count; ++i)
      call.add_tensor(DType::i32, DimList{1 + i % 3, 2}, Layout::transposed);
    ASSERT_TRUE(call.infer_results());
    call.fill(1);
    EXPECT_TRUE(call.by_rt({nullptr, nullptr, 1}) == call.by_runtime()) << count;
  }
}

TEST(RtFunctions, RunOnManyThreadsAtOnce) {
  const Pool pool(2);
  const auto work = [&] {
    Call sum(OpKind::cumulative_sum, {0, 0, static_cast<std::int64_t>(DType::f64)});
    sum.add_tensor(DType::f64, DimList{40'000}, Layout::gaps);
    ASSERT_TRUE(sum.infer_results());
    sum.fill(3);
    const std::vector<std::byte> expected = sum.by_runtime();
    for (int i = 0; i < 3; ++i) {
      EXPECT_TRUE(sum.by_rt({nullptr, nullptr, 1}) == expected);
      EXPECT_TRUE(sum.by_rt(pool.way(2)) == expected);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 16; ++i)
    threads.emplace_back(work);
  for (std::thread &thread : threads)
    thread.join();
}

TEST(RtInRange, LooksAtEveryElement) {
  for (const DType dtype : {DType::i8, DType::u16, DType::i32, DType::i64})
    for (const Layout layout : conformance::all_layouts)
      for (const DimList &dims : {DimList{}, DimList{0, 3}, DimList{1}, DimList{13, 7}}) {
        const conformance::Places places = conformance::places_of(dims, layout);
        const conformance::Value values = conformance::edge_values(dtype, DimList{places.size}, 5);
        Bytes memory(values.bytes.size());
        std::ranges::copy(values.bytes, memory.begin());
        const Meta &meta = *intern_meta(dtype, dims, places.strides);
        const std::byte *data =
            memory.begin() + places.first * static_cast<std::int64_t>(itemsize(dtype));
        const std::vector<std::int64_t> words = rt::tensor_words(meta);
        const IndexRange range = index_range(meta, data);
        const auto in_range = [&](std::int64_t low, std::int64_t high) {
          return tj_rt1_in_range(words.data(), data, low, high) != 0;
        };
        EXPECT_TRUE(in_range(range.min, range.max)) << describe(meta);
        EXPECT_EQ(in_range(range.min, range.max - 1), meta.size == 0) << describe(meta);
        if (range.min < INT64_MAX) {
          EXPECT_EQ(in_range(range.min + 1, range.max), meta.size == 0) << describe(meta);
        }
      }
}

} // namespace
} // namespace jit::test
