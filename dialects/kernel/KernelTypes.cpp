// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Types and attributes of the `kernel` dialect: their text, and small questions about them.
#include "dialects/kernel/KernelSyntax.h"

#include <llvm/ADT/TypeSwitch.h>
#include <mlir/IR/Builders.h>
#include <mlir/IR/DialectImplementation.h>

#include "dialects/kernel/KernelEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/kernel/KernelAttrs.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "dialects/kernel/KernelTypes.cpp.inc"

using namespace mlir;

namespace jit::kernel {

void KernelDialect::register_types() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/kernel/KernelAttrs.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/kernel/KernelTypes.cpp.inc"
      >();
}

Type element_type(MLIRContext *context, DType dtype) {
  switch (dtype) {
  case DType::boolean:
    return IntegerType::get(context, 1);
  case DType::i8:
    return IntegerType::get(context, 8);
  case DType::u8:
    return IntegerType::get(context, 8, IntegerType::Unsigned);
  case DType::i16:
    return IntegerType::get(context, 16);
  case DType::u16:
    return IntegerType::get(context, 16, IntegerType::Unsigned);
  case DType::i32:
    return IntegerType::get(context, 32);
  case DType::u32:
    return IntegerType::get(context, 32, IntegerType::Unsigned);
  case DType::i64:
    return IntegerType::get(context, 64);
  case DType::f16:
    return Float16Type::get(context);
  case DType::bf16:
    return BFloat16Type::get(context);
  case DType::f32:
    return Float32Type::get(context);
  case DType::f64:
    return Float64Type::get(context);
  }
  return {};
}

DType dtype_of(Type element) {
  if (element.isF32())
    return DType::f32;
  if (element.isF64())
    return DType::f64;
  if (element.isF16())
    return DType::f16;
  if (element.isBF16())
    return DType::bf16;
  switch (element.getIntOrFloatBitWidth()) {
  case 1:
    return DType::boolean;
  case 8:
    return element.isUnsignedInteger() ? DType::u8 : DType::i8;
  case 16:
    return element.isUnsignedInteger() ? DType::u16 : DType::i16;
  case 32:
    return element.isUnsignedInteger() ? DType::u32 : DType::i32;
  default:
    return DType::i64;
  }
}

ParseResult parse_axis(AsmParser &parser, unsigned &axis) {
  StringRef word;
  const SMLoc at = parser.getCurrentLocation();
  if (parser.parseKeyword(&word))
    return failure();
  if (word.size() != 1 || word[0] < 'i' || word[0] >= axis_letter(max_axes))
    return parser.emitError(at, "expected an axis, a letter from i to x");
  axis = static_cast<unsigned>(word[0] - 'i');
  return success();
}

// --- !kernel.val<f32, [i, k]> ---

void ValType::print(AsmPrinter &printer) const {
  printer << '<' << getElement() << ", [";
  bool first = true;
  for (unsigned axis = 0; axis < max_axes; ++axis) {
    if (!ranges_over(axis))
      continue;
    printer << (first ? "" : ", ") << axis_letter(axis);
    first = false;
  }
  printer << "]>";
}

Type ValType::parse(AsmParser &parser) {
  Type element;
  uint32_t axes = 0;
  const auto one = [&]() -> ParseResult {
    unsigned axis = 0;
    if (parse_axis(parser, axis))
      return failure();
    axes |= 1u << axis;
    return success();
  };
  if (parser.parseLess() || parser.parseType(element) || parser.parseComma() ||
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, one) || parser.parseGreater())
    return {};
  return get(parser.getContext(), element, axes);
}

// --- #kernel.map<i * 1024 + j + 5> ---

MapAttr MapAttr::of(MLIRContext *context, int64_t offset, ArrayRef<int64_t> strides) {
  while (!strides.empty() && strides.back() == 0)
    strides = strides.drop_back();
  return get(context, offset, strides);
}

uint32_t MapAttr::axes() const {
  uint32_t axes = 0;
  for (const auto [axis, stride] : llvm::enumerate(getStrides()))
    axes |= uint32_t(stride != 0) << axis;
  return axes;
}

void print_affine(AsmPrinter &printer, MapAttr map) {
  bool first = true;
  for (const auto [axis, stride] : llvm::enumerate(map.getStrides())) {
    if (stride == 0)
      continue;
    printer << (first ? "" : " + ") << axis_letter(static_cast<unsigned>(axis));
    if (stride != 1)
      printer << " * " << stride;
    first = false;
  }
  if (first)
    printer << map.getOffset();
  else if (map.getOffset() != 0)
    printer << " + " << map.getOffset();
}

