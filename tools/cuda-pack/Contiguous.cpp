// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels whose operands lie as the result does, or are one element: 16 bytes at an access, or one
// element where memory is not aligned and at the end.
#include "compiler/cuda/text/Vectors.h"
#include "runtime/cuda/FamilyArgs.h"
#include "tools/cuda-pack/Families.h"
#include "tools/cuda-pack/Numbers.h"

#include <algorithm>

namespace jit::gpu {
namespace {

constexpr unsigned threads = 256;

class Contiguous {
public:
  Contiguous(ModuleText &module, const ElementForm &form) : module(module), form(form) {
    std::size_t widest = itemsize(form.result);
    for (DType dtype : form.operands)
      widest = std::max(widest, itemsize(dtype));
    // Each element that is loaded before it is needed takes a register.
    lanes = static_cast<unsigned>(16 / widest);
    if (lanes * form.operands.size() > 32)
      lanes /= 2;
    vectors = lanes < 8 ? 2 : 1;
  }

  void run() {
    for (unsigned k = 0; k < form.operands.size(); ++k)
      open_operand(k);
    const std::string result(memory_type(form.result)), unit = number(threads * lanes * vectors);
    out.line(result + " *r = (" + result + " *)p.result;");
    out.open("for (unsigned long long unit = TJ_BLOCK; unit * " + unit +
             " < p.count; unit += TJ_BLOCKS) {");
    out.line("const unsigned long long first = unit * " + unit + " + TJ_THREAD * " + number(lanes) +
             ";");
    out.line("const bool whole = p.aligned != 0 && first + " +
             number(threads * lanes * (vectors - 1) + lanes) + " <= p.count;");
    for (unsigned k = 0; k < form.operands.size(); ++k)
      load(k);
    compute();
    store();
    out.close("}");
    module.declare(ContiguousArgs_text);
    module.add(
        {form.name + "_c", "contiguous", threads, 0, false, "", out.text(), "ContiguousArgs"});
  }

private:
  static std::string number(std::size_t value) { return std::to_string(value) + "u"; }
  static std::string name(const char *letter, unsigned k) { return letter + std::to_string(k); }

  void open_operand(unsigned k) {
    const std::string type(memory_type(form.operands[k])), index = "[" + std::to_string(k) + "]";
    out.line("const " + type + " *" + name("b", k) + " = (const " + type + " *)p.operand" + index +
             ";");
    out.line("const bool " + name("many", k) + " = p.source" + index + " == 0;");
    const std::string bits = number_in_memory(e, form.operands[k], "p.number" + index);
    out.line("const " + type + " " + name("c", k) + " = p.source" + index + " == 1 ? *" +
             name("b", k) + " : " + bits + ";");
  }

  void open_vectors() {
    out.line("#pragma unroll");
    out.open("for (int v = 0; v < " + std::to_string(vectors) + "; ++v) {");
    out.line("const unsigned long long at = first + v * " + number(threads * lanes) + ";");
  }
  void open_lanes() {
    out.line("#pragma unroll");
    out.open("for (int j = 0; j < " + std::to_string(lanes) + "; ++j) {");
  }
  std::string begin() const { return std::to_string(lanes) + " * v"; }

  void load(unsigned k) {
    const std::string array = name("a", k), memory = name("b", k), many = name("many", k);
    out.line(std::string(memory_type(form.operands[k])) + " " + array + "[" +
             std::to_string(lanes * vectors) + "];");
    open_vectors();
    out.open("if (" + many + " && whole) {");
    load_vector(out, form.operands[k], lanes, false, memory + " + at", array, begin());
    out.reopen("} else {");
    open_lanes();
    out.line("const unsigned long long i = at + j < p.count ? at + j : p.count - 1;");
    out.line(array + "[" + begin() + " + j] = " + many + " ? " + memory + "[i] : " + name("c", k) +
             ";");
    out.close("}");
    out.close("}");
    out.close("}");
  }

  void compute() {
    out.line(std::string(memory_type(form.result)) + " s[" + std::to_string(lanes * vectors) +
             "];");
    out.line("#pragma unroll");
    out.open("for (int k = 0; k < " + std::to_string(lanes * vectors) + "; ++k) {");
    std::vector<Element> operands;
    for (unsigned k = 0; k < form.operands.size(); ++k)
      operands.push_back(widen(e, name("a", k) + "[k]", form.operands[k]));
    out.line("s[k] = " + narrow(apply_element(e, form.function, form.result, operands)) + ";");
    out.close("}");
  }

  void store() {
    open_vectors();
    out.open("if (whole) {");
    store_vector(out, form.result, lanes, "r + at", "s", begin());
    out.reopen("} else {");
    open_lanes();
    out.open("if (at + j < p.count) {");
    out.line("r[at + j] = s[" + begin() + " + j];");
    out.close("}");
    out.close("}");
    out.close("}");
    out.close("}");
  }

  ModuleText &module;
  const ElementForm &form;
  unsigned lanes, vectors;
  Lines out{1};
  Emitter e{module, out};
};

} // namespace

void add_contiguous(ModuleText &module, const ElementForm &form) { Contiguous(module, form).run(); }

} // namespace jit::gpu
