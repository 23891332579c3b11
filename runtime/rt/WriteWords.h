// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Blocks of words for libtracejit-rt, for whoever makes code that calls it.
#pragma once

#include "runtime/rt/Words.h"

#include <string>
#include <utility>
#include <vector>

namespace jit::rt {

/// Appends words to a block.
class WordWriter {
public:
  template <class T> void word(const T &value) {
    block.push_back(static_cast<std::int64_t>(value));
  }
  void words(const std::int64_t *values, std::int64_t count) {
    block.insert(block.end(), values, values + count);
  }

  std::vector<std::int64_t> block;
};

/// Words of tj_rt1_in_range.
inline std::vector<std::int64_t> tensor_words(const Meta &meta) {
  WordWriter writer;
  Meta copy = meta;
  pass_tensor(writer, copy);
  return std::move(writer.block);
}

/// Words of tj_rt1_contract. Pointers to data are not looked at; there is an epilogue if its
/// function is not null.
inline std::vector<std::int64_t> product_words(const ContractArgs &args) {
  WordWriter writer;
  ContractArgs copy = args;
  int whole_rows = args.epilogue.run ? args.epilogue.whole_rows : -1;
  pass_product(writer, copy, whole_rows);
  return std::move(writer.block);
}

/// Words of tj_rt1_<op>; results are contiguous.
inline std::vector<std::int64_t> call_words(AttrWords attrs, std::span<const OperandType> operands,
                                            std::span<const Meta *const> results) {
  WordWriter writer;
  writer.word(attrs.size());
  writer.words(attrs.data(), static_cast<std::int64_t>(attrs.size()));
  writer.word(operands.size());
  for (OperandType operand : operands) {
    bool is_number = operand.meta == nullptr;
    pass_operand(writer, is_number, operand.kind);
    if (operand.meta) {
      Meta copy = *operand.meta;
      pass_tensor(writer, copy);
    }
  }
  writer.word(results.size());
  for (const Meta *result : results) {
    Meta copy = *result;
    pass_result(writer, copy);
  }
  return std::move(writer.block);
}

/// Whether libtracejit-rt has functions for the op. If not, it cannot leave the process.
inline bool is_in_rt(OpKind op) { return info(op).family != Family::view || op == OpKind::reshape; }
inline std::string function_name(OpKind op) { return "tj_rt1_" + std::string(info(op).name); }
inline std::string scratch_function_name(OpKind op) {
  return "tj_rt1_scratch_" + std::string(info(op).name);
}

} // namespace jit::rt