ParseResult parse_affine(AsmParser &parser, MapAttr &map) {
  int64_t offset = 0;
  SmallVector<int64_t, max_axes> strides(max_axes, 0);
  do {
    int64_t number = 0;
    const OptionalParseResult constant = parser.parseOptionalInteger(number);
    if (constant.has_value()) {
      if (failed(*constant))
        return failure();
      offset += number;
      continue;
    }
    unsigned axis = 0;
    if (parse_axis(parser, axis))
      return failure();
    number = 1;
    if (succeeded(parser.parseOptionalStar()) && parser.parseInteger(number))
      return failure();
    strides[axis] += number;
  } while (succeeded(parser.parseOptionalPlus()));
  map = MapAttr::of(parser.getContext(), offset, strides);
  return success();
}

void MapAttr::print(AsmPrinter &printer) const {
  printer << '<';
  print_affine(printer, *this);
  printer << '>';
}

Attribute MapAttr::parse(AsmParser &parser, Type) {
  MapAttr map;
  if (parser.parseLess() || parse_affine(parser, map) || parser.parseGreater())
    return {};
  return map;
}

// --- #kernel.space<i = 128 : parallel, j = 1024 : row> ---

uint32_t SpaceAttr::of_kind(AxisKind wanted) const {
  uint32_t axes = 0;
  for (const auto [number, axis] : llvm::enumerate(getAxes()))
    axes |= uint32_t(axis.kind == wanted) << number;
  return axes;
}

int64_t SpaceAttr::points(uint32_t axes) const {
  int64_t product = 1;
  for (const auto [number, axis] : llvm::enumerate(getAxes()))
    product *= axes >> number & 1 ? axis.extent : 1;
  return product;
}

void SpaceAttr::print(AsmPrinter &printer) const {
  printer << '<';
  for (const auto [number, axis] : llvm::enumerate(getAxes()))
    printer << (number ? ", " : "") << axis_letter(static_cast<unsigned>(number)) << " = "
            << axis.extent << " : " << stringifyAxisKind(axis.kind);
  printer << '>';
}

Attribute SpaceAttr::parse(AsmParser &parser, Type) {
  SmallVector<Axis, max_axes> axes;
  const auto one = [&]() -> ParseResult {
    unsigned number = 0;
    int64_t extent = 0;
    StringRef kind;
    const SMLoc at = parser.getCurrentLocation();
    if (parse_axis(parser, number) || parser.parseEqual() || parser.parseInteger(extent) ||
        parser.parseColon() || parser.parseKeyword(&kind))
      return failure();
    const std::optional<AxisKind> symbol = symbolizeAxisKind(kind);
    if (number != axes.size() || !symbol || extent < 1)
      return parser.emitError(at, "expected the next letter, an extent of at least 1, and a kind");
    axes.push_back({extent, *symbol});
    return success();
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::LessGreater, one))
    return {};
  return get(parser.getContext(), axes);
}

// --- #kernel.function<add> ---

std::optional<ScalarFunction> function_from_name(StringRef text) {
  static const llvm::StringMap<ScalarFunction> table = [] {
    llvm::StringMap<ScalarFunction> names;
#define TRACEJIT_SCALAR_FUNCTION(name) names[#name] = ScalarFunction::name;
#include "runtime/ops/ScalarFunctions.inc"
#undef TRACEJIT_SCALAR_FUNCTION
    return names;
  }();
  const auto found = table.find(text);
  return found == table.end() ? std::nullopt : std::optional(found->second);
}

void FunctionAttr::print(AsmPrinter &printer) const {
  printer << '<' << StringRef(jit::name(getValue())) << '>';
}

Attribute FunctionAttr::parse(AsmParser &parser, Type) {
  FunctionAttr function;
  if (parser.parseLess() || parse_function(parser, function) || parser.parseGreater())
    return {};
  return function;
}

ParseResult parse_function(AsmParser &parser, FunctionAttr &function) {
  StringRef word;
  const SMLoc at = parser.getCurrentLocation();
  if (parser.parseKeyword(&word))
    return failure();
  const std::optional<ScalarFunction> value = function_from_name(word);
  if (!value)
    return parser.emitError(at, "no scalar function is called '") << word << "'";
  function = FunctionAttr::get(parser.getContext(), *value);
  return success();
}

} // namespace jit::kernel
