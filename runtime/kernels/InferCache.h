// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a thread remembers of small ops: the result metas for given operands, and how to run an
// elementwise op over them in one loop.
#pragma once

#include "runtime/base/PerThread.h"
#include "runtime/kernels/Execute.h"
#include "runtime/kernels/KernelTable.h"
#include "runtime/kernels/Mxcsr.h"
#include "runtime/kernels/ScalarValue.h"
#include "runtime/ops/Limits.h"

#include <array>

namespace jit {

/// An op without attributes over one to three operands: its result metas depend on nothing else.
struct InferKey {
  static constexpr std::size_t max_operands = max_element_operands;
  OpKind op{};
  std::uint8_t count = 0;
  std::array<ScalarKind, max_operands> kinds{}; ///< of numbers
  std::array<const Meta *, max_operands> metas{};

  void push_back(OperandType type) noexcept {
    metas[count] = type.meta;
    kinds[count++] = type.meta ? ScalarKind{} : type.kind;
  }
  /// Puts metas of the table in the place of equal ones that values own. False if there are none.
  bool take_interned() noexcept {
    bool taken = false;
    for (const Meta *&meta : metas)
      if (meta && !meta->interned)
        if (const Meta *twin = find_interned(*meta)) {
          meta = twin;
          taken = true;
        }
    return taken;
  }
  bool operator==(const InferKey &) const noexcept = default;
  std::uint64_t hash() const noexcept {
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15u;
    std::uint64_t hash = static_cast<std::uint64_t>(op) * odd;
    for (const Meta *meta : metas)
      hash = (hash ^ reinterpret_cast<std::uintptr_t>(meta)) * odd;
    return hash;
  }
};

/// Recent answers, each in one of two places by independent bits of its hash, so that the addresses
/// of metas decide nothing: ops that meet in one place find room in the other.
class InferCache {
public:
  const ResultMetas *find(const InferKey &key) const noexcept {
    const std::uint64_t hash = key.hash();
    const Entry &first = ways[0][place(hash, 0)];
    if (first.key == key) [[likely]]
      return &first.result;
    const Entry &second = ways[1][place(hash, 1)];
    return second.key == key ? &second.result : nullptr;
  }
  /// Replaces one of the two by chance: a rule could let the same ops drive out each other for
  /// ever.
  void put(const InferKey &key, const ResultMetas &result) noexcept {
    const std::uint64_t hash = key.hash();
    chance = (chance + 1) * odd;
    std::size_t way = chance >> 63;
    for (std::size_t w = 0; w < ways.size(); ++w)
      if (ways[w][place(hash, w)].key.count == 0)
        way = w;
    ways[way][place(hash, way)] = {key, result};
  }
  void leave_thread() noexcept {}

private:
  static constexpr std::size_t way_bits = 7;
  static constexpr std::uint64_t odd = 0x9e3779b97f4a7c15u;
  static std::size_t place(std::uint64_t hash, std::size_t way) noexcept {
    return hash << way * way_bits >> (64 - way_bits);
  }
  struct Entry {
    InferKey key; ///< without operands: none
    ResultMetas result;
  };
  std::array<std::array<Entry, 1 << way_bits>, 2> ways;
  std::uint64_t chance = 0;
};
using ThreadInferCache = PerThread<InferCache>;

/// The arguments of a direct loop. While it lives the environment is the default one: numbers are
/// rounded to the loop's dtype in it too.
struct DirectCall {
  const MxcsrGuard environment;
  std::array<std::byte *, InferKey::max_operands + 1> pointers; ///< result first
  std::array<ScalarValue, InferKey::max_operands> numbers;

  void set_number(const DirectLoop &loop, std::size_t operand, Scalar number) noexcept {
    const bool condition = loop.condition && operand == 0;
    numbers[operand] = ScalarValue(number, condition ? DType::boolean : loop.compute);
    pointers[operand + 1] = numbers[operand].bytes;
  }
  void run(const DirectLoop &loop, std::int64_t size) noexcept {
    const ScalarArgs args{loop.broadcast};
    active_table().element[loop.function][static_cast<std::size_t>(loop.compute)](
        pointers.data(), static_cast<std::size_t>(size), &args);
  }
};

} // namespace jit
