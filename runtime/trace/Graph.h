// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Graph: one recorded path of ops as data. Recording makes it, trace files hold it, the compiler
// reads it.
#pragma once

#include "runtime/ops/Attributes.h"
#include "runtime/ops/OpTable.h"
#include "runtime/trace/Sites.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace jit {

/// Where an operand comes from: a value of this graph, an input tensor, or a run-time number.
class OperandCode {
public:
  enum Kind : std::uint32_t { value, input, scalar };
  OperandCode() noexcept = default;
  OperandCode(Kind kind, std::uint32_t index) noexcept : bits(index << 2 | kind) {}
  Kind kind() const noexcept { return static_cast<Kind>(bits & 3); }
  std::uint32_t index() const noexcept { return bits >> 2; }
  bool operator==(const OperandCode &) const noexcept = default;

private:
  std::uint32_t bits = 0;
};

struct GraphOp {
  OpKind op;
  const Attr *attrs;
  std::vector<OperandCode> operands;
  std::uint32_t first_value; ///< its results are values first_value, first_value + 1, ...
  std::uint8_t results;
  Site site;
};

struct GraphValue {
  const Meta *meta;
  std::uint32_t op; ///< the op that makes it
  bool view;        ///< shares storage with operand 0 of that op
};

/// Values are numbered in order of production; an op uses only earlier values. All metas are
/// interned. A view of an input or value keeps its strides in its meta; every other value is
/// row-major.
struct Graph {
  std::string name;
  /// Where in a traced call it begins: 0 at its start, else what tells the places of its
  /// observations apart (site_key).
  std::uint64_t begin = 0;
  std::vector<const Meta *> inputs;
  std::vector<ScalarKind> scalars;
  std::vector<GraphOp> ops;
  std::vector<GraphValue> values;
  /// Values somebody may still hold at the end: what a program must store. Never views: a held view
  /// is rebuilt from its base, which is listed instead.
  std::vector<std::uint32_t> outputs;
  /// Values of `scalars` in the first run, for replaying; empty if not known. No part of what is
  /// compiled.
  std::vector<Scalar> examples;

  const Meta *meta_of(OperandCode code) const noexcept {
    switch (code.kind()) {
    case OperandCode::value:
      return values[code.index()].meta;
    case OperandCode::input:
      return inputs[code.index()];
    case OperandCode::scalar:
      return nullptr;
    }
    return nullptr;
  }
  /// Where it runs; a path has one device.
  DeviceNumber device() const noexcept {
    return ops.empty() ? on_cpu : values[ops[0].first_value].meta->device;
  }
  OperandType type_of(OperandCode code) const noexcept {
    const Meta *meta = meta_of(code);
    return {meta, meta ? ScalarKind::floating : scalars[code.index()]};
  }
};

} // namespace jit
