// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The hash by which a thread recognises the path it has taken, cheap enough to build while ops run.
#pragma once

#include "runtime/trace/Graph.h"

namespace jit::sequence {

inline constexpr std::uint64_t begin = 0;

inline std::uint64_t mix(std::uint64_t hash, std::uint64_t word) noexcept {
  return (hash ^ word) * 0x9e3779b97f4a7c15u;
}
/// Operands of an op, one after the other: which value of the segment, or that it is none.
inline std::uint64_t value(std::uint64_t hash, std::uint32_t number) noexcept {
  return mix(hash, number + 2);
}
inline std::uint64_t input(std::uint64_t hash) noexcept { return mix(hash, 0); }
inline std::uint64_t number(std::uint64_t hash) noexcept { return mix(hash, 1); }

/// After its operands, the op itself and what it has made.
inline std::uint64_t op(std::uint64_t hash, OpKind kind, AttrWords attrs,
                        const Meta *result) noexcept {
  for (const auto word : attrs)
    hash = mix(hash, static_cast<std::uint64_t>(word));
  hash = mix(hash, static_cast<std::uint64_t>(kind));
  hash = mix(hash, reinterpret_cast<std::uintptr_t>(result));
  return hash ^ hash >> 32;
}

/// The same for an op of a graph.
inline std::uint64_t op(std::uint64_t hash, const Graph &graph, const GraphOp &op) noexcept {
  for (const OperandCode code : op.operands)
    hash = code.kind() == OperandCode::value   ? value(hash, code.index())
           : code.kind() == OperandCode::input ? input(hash)
                                               : number(hash);
  return sequence::op(hash, op.op, op.attrs ? AttrWords(op.attrs->words) : AttrWords(),
                      graph.values[op.first_value].meta);
}

} // namespace jit::sequence
