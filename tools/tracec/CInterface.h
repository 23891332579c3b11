// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A trace as C sees it: names, types, and the texts that describe them.
#pragma once

#include "runtime/kernels/Isa.h"
#include "runtime/trace/Graph.h"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace tracec {

struct CTensor {
  std::string name;
  const jit::Meta *meta;
};
struct CNumber {
  std::string name;
  jit::ScalarKind kind;
  std::string example; ///< its value in the first run, if that is known
};
struct CFunction {
  std::string name, trace; ///< an identifier, and what the trace is called
  std::vector<CTensor> inputs, outputs;
  std::vector<CNumber> numbers;
  std::map<std::size_t, std::size_t> donated; ///< output by input whose memory it may take
  /// SHA-256 of constants in a file of their own, in hexadecimal; empty: there is none. They are
  /// the last input, bytes.
  std::string weights;
};

/// Letters, digits and _, at most 64, no keyword of C or C++ and no name that begins with tj_.
std::string identifier(const std::string &text);

/// With A-Z for a-z.
std::string upper(std::string text);
/// Of elements in C.
const char *c_type(jit::DType dtype);
/// "step: x f32[64], rate float -> y f32[64]".
std::string signature(const CFunction &function);

/// `names` are those that the user gave, by "in0", "num0", "out0"; those of `taken` are no inputs
/// any more. Throws Exit(usage) if two names are equal or one names nothing.
CFunction describe_for_c(const jit::Graph &graph, const std::string &name,
                         std::map<std::string, std::string> names, const std::vector<bool> &taken);

/// Throws Exit(usage) if an input or output is called as the weights are.
void add_weights(CFunction &function, std::uint64_t bytes, const std::string &digest);

/// The header of a file of that name, with these functions.
std::string header_text(const std::string &file, std::span<const CFunction> functions,
                        std::span<const jit::Isa> isas, bool needs_rt);

/// JSON for NAME_info.
std::string info_text(const CFunction &function, std::span<const jit::Isa> isas);

} // namespace tracec
