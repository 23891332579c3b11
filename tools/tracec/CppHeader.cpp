// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names of the trace may hide any name, so all others are written from the global namespace on.
#include "tools/tracec/CppHeader.h"

#include "runtime/base/Version.h"
#include "runtime/program/EntryCodes.h"
#include "runtime/trace/Span.h"

namespace tracec {
namespace {

const char *cpp_type(jit::DType dtype) {
  return dtype == jit::DType::boolean ? "bool" : c_type(dtype);
}

/// A span over the least block that holds all elements.
std::string span_type(const CTensor &tensor, bool is_read) {
  return "::std::span<" + std::string(is_read ? "const " : "") + cpp_type(tensor.meta->dtype) +
         ", " + std::to_string(jit::span_of(*tensor.meta).elements) + ">";
}

std::string arguments(const CFunction &f) {
  std::string text = "/// Spans cover all elements; those with gaps or strides the gaps, too.\n"
                     "struct Arguments {\n";
  for (const CTensor &input : f.inputs)
    text +=
        "  " + span_type(input, true) + " " + input.name + "; // " + describe(*input.meta) + "\n";
  for (const CNumber &number : f.numbers)
    text += std::string("  ") +
            (number.kind == jit::ScalarKind::floating  ? "double "
             : number.kind == jit::ScalarKind::boolean ? "bool "
                                                       : "::std::int64_t ") +
            number.name + ";\n";
  for (const CTensor &output : f.outputs)
    text += "  " + span_type(output, false) + " " + output.name + "; // " + describe(*output.meta) +
            "\n";
  return text + "};\n";
}

/// A list for NAME_run, and its name, or "nullptr" if it is empty.
std::string list(const std::vector<CTensor> &tensors, const char *name, const char *type,
                 std::string &text) {
  if (tensors.empty())
    return "nullptr";
  text += std::string("    ") + type + name + "[] = {";
  const char *between = "";
  for (const CTensor &tensor : tensors) {
    const std::int64_t origin = jit::span_of(*tensor.meta).origin;
    text += between + ("arguments." + tensor.name) + ".data()" +
            (origin ? " + " + std::to_string(origin) : "");
    between = ", ";
  }
  text += "};\n";
  return name;
}

std::string call(const CFunction &f) {
  std::string text = "  Code operator()(const Arguments &arguments) noexcept {\n";
  const std::string in = list(f.inputs, "tj_in", "const void *const ", text);
  const std::string out = list(f.outputs, "tj_out", "void *const ", text);
  if (!f.numbers.empty())
    text += "    ::std::uint64_t tj_numbers[" + std::to_string(f.numbers.size()) + "];\n";
  for (std::size_t k = 0; k < f.numbers.size(); ++k) {
    const bool floating = f.numbers[k].kind == jit::ScalarKind::floating;
    text += "    tj_numbers[" + std::to_string(k) + "] = " +
            (floating ? "::std::bit_cast<::std::uint64_t>(" : "static_cast<::std::uint64_t>(") +
            "arguments." + f.numbers[k].name + ");\n";
  }
  if (f.inputs.empty() && f.numbers.empty() && f.outputs.empty())
    text += "    static_cast<void>(arguments);\n";
  const std::string rest = "(" + in + ", " + out + ", " +
                           (f.numbers.empty() ? "nullptr" : "tj_numbers") +
                           ", memory, bytes, parallel, pool, workers));\n";
  return text + "#ifdef NDEBUG\n    return static_cast<Code>(::" + f.name + "_run" + rest +
         "#else\n    return static_cast<Code>(::" + f.name + "_check" + rest + "#endif\n  }\n";
}

std::string codes() {
  std::string text = "enum class [[nodiscard]] Code : ::std::int32_t {\n";
  for (const jit::EntryErrorText &row : jit::entry_errors)
    text += "  " + std::string(row.error == jit::EntryError::null ? "null_pointer" : row.name) +
            " = " + std::to_string(static_cast<int>(row.error)) + ", // " + row.sentence + "\n";
  return text + "};\n";
}

std::string class_text(const CFunction &f) {
  return "/// Owns the memory that it works in: one for each thread that calls. Without that "
         "memory "
         "calls give\n/// Code::workspace.\n"
         "class Function {\npublic:\n"
         "  explicit Function(::tj_parallel parallel = nullptr, void *pool = nullptr,\n"
         "                    ::std::int32_t workers = 1) noexcept\n"
         "      : parallel(parallel), pool(pool), workers(workers), bytes(::" +
         f.name +
         "_workspace(workers)),\n"
         "        memory(bytes ? ::std::aligned_alloc(64, (bytes + 63) / 64 * 64) : nullptr) {}\n"
         "  Function(const Function &) = delete;\n"
         "  Function &operator=(const Function &) = delete;\n"
         "  ~Function() { ::std::free(memory); }\n\n" +
         call(f) +
         "\nprivate:\n"
         "  ::tj_parallel parallel;\n  void *pool;\n  ::std::int32_t workers;\n"
         "  ::std::size_t bytes;\n  void *memory;\n};\n";
}

} // namespace

std::string cpp_header_text(const std::string &file, const std::string &c_header,
                            std::span<const CFunction> functions) {
  const std::string guard = "TRACEJIT_" + upper(identifier(file)) + "_HPP";
  std::string text = "// Made by tracec of tracejit " + std::string(jit::library_version) +
                     "; C++20, throws nothing.\n";
  text += "#ifndef " + guard + "\n#define " + guard + "\n\n#include \"" + c_header + "\"\n\n";
  text += "#include <bit>\n#include <cstddef>\n#include <cstdint>\n#include <cstdlib>\n"
          "#include <span>\n";
  for (const CFunction &f : functions)
    text += "\n/// " + signature(f) + "\nnamespace tj::" + f.name + " {\n\n" + codes() +
            "inline const char *message(Code code) noexcept {\n  return ::" + f.name +
            "_error(static_cast<::std::int32_t>(code));\n}\n\n" + arguments(f) + "\n" +
            class_text(f) + "\n} // namespace tj::" + f.name + "\n";
  return text + "\n#endif\n";
}

} // namespace tracec
