// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A call of an op, by libtracejit and by libtracejit-rt.
#pragma once

#include "runtime/base/WithDType.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/ops/Views.h"
#include "runtime/rt/WriteWords.h"
#include "test/conformance/KernelCheck.h"
#include "test/conformance/OpSamples.h"
#include "test/unit/kernels/ContractCase.h"
#include "test/unit/rt/Functions.h"

#include <memory>

namespace jit::test {

using Placing = conformance::Layout;
using conformance::SampleOperand;
using Bytes = GuardedArray<std::byte>;

/// Operands of a call in memory that ends where an inaccessible page begins.
class OpCall {
public:
  OpCall(OpKind op, std::vector<std::int64_t> attrs) : op(op), attrs(std::move(attrs)) {}

  void add_number(const SampleOperand &from) {
    KernelOperand &operand = operands.emplace_back();
    operand.scalar = from.kind == ScalarKind::integer
                         ? Scalar(static_cast<std::int64_t>(from.value))
                         : Scalar(from.value);
  }
  void add_tensor(DType dtype, Dims dims, Placing layout) {
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
              ? indices(dtype, size, check->bound({op, attrs, given}), seed, check->from_end)
              : conformance::edge_values(dtype, size, seed + i);
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
  static conformance::Value indices(DType dtype, Dims size, std::int64_t bound, std::uint64_t seed,
                                    bool from_end) {
    const std::int64_t small = std::min<std::int64_t>(bound, 127); // what an i8 holds
    const conformance::Value wide = conformance::index_values(
        size, small, seed, from_end && !is_unsigned(dtype) && small == bound);
    conformance::Value values(dtype, size);
    with_dtype(dtype, [&]<class T>(std::type_identity<T>) {
      for (std::int64_t i = 0; i < values.size(); ++i)
        values.set(i, static_cast<T>(wide.at<std::int64_t>(i)));
    });
    return values;
  }

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

inline std::vector<std::byte> joined(const std::vector<std::unique_ptr<Bytes>> &blocks,
                                     const std::vector<const Meta *> &metas) {
  std::vector<std::byte> all;
  for (std::size_t i = 0; i < blocks.size(); ++i)
    all.insert(all.end(), blocks[i]->begin(), blocks[i]->begin() + metas[i]->bytes());
  return all;
}

inline std::vector<std::byte> OpCall::by_runtime() const {
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
inline std::vector<std::byte> OpCall::by_rt(const Way &way) const {
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

} // namespace jit::test
