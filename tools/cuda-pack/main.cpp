// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// cuda-pack: prints the kernels of eager ops as CUDA text, and puts the PTX made of it into source
// for libtracejit. The build runs it twice.
#include "compiler/cuda/text/TextRules.h"
#include "tools/cuda-pack/Families.h"
#include "tools/cuda-pack/Points.h"
#include "tools/cuda-pack/Products.h"
#include "tools/cuda-pack/Ptx.h"
#include "tools/cuda-pack/Rows.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

namespace jit::gpu {
namespace {

/// Texts that are compiled at once: as few as processors are worth.
constexpr unsigned units = 4;

std::string read(const std::string &file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Writes only what is new, so that nothing is compiled again for nothing.
bool write(const std::string &file, const std::string &text) {
  if (std::filesystem::exists(file) && read(file) == text)
    return true;
  std::ofstream out(file, std::ios::binary);
  out << text;
  out.close();
  if (!out)
    std::fprintf(stderr, "cuda-pack: cannot write %s\n", file.c_str());
  return out.good();
}

/// One text, for clang and for emulation.
bool print(const std::string &folder, const std::string &name, const ModuleText &module) {
  const std::string wrong = check_text(module.behind_prelude());
  if (!wrong.empty()) {
    std::fprintf(stderr, "cuda-pack: %s: %s\n", name.c_str(), wrong.c_str());
    return false;
  }
  const std::string title = "// tracejit pack " + name + "\n", stem = folder + "/" + name;
  return write(stem + ".cu", title + module.text(Prelude::clang)) &&
         write(stem + ".emu.cpp", title + module.text(Prelude::emu));
}

int print(const std::string &folder) {
  ModuleText modules[units];
  const auto module_of = [&](const ElementForm &form) -> ModuleText & {
    return modules[static_cast<unsigned>(form.function) % units];
  };
  for (const ElementForm &form : element_forms()) {
    add_contiguous(module_of(form), form);
    if (form.function != ScalarFunction::cast)
      add_strided(module_of(form), form);
  }
  for (const ElementForm &form : cast_forms())
    add_strided(module_of(form), form);
  for (unsigned k = 0; k < units; ++k)
    if (!print(folder, "elements" + std::to_string(k), modules[k]))
      return 1;
  ModuleText moves, products, rows;
  add_sort(moves);
  add_movement(moves);
  add_index(moves);
  add_creation(moves);
  add_products(products);
  add_reductions(rows);
  add_row_ops(rows);
  add_scans(rows);
  return print(folder, "moves", moves) && print(folder, "products", products) &&
                 print(folder, "rows", rows)
             ? 0
             : 1;
}

/// OUT.cpp and OUT.bin, of PTX files named by their units.
int embed(const std::string &out, std::span<char *const> files) {
  std::string data, units, modules;
  std::map<std::string, std::string> kernels; // module and threads
  unsigned count = 0;
  for (const char *file : files) {
    const std::string ptx = read(file);
    if (const std::string wrong = check_ptx(ptx); !wrong.empty() || ptx.empty()) {
      std::fprintf(stderr, "cuda-pack: %s: %s\n", file, ptx.empty() ? "is empty" : wrong.c_str());
      return 1;
    }
    std::string text;
    const std::string unit = std::filesystem::path(file).stem();
    const auto number = std::to_string(std::ranges::count(units, '\n'));
    for (const PtxModule &module : split_ptx(ptx, unit)) {
      modules += "    {" + number + ", " + std::to_string(text.size()) + ", " +
                 std::to_string(module.text.size()) + "},\n";
      text += module.text;
      for (const PtxKernel &kernel : module.kernels)
        kernels[kernel.name] = std::to_string(count) + ", " + std::to_string(kernel.threads);
      ++count;
    }
    units += "    " + std::to_string(data.size()) + ",\n";
    data += packed(text);
  }
  std::ostringstream source;
  source << "// Written by cuda-pack.\n#include \"runtime/cuda/Pack.h\"\n\n"
         << "asm(\".section .rodata\\n.balign 16\\ntracejit_pack_data:\\n.incbin \\\"" << out
         << ".bin\\\"\\n.previous\\n\");\n"
         << "extern \"C\" [[gnu::visibility(\"hidden\")]] const unsigned char "
            "tracejit_pack_data[];\n\n"
         << "namespace jit::gpu {\nnamespace {\n\nconstexpr PackedModule modules[] = {\n"
         << modules << "};\nconstexpr std::uint32_t units[] = {\n"
         << units << "};\nconstexpr PackedKernel kernels[] = {\n";
  for (const auto &[kernel, values] : kernels)
    source << "    {\"" << kernel << "\", " << values << "},\n";
  source << "};\n\n} // namespace\n\nconst Pack &pack() noexcept {\n"
         << "  static constexpr Pack all{kernels, modules, units, tracejit_pack_data};\n  return "
            "all;\n}\n\n"
         << "} // namespace jit::gpu\n";
  return write(out + ".bin", data) && write(out + ".cpp", source.str()) ? 0 : 1;
}

} // namespace
} // namespace jit::gpu

int main(int argc, char **argv) {
  const std::string_view mode = argc > 2 ? argv[1] : "";
  if (mode == "print" && argc == 3)
    return jit::gpu::print(argv[2]);
  if (mode == "embed" && argc > 3)
    return jit::gpu::embed(argv[2], {argv + 3, argv + argc});
  std::fputs("usage: cuda-pack print FOLDER\n       cuda-pack embed OUT UNIT.ptx...\n", stderr);
  return 2;
}
