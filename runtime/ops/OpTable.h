// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The op table: what every part of the runtime knows about an op. The rows are generated from the
// records in dialects/trace; this header says what a row holds.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/base/Meta.h"

#include <tracejit/scalar.h>

#include <array>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace jit {

/// One enumerator an op, in record order: OpKind::add, ...
enum class OpKind : std::uint16_t {
#define TRACEJIT_OP(name) name,
#include "runtime/ops/OpKinds.inc"
#undef TRACEJIT_OP
};

/// How an op iterates, which decides the kernel that runs it and the way it is lowered.
enum class Family : std::uint8_t {
  elementwise, ///< broadcasts its operands; `scalar` names the function of one element
  reduction,   ///< over the axes in attribute `axis`, in the canonical order
  row,         ///< a fixed body of elementwise ops and reductions over one axis
  scan,        ///< along attribute `axis`, in the canonical order
  contraction, ///< matmul
  view,        ///< result shares the operand's storage (reshape may have to copy)
  movement,    ///< concat, pad, slice_update: copies elements to new places
  index,       ///< take, scatter, one_hot and kin: places come from an operand
  sort,        ///< sort, searchsorted
  creation,    ///< no tensor operand
};

/// Function of one element; the closed list of `kernel.ew`. Enumerators are the elementwise op
/// names.
enum class ScalarFunction : std::uint8_t {
#define TRACEJIT_SCALAR_FUNCTION(name) name,
#include "runtime/ops/ScalarFunctions.inc"
#undef TRACEJIT_SCALAR_FUNCTION
  none,
};

/// Functions that take some ten times the cycles of an addition: those whose record says so in
/// field `cost`, and what is made of them.
constexpr bool is_transcendental(ScalarFunction function) noexcept {
  switch (function) {
#define TRACEJIT_TRANSCENDENTAL(name)                                                              \
  case ScalarFunction::name:                                                                       \
    return true;
#include "runtime/ops/Transcendental.inc"
#undef TRACEJIT_TRANSCENDENTAL
  default:
    return false;
  }
}

/// Which dtype an op computes in and which it returns. Only elementwise ops take operands of
/// several dtypes: before any other op with rule `numeric` or `floating`, dispatch casts the tensor
/// operands (not indices) to the dtype that element_types gives, and infer refuses what is left.
enum class TypeRule : std::uint8_t {
  numeric,    ///< promoted dtype of the operands, returned as is
  floating,   ///< promoted dtype, integers and bool as f32
  comparison, ///< computes in the promoted dtype, returns bool
  logical,    ///< operands are converted to bool, returns bool
  select,     ///< operand 0 is bool, the others promote
  cast,       ///< attribute `dtype`
  custom,     ///< the op's own rule
};

/// Attributes travel as words: integer, boolean and dtype take one, a list takes its length and its
/// items.
enum class AttrKind : std::uint8_t { integer, boolean, dtype, list };
struct AttrField {
  std::string_view name;
  AttrKind kind;
};
using AttrWords = std::span<const std::int64_t>;

/// A set of dtypes.
class DTypeSet {
public:
  constexpr DTypeSet(std::initializer_list<DType> dtypes) noexcept {
    for (DType dtype : dtypes)
      bits |= 1u << static_cast<unsigned>(dtype);
  }
  constexpr bool contains(DType dtype) const noexcept {
    return bits >> static_cast<unsigned>(dtype) & 1;
  }

private:
  std::uint32_t bits = 0;
};

enum class OperandKind : std::uint8_t {
  any,    ///< tensor or number
  tensor, ///< tensor only
  index,  ///< tensor of integers
  number, ///< a run-time number: view starts, RNG key and counter, epsilon, fill value
};
struct OperandField {
  std::string_view name;
  OperandKind kind;
  bool variadic; ///< only the last operand may be
};

/// The static part of an operand. `meta == nullptr`: a weakly typed number of kind `kind`.
struct OperandType {
  const Meta *meta = nullptr;
  ScalarKind kind = ScalarKind::floating;
};

