// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/tracec/Weights.h"

#include "runtime/rt/WeightsFile.h"
#include "runtime/tensor/Impl.h"
#include "runtime/trace/Span.h"

#include <cstring>

namespace tracec {

std::span<const std::byte> bytes_of(const jit::Impl &tensor) {
  const jit::Meta &meta = *tensor.meta;
  const jit::Span span = jit::span_of(meta);
  const auto bytes = static_cast<std::int64_t>(jit::itemsize(meta.dtype));
  return {tensor.data() - span.origin * bytes, static_cast<std::size_t>(span.elements * bytes)};
}

std::vector<std::byte> lay_out_weights(jit::ArtefactFunction &function) {
  // Vectors may read, never write, up to a line behind the last element.
  constexpr std::size_t line = 64;
  std::vector<std::byte> data;
  for (const auto &[input, tensor] : function.constants) {
    const std::span<const std::byte> bytes = bytes_of(*tensor);
    function.weights.places[input] = data.size();
    data.insert(data.end(), bytes.begin(), bytes.end());
    data.resize((data.size() + line - 1) / line * line + line);
  }
  function.weights.bytes = data.size();
  function.weights.digest = jit::sha256(data);
  return data;
}

std::vector<std::byte> weights_header(const jit::ArtefactFunction::Weights &weights) {
  using namespace jit::weights_file;
  std::vector<std::byte> header(header_bytes);
  std::byte *at = header.data();
  std::memcpy(at, magic, sizeof magic);
  std::memcpy(at += sizeof magic, &weights.bytes, sizeof weights.bytes);
  std::memcpy(at += sizeof weights.bytes, weights.digest.data(), sizeof weights.digest);
  return header;
}

} // namespace tracec
