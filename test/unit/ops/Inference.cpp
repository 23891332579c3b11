// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Writing inference as text.
#include "test/unit/ops/Inference.h"

#include <charconv>
#include <cstdlib>
#include <iostream>

namespace jit::test {
namespace {

[[noreturn]] void bad(std::string_view what, std::string_view text) {
  std::cerr << "bad " << what << " in a test: " << text << "\n";
  std::abort();
}

DimList dims_of(std::string_view text) {
  DimList dims;
  const char *at = text.data(), *end = text.data() + text.size();
  while (at < end) {
    std::int64_t extent = 0;
    const auto [next, error] = std::from_chars(at, end, extent);
    if (error != std::errc())
      bad("shape", text);
    dims.push_back(extent);
    at = next + 1;
  }
  return dims;
}

std::string type_text(const ResultType &type) {
  const std::string text = describe(type.dtype, type.dims);
  if (!type.view)
    return text;
  std::string strides = describe(type.dtype, type.strides);
  strides = strides.substr(strides.find('[') + 1);
  strides.back() = '}';
  return "view " + text + "{" + strides;
}

} // namespace

OperandType operand(std::string_view text) {
  const std::size_t open = text.find('[');
  if (open == std::string_view::npos) {
    if (text == "true" || text == "false")
      return {nullptr, ScalarKind::boolean};
    const bool floating = text.find_first_of(".e") != std::string_view::npos;
    return {nullptr, floating ? ScalarKind::floating : ScalarKind::integer};
  }
  const std::optional<DType> dtype = dtype_from_name(text.substr(0, open));
  if (!dtype)
    bad("dtype", text);
  const std::size_t close = text.find(']');
  const DimList dims = dims_of(text.substr(open + 1, close - open - 1));
  if (close + 1 == text.size())
    return {intern_contiguous(*dtype, dims)};
  return {intern_meta(*dtype, dims, dims_of(text.substr(close + 2, text.size() - close - 3)))};
}

std::vector<OperandType> operands(const std::vector<std::string_view> &texts) {
  std::vector<OperandType> types;
  for (std::string_view text : texts)
    types.push_back(operand(text));
  return types;
}

std::vector<std::int64_t> attrs(OpKind op, std::string_view text) {
  std::vector<std::int64_t> words;
  if (const auto error = attrs_from_string(info(op), text, words))
    bad(*error, text);
  return words;
}

std::string infer_text(std::string_view op, const std::vector<std::string_view> &texts,
                       std::string_view attr_text) {
  const std::optional<OpKind> kind = op_from_name(op);
  if (!kind)
    bad("op", op);
  const std::vector<std::int64_t> words = attrs(*kind, attr_text);
  const std::vector<OperandType> types = operands(texts);
  Inferred inferred;
  if (const auto error = infer({*kind, words, types}, inferred))
    return *error;
  std::string text;
  for (std::size_t i = 0; i < inferred.count; ++i)
    text += (i ? "; " : "") + type_text(inferred.results[i]);
  return text;
}

} // namespace jit::test
