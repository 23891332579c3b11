// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every function of libtracejit-rt against the kernel of libtracejit, bit by bit. Cases come from
// the samples of the records: a new op needs no line here.
#include "runtime/ops/Attributes.h"
#include "test/unit/rt/OpCall.h"

#include <map>
#include <sys/wait.h>

namespace jit::test {
namespace {

using conformance::Sample;

/// Extents of a sample and what stands for them.
using Extents = std::map<std::int64_t, std::int64_t>;

/// Indices, which are i64 in samples, may be any integers.
DType dtype_of_operand(const SampleOperand &operand, DType tested) {
  if (operand.dtype == DType::i64)
    return is_integer(tested) ? tested : DType::i64;
  return operand.dtype.value_or(tested);
}

class Comparison {
public:
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
    for (const Placing layout : conformance::all_layouts)
      if (first || layout == Placing::gaps)
        check_call(sample.op, dtype, operands, attrs, {}, layout);
    check_call(sample.op, dtype, operands, attrs, primes, Placing::transposed);
    for (const auto &[extent, prime] : primes) {
      check_call(sample.op, dtype, operands, attrs, {{extent, 0}}, Placing::contiguous);
      check_call(sample.op, dtype, operands, attrs, {{extent, 1}}, Placing::gaps);
      if (first)
        check_call(sample.op, dtype, operands, attrs, {{extent, 4099}}, Placing::contiguous);
    }
    if (first)
      check_rank_0(sample.op, dtype, operands, attrs);
  }

  int calls = 0;

private:
  void check_call(OpKind op, DType dtype, const std::vector<SampleOperand> &operands,
                  const std::vector<std::int64_t> &attrs, const Extents &extents, Placing layout) {
    OpCall call(op, attrs);
    for (const SampleOperand &operand : operands) {
      DimList dims;
      for (const std::int64_t extent : Dims(operand.dims)) {
        const auto found = extents.find(extent);
        dims.push_back(found == extents.end() ? extent : found->second);
      }
      if (operand.is_number)
        call.add_number(operand);
      else
        call.add_tensor(dtype_of_operand(operand, dtype), dims, layout);
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
    check_call(op, dtype, operands, shorter, {}, Placing::contiguous);
  }

  void compare(OpCall &call) {
    if (!call.infer_results())
      return;
    call.fill(static_cast<std::uint64_t>(++calls));
    SCOPED_TRACE(call.text());
    for (const Isa isa : isas()) {
      // Of NaN the sign and the payload depend on the instruction set.
      set_active_isa(isa);
      const std::vector<std::byte> expected = call.by_runtime();
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

class RtOps : public testing::TestWithParam<OpKind> {};

void check_op(OpKind kind) {
  Comparison comparison;
  const OpInfo &op = info(kind);
  for (const DType dtype : conformance::all_dtypes) {
    std::size_t number = 0;
    for (const Sample &sample : conformance::samples)
      if (sample.op == op.kind)
        comparison.check_sample(sample, dtype, number++ == 0);
    if (op.family == Family::creation)
      break; // no operand has this dtype
  }
  EXPECT_GE(comparison.calls, 1);
}

/// In a process of its own, where no other op has filled the kernel tables.
TEST_P(RtOps, EqualThoseOfTheRuntime) {
  const pid_t child = fork();
  if (child == 0) {
    check_op(GetParam());
    std::fflush(nullptr);
    _exit(HasFailure() ? 1 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
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

} // namespace
} // namespace jit::test
