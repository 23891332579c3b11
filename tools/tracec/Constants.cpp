// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/tracec/Constants.h"

#include "runtime/tensor/Impl.h"
#include "runtime/tensor/Npz.h"
#include "runtime/trace/Inputs.h"
#include "tools/tracec/Exit.h"
#include "tools/tracec/TraceFile.h"

#include <algorithm>

namespace tracec {
namespace {

/// "K=REST", where K is a number or the name of an input.
std::pair<std::size_t, std::string> split(const std::string &text, const jit::Graph &graph) {
  const std::size_t equals = text.find('=');
  std::string key = text.substr(0, equals);
  if (key.starts_with("in"))
    key.erase(0, 2);
  const bool digits =
      !key.empty() && key.size() < 10 && key.find_first_not_of("0123456789") == std::string::npos;
  if (equals == std::string::npos || equals + 1 == text.size() || !digits)
    throw Exit(ExitCode::usage, "tracec: error: --constant '" + text + "' is not K=FILE[:ARRAY]");
  const std::size_t k = std::stoul(key);
  if (k >= graph.inputs.size())
    throw Exit(ExitCode::usage, "tracec: error: --constant " + text + ": the trace has " +
                                    std::to_string(graph.inputs.size()) + " inputs");
  return {k, text.substr(equals + 1)};
}

/// The elements of a member of an .npz file, "FILE.npz:ARRAY".
std::vector<std::byte> read_member(const std::string &file, const std::string &array,
                                   const jit::Meta &meta) {
  const auto fail = [&](const std::string &why) {
    return Exit(ExitCode::input, "tracec: error: " + why);
  };
  const jit::Result<jit::NpzFile> archive = jit::NpzFile::open(file);
  if (!archive)
    throw fail(archive.message());
  for (const jit::NpzMember &member : archive->members()) {
    if (member.name != array)
      continue;
    const jit::Result<std::vector<std::byte>> bytes = archive->read(member);
    if (!bytes)
      throw fail(bytes.message());
    const jit::Result<jit::NpyHeader> header = jit::parse_npy(*bytes);
    if (!header)
      throw fail(file + ": " + array + ": " + header.message());
    if (header->dtype != meta.dtype || !std::ranges::equal(jit::Dims(header->shape), meta.dims()))
      throw fail("the input is " + describe(meta) + ", " + file + ":" + array + " holds " +
                 jit::describe(header->dtype, header->shape));
    std::vector<std::byte> elements(header->data_bytes);
    jit::decode_npy(*header, bytes->data() + header->data_offset, elements.data());
    return elements;
  }
  throw fail(file + " has no array " + array);
}

/// A constant as the trace reads it, and its first element's place.
jit::Tensor read_constant(const std::string &file, const jit::Meta &meta, std::size_t k) {
  const std::size_t colon = file.rfind(".npz:");
  if (colon == std::string::npos)
    return read_npy(file, meta, "%in" + std::to_string(k));
  const std::vector<std::byte> elements =
      read_member(file.substr(0, colon + 4), file.substr(colon + 5), meta);
  jit::Result<jit::Tensor> tensor = jit::lay_out(meta, elements.data());
  if (!tensor)
    throw Exit(ExitCode::limit, "tracec: error: " + tensor.message());
  return std::move(*tensor);
}

} // namespace

std::map<std::uint32_t, jit::Tensor> read_constants(const Request &request,
                                                    const jit::Graph &graph) {
  std::map<std::uint32_t, jit::Tensor> constants;
  for (const std::string &text : request.constants) {
    const auto [k, file] = split(text, graph);
    if (!constants.emplace(k, read_constant(file, *graph.inputs[k], k)).second)
      throw Exit(ExitCode::usage,
                 "tracec: error: --constant " + text + ": that input is given twice");
  }
  return constants;
}

} // namespace tracec
