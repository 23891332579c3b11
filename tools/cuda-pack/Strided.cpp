// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels of operands with any strides and dtypes, an element a thread. An operand of another dtype
// than the kernel's is read by a function that is called, since most have none.
#include "runtime/cuda/FamilyArgs.h"
#include "tools/cuda-pack/Families.h"
#include "tools/cuda-pack/Numbers.h"
#include "tools/cuda-pack/Points.h"

namespace jit::gpu {
namespace {

/// The dtypes that promotion may turn into the kernel's, and some more; all if it casts.
bool may_be(DType from, DType to, bool casts) {
  const bool exists = from != DType::f16 && from != DType::bf16;
  return exists && (casts || to == DType::boolean || from <= to);
}

/// A function of the module that reads an element of a dtype known at run time.
std::string reader(ModuleText &module, DType to, bool casts) {
  const std::string name = (casts ? "tj_cast_" : "tj_read_") + std::string(short_name(to));
  Lines out;
  Emitter e(module, out);
  out.open("TJ_OUTLINE " + std::string(lane_type(to)) + " " + name +
           "(const void *memory, long long offset, unsigned dtype) {");
  for (int number = 0; number <= static_cast<int>(DType::f64); ++number) {
    const auto from = static_cast<DType>(number);
    if (!may_be(from, to, casts))
      continue;
    out.open("if (dtype == " + std::to_string(number) + "u) {");
    const std::string type(memory_type(from));
    const Element x = widen(e, "*((const " + type + " *)memory + offset)", from);
    const std::span<const Element> one(&x, 1);
    out.line("return " + apply_element(e, ScalarFunction::cast, to, one).text + ";");
    out.close("}");
  }
  out.line("return " + constant(to, 0).text + ";");
  out.close("}");
  module.declare(out.text());
  return name;
}

class Strided {
public:
  Strided(ModuleText &module, const ElementForm &form, bool wide)
      : module(module), form(form), wide(wide) {}

  void run() {
    const std::string result(memory_type(form.result));
    out.line(result + " *r = (" + result + " *)p.result;");
    open_points(out, static_cast<unsigned>(form.operands.size()), wide);
    std::vector<Element> operands;
    for (unsigned k = 0; k < form.operands.size(); ++k)
      operands.push_back(operand(k));
    out.line("r[i] = " + narrow(apply_element(e, form.function, form.result, operands)) + ";");
    out.close("}");
    module.declare(wide ? WideStridedArgs_text : StridedArgs_text);
    module.add({form.name + (wide ? "_S" : "_s"), "strided", point_threads, 0, false, "",
                out.text(), wide ? "WideStridedArgs" : "StridedArgs"});
  }

private:
  Element operand(unsigned k) {
    const DType dtype = form.operands[k];
    const std::string number = std::to_string(k), index = "[" + number + "]";
    const std::string type(memory_type(dtype)), x = "x" + number;
    const std::string truth = dtype == DType::boolean ? " != 0" : "";
    const bool casts = form.function == ScalarFunction::cast;
    const std::string call = reader(module, dtype, casts);
    out.line(std::string(lane_type(dtype)) + " " + x + ";");
    out.open("if (p.source" + index + " == " + std::to_string(static_cast<unsigned>(dtype)) +
             "u) {");
    out.line(x + " = *((const " + type + " *)p.operand" + index + " + o" + number + ")" + truth +
             ";");
    out.reopen("} else if (p.source" + index + " == " + std::to_string(strided_number) + "u) {");
    out.line(x + " = " + number_in_memory(e, dtype, "p.number" + index) + truth + ";");
    out.reopen("} else {");
    out.line(x + " = " + call + "(p.operand" + index + ", o" + number + ", p.source" + index +
             ");");
    out.close("}");
    return {x, dtype};
  }

  ModuleText &module;
  const ElementForm &form;
  bool wide;
  Lines out{1};
  Emitter e{module, out};
};

} // namespace

std::string number_in_memory(Emitter &e, DType dtype, const std::string &bits) {
  return dtype == DType::f32   ? e.from_bits(Emitter::I32{"(int)" + bits}).text
         : dtype == DType::f64 ? e.from_bits(Emitter::I64{"(long long)" + bits}).text
                               : "(" + std::string(memory_type(dtype)) + ")" + bits;
}

void add_strided(ModuleText &module, const ElementForm &form) {
  Strided(module, form, false).run();
  Strided(module, form, true).run();
}

} // namespace jit::gpu
