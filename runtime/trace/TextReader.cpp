// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading traces. Nothing that a file says is believed: ops are inferred again.
#include "runtime/base/FormatNumber.h"
#include "runtime/trace/Text.h"
#include "runtime/trace/TextLine.h"

#include <bit>
#include <cstring>

namespace jit {
namespace {

/// Whether the number operands are positions, keys or counters.
bool needs_integers(OpKind op) noexcept {
  return info(op).family == Family::view || op == OpKind::uniform || op == OpKind::normal ||
         op == OpKind::randint || op == OpKind::permutation;
}

class TraceReader {
public:
  TraceReader(std::string_view text, std::string_view file) : text(text), file(file) {}

  ParsedTraces read() {
    if (text.size() > max_trace_file_bytes) {
      exceed("more than " + std::to_string(max_trace_file_bytes) + " bytes");
      return failure();
    }
    while (next_line())
      if (!read_line())
        return failure();
    ++number;
    line = TextLine("");
    if (part != Part::outside)
      line.fail("the file ends inside a trace: expected 'end'");
    else if (graphs.empty())
      line.fail("no trace: expected '" + std::string(trace_header) + "'");
    else
      return {std::move(graphs), "", false};
    return failure();
  }

private:
  /// What may come next; later parts follow by themselves.
  enum class Part { outside, name, inputs, ops, outputs };

  ParsedTraces failure() const { return {{}, line.report(file, number), over_limit}; }

  bool exceed(std::string message) {
    over_limit = true;
    return line.fail(std::move(message));
  }

