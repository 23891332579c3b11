// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading and joining the parts of kernel texts.
#include "test/cuda/emu/Text.h"

#include <charconv>
#include <optional>

namespace jit::emu {
namespace {

const std::string prelude_mark = "//--- prelude ";
constexpr std::string_view kernels_mark = "//--- kernels\n";

bool take(std::string_view &text, std::string_view what) {
  if (!text.starts_with(what))
    return false;
  text.remove_prefix(what.size());
  return true;
}

bool take(std::string_view &text, unsigned &number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc())
    return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

std::optional<KernelLine> read_kernel_line(std::string_view line) {
  KernelLine kernel;
  if (!take(line, "// "))
    return std::nullopt;
  const std::size_t name = line.find(": form ");
  if (name == line.npos)
    return std::nullopt;
  kernel.name = line.substr(0, name);
  // The form may have commas of its own: the rest is found from the right.
  const std::size_t shared = line.rfind(" bytes shared, ");
  const std::size_t before = line.rfind(", ", shared);
  const std::size_t threads = line.rfind(" threads, ", shared);
  if (shared == line.npos || before == line.npos || threads == line.npos)
    return std::nullopt;
  std::string_view number = line.substr(before + 2);
  if (!take(number, kernel.shared_bytes))
    return std::nullopt;
  number = line.substr(line.rfind(", ", threads) + 2);
  if (!take(number, kernel.threads))
    return std::nullopt;
  kernel.waits = line.ends_with(", barriers");
  if (!kernel.waits && !line.ends_with(", no barriers"))
    return std::nullopt;
  return kernel;
}

std::string table_of(std::string_view text, unsigned target, unsigned toolkit) {
  const std::vector<KernelLine> kernels = kernel_lines(text);
  std::string out = R"(
struct tj_emu_kernel { const char *name; void (*run)(const void *);
  unsigned argument_bytes, threads, shared_bytes, waits; };
template <auto> struct tj_emu_of;
template <class T, void (*kernel)(const T &)> struct tj_emu_of<kernel> {
  static void run(const void *arguments) { kernel(*(const T *)arguments); }
  static constexpr unsigned bytes = sizeof(T);
};
struct tj_emu_image_of { unsigned target, toolkit, count; const tj_emu_kernel *kernels; };
static const tj_emu_kernel tj_emu_kernels[] = {
)";
  for (const KernelLine &kernel : kernels)
    out += "  {\"" + kernel.name + "\", tj_emu_of<" + kernel.name + ">::run, tj_emu_of<" +
           kernel.name + ">::bytes, " + std::to_string(kernel.threads) + ", " +
           std::to_string(kernel.shared_bytes) + ", " + (kernel.waits ? "1" : "0") + "},\n";
  return out + "  {nullptr, nullptr, 0, 0, 0, 0}};\n" +
         "extern \"C\" __attribute__((visibility(\"default\"))) const tj_emu_image_of "
         "tj_emu_image = {" +
         std::to_string(target) + ", " + std::to_string(toolkit) + ", " +
         std::to_string(kernels.size()) + ", tj_emu_kernels};\n";
}

} // namespace

std::vector<KernelLine> kernel_lines(std::string_view text) {
  std::vector<KernelLine> kernels;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (std::optional<KernelLine> kernel = read_kernel_line(text.substr(0, end)))
      kernels.push_back(std::move(*kernel));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return kernels;
}

std::string emulated_text(std::string_view text, std::string_view prelude, unsigned target,
                          unsigned toolkit, std::string &why) {
  const std::size_t begin = text.starts_with(prelude_mark) ? 0 : text.find("\n" + prelude_mark);
  const std::size_t mark = text.find(kernels_mark, begin);
  if (begin == text.npos || mark == text.npos) {
    why = "the text has no prelude between `//--- prelude NAME` and `//--- kernels`";
    return {};
  }
  std::string_view kernels = text.substr(mark + kernels_mark.size());
  std::size_t line = 2;
  for (const char c : text.substr(0, mark))
    line += c == '\n';
  std::string out(prelude);
  out += "\n#line " + std::to_string(line) + " \"kernels\"\n";
  out += kernels;
  out += "\n#line 1 \"table\"\n";
  return out + table_of(kernels, target, toolkit);
}

} // namespace jit::emu