struct InferRequest {
  OpKind op;
  AttrWords attrs;
  std::span<const OperandType> operands;
};
struct ResultType {
  DType dtype;
  DimList dims;
  DimList strides;              ///< canonical (Meta.h); row-major unless `view`
  bool view = false;            ///< shares the storage of operand 0
  DeviceNumber device = on_cpu; ///< that of the tensor operands
};
inline constexpr int max_results = 2;
struct Inferred {
  std::array<ResultType, max_results> results;
  std::uint8_t count = 1;
};

/// Fills `out`, or returns the message of the error ("matmul: inner dimensions differ: ..."). A
/// pure function of the request; sizes are checked against overflow here.
using InferFunction = std::optional<std::string> (*)(const InferRequest &, Inferred &out);

/// One step of a row op's body: an elementwise op, or a reduction over the row axis with keepdims.
struct BodyOperand {
  enum Kind : std::uint8_t { operand, step, constant } kind;
  std::uint8_t index;  ///< operand or step number
  std::uint8_t result; ///< of a step with several results
  double value;        ///< of a constant
};
struct BodyStep {
  OpKind op;
  std::span<const BodyOperand> operands;
};

/// Of the values of an index operand. Empty if min > max.
struct IndexRange {
  std::int64_t min, max;
  constexpr bool is_within(const IndexRange &allowed) const noexcept {
    return min > max || (min >= allowed.min && max <= allowed.max);
  }
};
/// Values of index operands are checked before the op runs, so that nothing fails later.
struct IndexCheck {
  std::uint8_t operand;
  std::int64_t (*bound)(const InferRequest &); ///< exclusive
  bool from_end; ///< indices down to -bound count from the end; else the least is 0
  IndexRange allowed(const InferRequest &request) const {
    const std::int64_t places = bound(request);
    return {from_end ? -places : 0, places - 1};
  }
};

struct OpInfo {
  OpKind kind;
  std::string_view name;
  Family family;
  std::string_view doc;
  std::span<const OperandField> operands;
  std::span<const AttrField> attrs;
  std::uint8_t results;
  ScalarFunction scalar; ///< of an elementwise op, else none
  TypeRule types;
  DTypeSet dtypes; ///< accepted for tensor operands, and for attribute `dtype`
  bool commutative;
  bool updates; ///< the result may lie in operand 0's memory, if that is contiguous
  int ulp;      ///< bound of the error of float results; 0 is exact
  InferFunction infer;
  std::span<const BodyStep>
      body; ///< of row ops and some elementwise ones; the last step is the result
  const IndexCheck *index_check; ///< or nullptr
};

TRACEJIT_PRIVATE const OpInfo &info(OpKind op) noexcept;
std::span<const OpInfo> all_ops() noexcept;
TRACEJIT_PRIVATE std::optional<OpKind> op_from_name(std::string_view name) noexcept;
TRACEJIT_PRIVATE std::string_view name(ScalarFunction function) noexcept;

/// dtype of an operation over these operands: numerics, section "Promotion".
DType promote(std::span<const OperandType> operands) noexcept;
/// The narrowest dtype that holds both: of integers with a float that float.
TRACEJIT_PRIVATE DType promote(DType x, DType y) noexcept;
/// Default dtype of a lone number: bool, i64, f32.
TRACEJIT_PRIVATE DType default_dtype(ScalarKind kind) noexcept;

/// The dtype every operand of an elementwise op is converted to, and that of the result.
struct ElementTypes {
  DType compute;
  DType result;
};
TRACEJIT_PRIVATE ElementTypes element_types(const OpInfo &op, AttrWords attrs,
                                            std::span<const OperandType> operands) noexcept;

/// Infers result types with all checks: arity, operand kinds, dtypes, the op's own rule.
TRACEJIT_PRIVATE std::optional<std::string> infer(const InferRequest &request, Inferred &out);

} // namespace jit