  bool next_line() {
    if (text.empty())
      return false;
    const std::size_t end = std::min(text.find('\n'), text.size());
    line = TextLine(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    ++number;
    return true;
  }

  bool read_line() {
    if (line.at_end() || line.rest().front() == '#')
      return true;
    if (line.rest().size() > max_trace_line_bytes)
      return exceed("the line has more than " + std::to_string(max_trace_line_bytes) + " bytes");
    if (part == Part::outside)
      return read_header();
    if (part == Part::name)
      return read_name();
    if (part == Part::inputs && !has_values() && line.skip("begin "))
      return read_begin();
    if (part <= Part::inputs && line.skip("input "))
      return read_input();
    if (part <= Part::inputs && line.skip("number "))
      return read_number();
    if (part <= Part::ops && line.rest().front() == '%')
      return read_op();
    if (line.skip("output "))
      return read_output();
    if (line.skip("end"))
      return read_end();
    static constexpr std::string_view expected[] = {"", "", "'input', 'number', an op", "an op",
                                                    ""};
    const std::string_view first = expected[static_cast<std::size_t>(part)];
    return line.fail("expected " + std::string(first) + (first.empty() ? "" : ", ") +
                     "'output' or 'end'");
  }

  bool read_header() {
    if (!line.skip(trace_header))
      return line.fail("expected '" + std::string(trace_header) + "'");
    if (graphs.size() == max_traces_in_file)
      return exceed("more than " + std::to_string(max_traces_in_file) + " traces");
    graph = Graph();
    part = Part::name;
    return line.expect_end();
  }

  bool read_name() {
    part = Part::inputs;
    return line.expect("name ") && line.quoted(graph.name) && line.expect_end();
  }

  bool has_values() const { return !graph.inputs.empty() || !graph.scalars.empty(); }
  bool read_begin() {
    if (graph.begin)
      return line.fail("'begin' a second time");
    return line.bits(graph.begin) && line.expect_end();
  }

  /// "%in3 : " with the next number.
  bool read_new(std::string_view prefix, std::size_t expected) {
    const std::size_t begin = line.position();
    std::uint32_t index;
    if (!line.expect(prefix) || !line.index(index))
      return false;
    if (index != expected)
      return line.fail_at(begin, "expected " + std::string(prefix) + std::to_string(expected));
    return true;
  }

  bool read_input() {
    const Meta *meta = nullptr;
    if (!read_new("%in", graph.inputs.size()) || !line.expect(" : ") || !line.type(meta) ||
        !line.expect_end())
      return false;
    graph.inputs.push_back(meta);
    return true;
  }

  bool read_number() {
    if (!read_new("%num", graph.scalars.size()) || !line.expect(" : "))
      return false;
    if (line.skip("bool"))
      graph.scalars.push_back(ScalarKind::boolean);
    else if (line.skip("int"))
      graph.scalars.push_back(ScalarKind::integer);
    else if (line.skip("float"))
      graph.scalars.push_back(ScalarKind::floating);
    else
      return line.fail("expected bool, int or float");
    if (line.at_end())
      return graph.examples.empty() || line.fail("expected a value, as above");
    if (!line.expect(" = "))
      return false;
    if (graph.examples.size() + 1 != graph.scalars.size())
      return line.fail("a value here needs values above");
    return read_example(graph.scalars.back()) && line.expect_end();
  }

  bool read_example(ScalarKind kind) {
    std::int64_t integer;
    std::uint64_t bits;
    switch (kind) {
    case ScalarKind::boolean:
      if (!line.rest().starts_with("true") && !line.rest().starts_with("false"))
        return line.fail("expected true or false");
      graph.examples.push_back(line.skip("true"));
      return graph.examples.back().as_bool() || line.expect("false");
    case ScalarKind::integer:
      if (!line.integer(integer))
        return false;
      graph.examples.push_back(integer);
      return true;
    case ScalarKind::floating:
      if (!line.bits(bits))
        return false;
      const auto value = std::bit_cast<double>(bits);
      graph.examples.push_back(value);
      return line.expect(" (" + format_number(value) + ")");
    }
    return false;
  }

  bool read_op() {
    if (graph.ops.size() == max_trace_ops)
      return exceed("more than " + std::to_string(max_trace_ops) + " ops");
    part = Part::ops;
    std::uint8_t results = 0;
    do {
      if (results == max_results)
        return line.fail("an op has at most " + std::to_string(max_results) + " results");
      if (!read_new("%", graph.values.size() + results))
        return false;
      ++results;
    } while (line.skip(", "));
    GraphOp op{};
    op.first_value = static_cast<std::uint32_t>(graph.values.size());
    op.results = results;
    if (!line.expect(" = ") || !read_call(op) || !read_types(op) || !read_site(op))
      return false;
    graph.ops.push_back(std::move(op));
    return true;
  }

  /// "add(%in0, %3) axis=[0]", and the result types that follow from it.
  bool read_call(GraphOp &op) {
    const std::size_t begin = line.position();
    const std::string_view word = line.word();
    const std::optional<OpKind> kind = op_from_name(word);
    if (!kind)
      return line.fail_at(begin, "no op is called '" + std::string(word) + "'");
    op.op = *kind;
    if (op.results != info(*kind).results)
      return line.fail_at(begin, std::string(word) + " has " + std::to_string(info(*kind).results) +
                                     " results");
    std::vector<std::int64_t> words;
    if (!read_operands(op) || !read_attrs(op, words))
      return false;
    op.attrs = words.empty() ? nullptr : intern_attr(words);
    if (!words.empty() && !op.attrs)
      return line.fail("too many different attributes in one process");
    std::vector<OperandType> types;
    for (const OperandCode code : op.operands)
      types.push_back(graph.type_of(code));
    if (std::optional<std::string> message = infer({op.op, words, types}, inferred))
      return line.fail_at(begin, *message);
    return true;
  }

  bool read_operands(GraphOp &op) {
    if (!line.expect("("))
      return false;
    while (!line.skip(")")) {
      if (!op.operands.empty() && !line.expect(", "))
        return false;
      if (op.operands.size() == max_trace_operands)
        return exceed("more than " + std::to_string(max_trace_operands) + " operands");
      OperandCode code;
      if (!read_operand(op.op, code))
        return false;
      op.operands.push_back(code);
    }
    return true;
  }

  bool read_operand(OpKind op, OperandCode &code) {
    const std::size_t begin = line.position();
    OperandCode::Kind kind = OperandCode::value;
    std::size_t known = graph.values.size();
    if (line.skip("%in")) {
      kind = OperandCode::input;
      known = graph.inputs.size();
    } else if (line.skip("%num")) {
      kind = OperandCode::scalar;
      known = graph.scalars.size();
    } else if (!line.expect("%")) {
      return false;
    }
    std::uint32_t index;
    if (!line.index(index))
      return false;
    if (index >= known)
      return line.fail_at(begin, "used before it is defined");
    if (kind == OperandCode::scalar && needs_integers(op) &&
        graph.scalars[index] == ScalarKind::floating)
      return line.fail_at(begin, std::string(info(op).name) + ": the number must be an integer");
    code = {kind, index};
    return true;
  }

  bool read_attrs(const GraphOp &op, std::vector<std::int64_t> &words) {
    std::string_view attrs;
    if (!line.rest().starts_with(" : ") && line.skip(" "))
      attrs = line.rest().substr(0, line.rest().find(" : "));
    if (std::optional<std::string> message = attrs_from_string(info(op.op), attrs, words))
      return line.fail(*message);
    return line.skip(attrs) && line.expect(" : ");
  }

  /// The written types must be those that were inferred.
  bool read_types(const GraphOp &op) {
    for (std::uint8_t r = 0; r < op.results; ++r) {
      if (r > 0 && !line.expect(", "))
        return false;
      const std::size_t begin = line.position();
      const Meta *written = nullptr;
      if (!line.type(written))
        return false;
      const ResultType &type = inferred.results[r];
      const Meta *meta = intern_meta(type.dtype, type.dims, type.strides);
      const bool agrees = meta == written;
      const std::string actual = agrees ? "" : type_text(*meta);
      if (!meta->interned)
        release_meta(meta);
      if (!agrees)
        return line.fail_at(begin, std::string(info(op.op).name) + " gives " + actual);
      graph.values.push_back({meta, static_cast<std::uint32_t>(graph.ops.size()), type.view});
    }
    return true;
  }

  bool read_site(GraphOp &op) {
    std::string name;
    if (line.at_end())
      return true;
    const std::size_t begin = line.position();
    if (!line.expect(" at ") || !read_gradient_mark(op.site) || !line.quoted(name) ||
        !line.expect(":") || !line.index(op.site.line) || !line.expect_end())
      return false;
    if (op.site.line == 0 || name.find('\0') != name.npos)
      return line.fail_at(begin, "not a place in a file");
    op.site.file = intern_file(name);
    return op.site.file || line.fail_at(begin, "too many different file names in one process");
  }

  /// "gradient of add ", if it is there.
  bool read_gradient_mark(Site &site) {
    if (!line.skip("gradient of "))
      return true;
    const std::size_t begin = line.position();
    const std::string_view word = line.word();
    const std::optional<OpKind> kind = op_from_name(word);
    if (!kind)
      return line.fail_at(begin, "no op is called '" + std::string(word) + "'");
    site.gradient = gradient_mark(*kind);
    return line.expect(" ");
  }

  bool read_output() {
    part = Part::outputs;
    const std::size_t begin = line.position();
    std::uint32_t value;
    if (!line.expect("%") || !line.index(value) || !line.expect_end())
      return false;
    if (value >= graph.values.size())
      return line.fail_at(begin, "used before it is defined");
    if (graph.values[value].view)
      return line.fail_at(begin, "a view is no output: name the value whose memory it shares");
    if (!graph.outputs.empty() && value <= graph.outputs.back())
      return line.fail_at(begin, "outputs must ascend");
    graph.outputs.push_back(value);
    return true;
  }

  bool read_end() {
    part = Part::outside;
    graphs.push_back(std::move(graph));
    return line.expect_end();
  }

  std::string_view text; ///< what follows the line
  std::string_view file;
  TextLine line{""};
  std::size_t number = 0;
  Part part = Part::outside;
  Graph graph;
  Inferred inferred; ///< of the op on the line
  std::vector<Graph> graphs;
  bool over_limit = false;
};

} // namespace

ParsedTraces parse_traces(std::string_view text, std::string_view file) {
  return TraceReader(text, file).read();
}

} // namespace jit
