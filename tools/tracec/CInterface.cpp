// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/tracec/CInterface.h"

#include "runtime/base/Version.h"
#include "runtime/program/EntryCodes.h"
#include "runtime/trace/Span.h"
#include "tools/tracec/Exit.h"

#include <tracejit/dtype.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

namespace tracec {

std::string upper(std::string text) {
  for (char &c : text)
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

const char *c_type(jit::DType dtype) {
  switch (dtype) {
  case jit::DType::boolean:
  case jit::DType::u8:
    return "uint8_t";
  case jit::DType::i8:
    return "int8_t";
  case jit::DType::i16:
    return "int16_t";
  case jit::DType::u16:
    return "uint16_t";
  case jit::DType::i32:
    return "int32_t";
  case jit::DType::u32:
    return "uint32_t";
  case jit::DType::i64:
    return "int64_t";
  case jit::DType::f32:
    return "float";
  case jit::DType::f64:
    return "double";
  case jit::DType::f16:
  case jit::DType::bf16:
    break;
  }
  return "void";
}

namespace {

constexpr std::size_t longest_name = 64, most_wrapped = 16;

bool is_keyword(std::string_view word) {
  // Of C23 and C++23, what the header itself uses, and functions of the C library that are likely
  // names of traces: their headers declare them otherwise.
  static const std::set<std::string_view> words = {"alignas",
                                                   "alignof",
                                                   "and",
                                                   "and_eq",
                                                   "asm",
                                                   "auto",
                                                   "bitand",
                                                   "bitor",
                                                   "bool",
                                                   "break",
                                                   "case",
                                                   "catch",
                                                   "char",
                                                   "char8_t",
                                                   "char16_t",
                                                   "char32_t",
                                                   "class",
                                                   "compl",
                                                   "concept",
                                                   "const",
                                                   "consteval",
                                                   "constexpr",
                                                   "constinit",
                                                   "const_cast",
                                                   "continue",
                                                   "co_await",
                                                   "co_return",
                                                   "co_yield",
                                                   "decltype",
                                                   "default",
                                                   "delete",
                                                   "do",
                                                   "double",
                                                   "dynamic_cast",
                                                   "else",
                                                   "enum",
                                                   "explicit",
                                                   "export",
                                                   "extern",
                                                   "false",
                                                   "float",
                                                   "for",
                                                   "friend",
                                                   "goto",
                                                   "if",
                                                   "inline",
                                                   "int",
                                                   "long",
                                                   "main",
                                                   "mutable",
                                                   "namespace",
                                                   "new",
                                                   "noexcept",
                                                   "not",
                                                   "not_eq",
                                                   "nullptr",
                                                   "operator",
                                                   "or",
                                                   "or_eq",
                                                   "private",
                                                   "protected",
                                                   "public",
                                                   "register",
                                                   "reinterpret_cast",
                                                   "requires",
                                                   "restrict",
                                                   "return",
                                                   "short",
                                                   "signed",
                                                   "sizeof",
                                                   "static",
                                                   "static_assert",
                                                   "std",
                                                   "static_cast",
                                                   "struct",
                                                   "switch",
                                                   "template",
                                                   "this",
                                                   "thread_local",
                                                   "throw",
                                                   "true",
                                                   "try",
                                                   "typedef",
                                                   "typeid",
                                                   "typename",
                                                   "typeof",
                                                   "typeof_unqual",
                                                   "union",
                                                   "unsigned",
                                                   "using",
                                                   "virtual",
                                                   "void",
                                                   "volatile",
                                                   "wchar_t",
                                                   "while",
                                                   "xor",
                                                   "xor_eq",
                                                   "workspace",
                                                   "NULL",
                                                   "int8_t",
                                                   "uint8_t",
                                                   "int16_t",
                                                   "uint16_t",
                                                   "int32_t",
                                                   "uint32_t",
                                                   "int64_t",
                                                   "uint64_t",
                                                   "size_t",
                                                   "abs",
                                                   "acos",
                                                   "asin",
                                                   "atan",
                                                   "cbrt",
                                                   "ceil",
                                                   "clock",
                                                   "close",
                                                   "cos",
                                                   "cosh",
                                                   "div",
                                                   "dup",
                                                   "erf",
                                                   "exit",
                                                   "exp",
                                                   "exp2",
                                                   "fabs",
                                                   "floor",
                                                   "fma",
                                                   "fmax",
                                                   "fmin",
                                                   "fmod",
                                                   "free",
                                                   "gamma",
                                                   "hypot",
                                                   "index",
                                                   "link",
                                                   "linux",
                                                   "log",
                                                   "log10",
                                                   "log1p",
                                                   "log2",
                                                   "logb",
                                                   "malloc",
                                                   "memcmp",
                                                   "memcpy",
                                                   "memmove",
                                                   "memset",
                                                   "nan",
                                                   "pipe",
                                                   "pow",
                                                   "printf",
                                                   "rand",
                                                   "random",
                                                   "read",
                                                   "remainder",
                                                   "remove",
                                                   "rename",
                                                   "round",
                                                   "select",
                                                   "signal",
                                                   "sin",
                                                   "sinh",
                                                   "sleep",
                                                   "sqrt",
                                                   "strlen",
                                                   "system",
                                                   "tan",
                                                   "tanh",
                                                   "time",
                                                   "trunc",
                                                   "unix",
                                                   "write",
                                                   "errno",
                                                   "stdin",
                                                   "stdout",
                                                   "stderr",
                                                   "EOF",
                                                   "assert",
                                                   "offsetof",
                                                   "isnan",
                                                   "isinf",
                                                   "isfinite",
                                                   "signbit",
                                                   "I",
                                                   "y0",
                                                   "y1",
                                                   "j0",
                                                   "j1",
                                                   "jn",
                                                   "yn",
                                                   "wait",
                                                   "strdup",
                                                   "tj",
                                                   "open",
                                                   "pow10",
                                                   "puts",
                                                   "gets",
                                                   "getc",
                                                   "putc",
                                                   "atoi",
                                                   "labs",
                                                   "ldexp",
                                                   "frexp",
                                                   "modf",
                                                   "scalb",
                                                   "significand",
                                                   "drem",
                                                   "environ",
                                                   "complex",
                                                   "imaginary",
                                                   "va_arg",
                                                   "va_start",
                                                   "va_end",
                                                   "setjmp",
                                                   "longjmp",
                                                   "raise",
                                                   "abort",
                                                   "atexit",
                                                   "getenv",
                                                   "qsort",
                                                   "bsearch",
                                                   "calloc",
                                                   "realloc"};
  return words.contains(word);
}

const char *kind_name(jit::ScalarKind kind) {
  switch (kind) {
  case jit::ScalarKind::boolean:
    return "bool";
  case jit::ScalarKind::integer:
    return "int";
  case jit::ScalarKind::floating:
    return "float";
  }
  return "";
}

std::string list(jit::Dims values) {
  std::string text;
  for (const std::int64_t value : values)
    text += (text.empty() ? "" : ",") + std::to_string(value);
  return text;
}

std::size_t span_bytes(const jit::Meta &meta) {
  const jit::Span span = jit::span_of(meta);
  return static_cast<std::size_t>(span.elements) * jit::itemsize(meta.dtype);
}

std::string shown(const CTensor &tensor) {
  std::string text = tensor.name + " " + describe(*tensor.meta);
  if (!tensor.meta->contiguous)
    text += " strides (" + list(tensor.meta->strides()) + ")";
  return text;
}

std::string targets(std::span<const jit::Isa> isas, const char *between) {
  std::string text;
  for (const jit::Isa isa : isas)
    text += (text.empty() ? "" : between) +
            std::string(isa == jit::Isa::v4 ? "x86-64-v4" : "x86-64-v3");
  return text;
}

/// Texts of parts, one behind the other.
template <class Parts, class Text>
std::string join(const Parts &parts, const char *between, Text text) {
  std::string result;
  for (const auto &part : parts)
    result += (result.empty() ? "" : between) + text(part);
  return result;
}

} // namespace

std::string signature(const CFunction &f) {
  std::string text = join(f.inputs, ", ", shown);
  for (const CNumber &number : f.numbers)
    text += (text.empty() ? "" : ", ") + number.name + " " + kind_name(number.kind) +
            (number.example.empty() ? "" : " (" + number.example + ")");
  return f.name + ": " + text + " -> " + join(f.outputs, ", ", shown);
}

namespace {

std::string parameters(const CFunction &f) {
  std::vector<std::string> all;
  for (const CTensor &input : f.inputs)
    all.push_back(std::string("const ") + c_type(input.meta->dtype) + " *" + input.name);
  for (const CNumber &number : f.numbers)
    all.push_back((number.kind == jit::ScalarKind::floating ? "double " : "int64_t ") +
                  number.name);
  for (const CTensor &output : f.outputs)
    all.push_back(std::string(c_type(output.meta->dtype)) + " *" + output.name);
  all.push_back("void *workspace");
  return join(all, ", ", [](const std::string &each) { return each; });
}

constexpr const char *run_parameters =
    "const void *const *in, void *const *out,\n"
    "                const uint64_t *numbers, void *workspace, size_t workspace_bytes,\n"
    "                tj_parallel par, void *pool, int32_t workers);\n";

std::string wrapper(const CFunction &f) {
  if (f.inputs.size() + f.numbers.size() + f.outputs.size() > most_wrapped)
    return "";
  const auto names = [](const auto &parts) {
    return join(parts, ", ", [](const auto &part) { return part.name; });
  };
  std::string text =
      "/* On this thread. With NDEBUG overlaps are not looked for. `workspace` has " + f.name +
      "_workspace(1) bytes. */\nstatic inline int32_t " + f.name + "(" + parameters(f) + ") {\n";
  const auto array = [&](const char *type, const char *name, const auto &parts) {
    if (!parts.empty())
      text += std::string("  ") + type + name + "[] = {" + names(parts) + "};\n";
  };
  array("const void *const ", "tj_in", f.inputs);
  array("void *const ", "tj_out", f.outputs);
  if (!f.numbers.empty())
    text += "  uint64_t tj_numbers[" + std::to_string(f.numbers.size()) + "];\n";
  for (std::size_t k = 0; k < f.numbers.size(); ++k)
    text += "  memcpy(&tj_numbers[" + std::to_string(k) + "], &" + f.numbers[k].name + ", 8);\n";
  const std::string arguments = std::string("(") + (f.inputs.empty() ? "NULL" : "tj_in") + ", " +
                                (f.outputs.empty() ? "NULL" : "tj_out") + ", " +
                                (f.numbers.empty() ? "NULL" : "tj_numbers") + ", workspace, " +
                                f.name + "_workspace(1), NULL, NULL, 1);\n";
  return text + "#ifdef NDEBUG\n  return " + f.name + "_run" + arguments + "#else\n  return " +
         f.name + "_check" + arguments + "#endif\n}\n";
}

std::string declarations(const CFunction &f) {
  const std::string prefix = upper(f.name);
  std::string text = "/* " + signature(f);
  for (const auto &[input, output] : f.donated)
    text += "\n   " + f.outputs[output].name + " may lie where " + f.inputs[input].name +
            " does, which is overwritten then.";
  text += " */\n";
  text += "enum {\n";
  for (const jit::EntryErrorText &row : jit::entry_errors)
    text += "  " + prefix + "_" + row.c_name + " = " + std::to_string(static_cast<int>(row.error)) +
            ", /* " + row.sentence + " */\n";
  text += "};\n";
  for (const auto *tensors : {&f.inputs, &f.outputs})
    for (const CTensor &tensor : *tensors)
      text += "#define " + prefix + "_" + upper(tensor.name) + "_BYTES " +
              std::to_string(span_bytes(*tensor.meta)) + "\n";
  text += "extern const char " + f.name + "_info[]; /* JSON */\n";
  text += "size_t " + f.name + "_workspace(int32_t workers); /* bytes; 0: pass NULL */\n";
  text += "int32_t " + f.name + "_run(" + run_parameters;
  text += "int32_t " + f.name + "_check(" + run_parameters;
  text += "const char *" + f.name + "_error(int32_t code);\n";
  if (!f.weights.empty())
    text += "/* Maps the file of weights, whose data have SHA-256\n   " + f.weights +
            ".\n   NULL: see errno; EINVAL: it is another file. */\nconst uint8_t *" + f.name +
            "_weights_open(const char *path);\nvoid " + f.name +
            "_weights_close(const uint8_t *weights);\n";
  return text + wrapper(f);
}

/// Takes the name that the user gave, or `key` itself.
std::string take_name(std::map<std::string, std::string> &names, const std::string &key) {
  const auto given = names.extract(key);
  return given.empty() ? key : identifier(given.mapped());
}

} // namespace

std::string identifier(const std::string &text) {
  std::string result;
  for (const char c : text.substr(0, longest_name - 1)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool digit = c >= '0' && c <= '9';
    if (result.empty() && !letter) {
      if (digit)
        result = std::string("_") + c;
      continue; // no names that begin like those of the compiler
    }
    result += letter || digit ? c : '_';
  }
  result.erase(result.find_last_not_of('_') + 1);
  if (result.empty())
    result = "trace";
  if (is_keyword(result) || result.starts_with("tj_"))
    result.insert(0, "_");
  return result.substr(0, longest_name);
}

/// A number as C++ gave it in the first run.
static std::string example_text(const jit::Scalar &number) {
  switch (number.kind()) {
  case jit::ScalarKind::boolean:
    return number.as_bool() ? "true" : "false";
  case jit::ScalarKind::integer:
    return std::to_string(number.as_int());
  case jit::ScalarKind::floating: {
    std::array<char, 32> text;
    const auto end = std::to_chars(text.begin(), text.end(), number.as_double()).ptr;
    return {text.begin(), end};
  }
  }
  return "";
}

CFunction describe_for_c(const jit::Graph &graph, const std::string &name,
                         std::map<std::string, std::string> names, const std::vector<bool> &taken) {
  CFunction f{.name = name,
              .trace = graph.name,
              .inputs = {},
              .outputs = {},
              .numbers = {},
              .donated = {},
              .weights = {}};
  for (std::size_t k = 0; k < graph.inputs.size(); ++k)
    if (!taken[k])
      f.inputs.push_back({take_name(names, "in" + std::to_string(k)), graph.inputs[k]});
  for (std::size_t k = 0; k < graph.scalars.size(); ++k)
    f.numbers.push_back({take_name(names, "num" + std::to_string(k)), graph.scalars[k],
                         k < graph.examples.size() ? example_text(graph.examples[k]) : ""});
  for (std::size_t k = 0; k < graph.outputs.size(); ++k)
    f.outputs.push_back(
        {take_name(names, "out" + std::to_string(k)), graph.values[graph.outputs[k]].meta});
  if (!names.empty())
    throw Exit(ExitCode::usage,
               "tracec: error: --name " + names.begin()->first +
                   ": the trace has no such value; they are in0, ..., num0, ... and out0, ...");
  std::set<std::string> all;
  const auto add = [&](const auto &parts) {
    for (const auto &part : parts)
      if (!all.insert(upper(part.name)).second)
        throw Exit(ExitCode::usage, "tracec: error: two values are called " + part.name);
  };
  add(f.inputs);
  add(f.numbers);
  add(f.outputs);
  return f;
}

void add_weights(CFunction &f, std::uint64_t bytes, const std::string &digest) {
  static constexpr const char *name = "weights";
  for (const auto *tensors : {&f.inputs, &f.outputs})
    for (const CTensor &tensor : *tensors)
      if (upper(tensor.name) == upper(name))
        throw Exit(ExitCode::usage, std::string("tracec: error: two values are called ") + name);
  for (const CNumber &number : f.numbers)
    if (upper(number.name) == upper(name))
      throw Exit(ExitCode::usage, std::string("tracec: error: two values are called ") + name);
  const auto extent = static_cast<std::int64_t>(bytes);
  f.inputs.push_back({name, jit::intern_contiguous(jit::DType::u8, {&extent, 1})});
  f.weights = digest;
}

std::string header_text(const std::string &file, std::span<const CFunction> functions,
                        std::span<const jit::Isa> isas, bool needs_rt) {
  const std::string guard = "TRACEJIT_" + upper(identifier(file)) + "_H";
  std::string text = "/* Made by tracec of tracejit " + std::string(jit::library_version) +
                     " for " + targets(isas, " and ") +
                     ". docs/offline.md of tracejit says what the functions do.\n   " +
                     (needs_rt ? "Link with libtracejit-rt.a." : "Needs no library.") + " */\n";
  text += "#ifndef " + guard + "\n#define " + guard + "\n\n";
  text += "#include <stddef.h>\n#include <stdint.h>\n#include <string.h>\n\n";
  text += "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  text += "/* Calls piece(context, 0 .. pieces - 1), each once, on any threads, and returns when "
          "all are done. */\n"
          "#ifndef TJ_PARALLEL\n#define TJ_PARALLEL\n"
          "typedef void (*tj_parallel)(void *pool, int64_t pieces,\n"
          "                            void (*piece)(void *context, int64_t index), void "
          "*context);\n#endif\n";
  for (const CFunction &function : functions)
    text += "\n" + declarations(function);
  return text + "\n#ifdef __cplusplus\n}\n#endif\n#endif\n";
}

std::string info_text(const CFunction &f, std::span<const jit::Isa> isas) {
  using Json = nlohmann::ordered_json;
  const auto tensors = [](const std::vector<CTensor> &parts) {
    Json all = Json::array();
    for (const CTensor &part : parts)
      all.push_back(
          {{"name", part.name},
           {"dtype", std::string(name(part.meta->dtype))},
           {"shape", std::vector(part.meta->dims().begin(), part.meta->dims().end())},
           {"strides", std::vector(part.meta->strides().begin(), part.meta->strides().end())}});
    return all;
  };
  Json numbers = Json::array();
  for (const CNumber &number : f.numbers)
    numbers.push_back({{"name", number.name}, {"kind", kind_name(number.kind)}});
  Json all{{"abi", 1},
           {"function", f.name},
           {"trace", f.trace},
           {"tracejit", std::string(jit::library_version)},
           {"inputs", tensors(f.inputs)},
           {"numbers", numbers},
           {"outputs", tensors(f.outputs)},
           {"targets", Json::array()}};
  for (const auto &[input, output] : f.donated)
    all["donated"].push_back({{"input", f.inputs[input].name}, {"output", f.outputs[output].name}});
  if (!f.weights.empty())
    all["weights"] = {{"bytes", f.inputs.back().meta->size}, {"sha256", f.weights}};
  for (const jit::Isa isa : isas)
    all["targets"].push_back(targets({&isa, 1}, ""));
  return all.dump(-1, ' ', true, Json::error_handler_t::replace);
}

} // namespace tracec
