// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/tracec/TraceFile.h"

#include "runtime/base/Files.h"
#include "runtime/tensor/Npy.h"
#include "runtime/trace/Text.h"
#include "runtime/trace/TextLine.h"
#include "tools/tracec/Exit.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

namespace tracec {
namespace {

/// A tensor with more elements is not run: it would take minutes, or for ever.
constexpr std::int64_t max_elements = std::int64_t{1} << 36;

Exit too_large(const std::string &file) {
  return {ExitCode::limit,
          file + ": error: more than " + std::to_string(jit::max_trace_file_bytes) + " bytes"};
}

std::string read_standard_input() {
  std::string text;
  std::array<char, 65'536> buffer;
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), stdin)) {
    text.append(buffer.data(), count);
    if (text.size() > jit::max_trace_file_bytes)
      throw too_large("<stdin>");
  }
  if (std::ferror(stdin))
    throw Exit(ExitCode::input, "<stdin>: error: cannot be read");
  return text;
}

std::string read_text(const std::string &name) {
  if (name == "-")
    return read_standard_input();
  const jit::Result<jit::InputFile> file = jit::InputFile::open(name);
  if (!file)
    throw Exit(ExitCode::input, "tracec: error: " + file.message());
  if (file->size() > jit::max_trace_file_bytes)
    throw too_large(name);
  std::string text(static_cast<std::size_t>(file->size()), '\0');
  if (const auto message = file->read(0, std::as_writable_bytes(std::span(text))))
    throw Exit(ExitCode::input, "tracec: error: " + *message);
  return text;
}

void check_sizes(const Request &request, const jit::Graph &graph) {
  const auto check = [&](const jit::Meta &meta) {
    if (meta.size > max_elements)
      throw Exit(ExitCode::limit, shown_name(request) + ": error: " + describe(meta) +
                                      " has more than 2^36 elements");
  };
  for (const jit::Meta *meta : graph.inputs)
    check(*meta);
  for (const jit::GraphValue &value : graph.values)
    check(*value.meta);
}

/// "0=x.npy" into an input's number and a path.
std::pair<std::size_t, std::string> split_input(const std::string &text, const jit::Graph &graph) {
  const std::size_t equals = std::min(text.find('='), text.size());
  std::size_t k = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + equals, k);
  if (error != std::errc() || end != text.data() + equals || equals + 1 >= text.size())
    throw Exit(ExitCode::usage, "tracec: error: --input '" + text + "' is not K=FILE");
  if (k >= graph.inputs.size())
    throw Exit(ExitCode::usage, "tracec: error: --input " + text + ": the trace has " +
                                    std::to_string(graph.inputs.size()) + " inputs");
  return {k, text.substr(equals + 1)};
}

} // namespace

jit::Tensor read_npy(const std::string &name, const jit::Meta &meta, const std::string &label) {
  const jit::Result<jit::NpyFile> file = jit::NpyFile::open(name);
  if (!file)
    throw Exit(ExitCode::input, "tracec: error: " + file.message());
  const jit::NpyHeader &header = file->header();
  if (header.dtype != meta.dtype || !std::ranges::equal(jit::Dims(header.shape), meta.dims()))
    throw Exit(ExitCode::input, "tracec: error: " + label + " is " + describe(meta) + ", " + name +
                                    " holds " + jit::describe(header.dtype, header.shape));
  std::vector<std::byte> elements(header.data_bytes);
  if (const auto message = file->read(elements.data()))
    throw Exit(ExitCode::input, "tracec: error: " + *message);
  jit::Result<jit::Tensor> tensor = jit::lay_out(meta, elements.data());
  if (!tensor)
    throw Exit(ExitCode::limit, "tracec: error: " + tensor.message());
  return std::move(*tensor);
}

std::string shown_name(const Request &request) {
  return request.file == "-" ? "<stdin>" : request.file;
}

std::vector<jit::Graph> read_traces(const Request &request) {
  const std::string text = read_text(request.file);
  jit::ParsedTraces parsed = jit::parse_traces(text, shown_name(request));
  if (!parsed.error.empty())
    throw Exit(parsed.over_limit ? ExitCode::limit : ExitCode::input, parsed.error);
  if (!request.trace) {
    if (!request.inputs.empty() && parsed.graphs.size() > 1)
      throw Exit(ExitCode::usage, "tracec: error: --input needs --trace: the file has " +
                                      std::to_string(parsed.graphs.size()) + " traces");
    return std::move(parsed.graphs);
  }
  if (*request.trace >= parsed.graphs.size())
    throw Exit(ExitCode::usage, "tracec: error: --trace " + std::to_string(*request.trace) +
                                    ": the file has " + std::to_string(parsed.graphs.size()) +
                                    " traces");
  std::vector<jit::Graph> chosen;
  chosen.push_back(std::move(parsed.graphs[*request.trace]));
  return chosen;
}

jit::GraphInputs make_inputs(const Request &request, const jit::Graph &graph) {
  check_sizes(request, graph);
  jit::Result<jit::GraphInputs> inputs = jit::seeded_inputs(graph, request.seed);
  if (!inputs)
    throw Exit(ExitCode::limit, shown_name(request) + ": error: " + inputs.message());
  for (const std::string &text : request.inputs) {
    const auto [k, file] = split_input(text, graph);
    inputs->tensors[k] = read_npy(file, *graph.inputs[k], "%in" + std::to_string(k));
  }
  return std::move(*inputs);
}

std::string heading(const std::vector<jit::Graph> &graphs, std::size_t k) {
  return graphs.size() == 1
             ? ""
             : "trace " + std::to_string(k) + " " + jit::quote(graphs[k].name) + "\n";
}

} // namespace tracec
