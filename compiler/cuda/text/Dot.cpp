// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/cuda/text/Dot.h"

#include "compiler/cuda/text/Element.h"

namespace jit::gpu {
namespace {

class Dot {
public:
  Dot(ModuleText &module, std::string name, DType dtype)
      : module(module), name(std::move(name)), dtype(dtype), memory(memory_type(dtype)),
        type(memory_type(contract_lane(dtype))), chains(dot_threads(dtype)) {}

  void run() {
    const std::string operand = "const " + memory + " *",
                      chunk = std::to_string(inner_chunk) + "ull";
    out.open("for (unsigned long long unit = TJ_BLOCK; unit < p.units; unit += TJ_BLOCKS) {");
    out.line("unsigned long long rest = unit;");
    out.line("unsigned long long begin = 0;");
    out.line("long long a_at = 0;");
    out.line("long long b_at = 0;");
    find_row();
    out.line("const unsigned long long rest_of_row = p.count - begin;");
    out.line("const unsigned count = rest_of_row < " + chunk +
             " ? (unsigned)rest_of_row : " + std::to_string(inner_chunk) + "u;");
    out.line(operand + "a = (" + operand + ")p.a + a_at;");
    out.line("const bool has_b = p.b != nullptr;");
    out.line(operand + "b = (" + operand + ")p.b + b_at;");
    add_products();
    join();
    if (is_float(dtype)) // the sum of nothing is +0
      out.line("sum = p.count == 0 ? 0x0p+0" + std::string(dtype == DType::f32 ? "f" : "") +
               " : sum;");
    out.open("if (TJ_THREAD == 0) {");
    out.line(memory + " *to = (" + memory + " *)p.c;");
    out.line("to[unit] = " + (memory == type ? "" : "(" + memory + ")") + "sum;");
    out.close("}");
    if (chains > 32)
      out.line("TJ_BARRIER();"); // the next unit writes there
    out.close("}");
    module.declare(DotArgs_text);
    module.add({name, "dot", chains, dot_shared_bytes(dtype), true, "", out.text(), "DotArgs"});
  }

private:
  void find_row() {
    out.line("#pragma unroll 1");
    out.open("for (unsigned axis = 0; axis < p.axes; ++axis) {");
    out.line("const unsigned long long above = (__umul64hi(rest, p.magic[axis]) + rest) >> "
             "p.shift[axis];");
    out.line("const long long index = (long long)(rest - above * p.extent[axis]);");
    out.line("rest = above;");
    out.line("begin = axis == 0 ? (unsigned long long)index * " + std::to_string(inner_chunk) +
             "ull : begin;");
    out.line("a_at += index * p.a_batch[axis];");
    out.line("b_at += index * p.b_batch[axis];");
    out.close("}");
    out.line("a_at += (long long)begin * p.a_step;");
    out.line("b_at += (long long)begin * p.b_step;");
  }

  /// The chain of this thread.
  void add_products() {
    const bool is_f32 = dtype == DType::f32;
    const std::string truth = dtype == DType::boolean ? " != 0" : "";
    const std::string one = is_f32 ? "0x1p+0f" : dtype == DType::f64 ? "0x1p+0" : "1";
    out.line(type + " sum = " +
             (is_f32                ? "-0x0p+0f"
              : dtype == DType::f64 ? "-0x0p+0"
                                    : "0") +
             ";");
    out.line("#pragma unroll 4");
    out.open("for (unsigned i = TJ_THREAD; i < count; i += " + std::to_string(chains) + "u) {");
    out.line("const " + memory + " x = TJ_LDG(a + (long long)i * p.a_step);");
    out.line(memory + " y = " + one + ";");
    out.open("if (has_b) {");
    out.line("y = TJ_LDG(b + (long long)i * p.b_step);");
    out.close("}");
    switch (dtype) {
    case DType::f32:
      out.line("sum = __fmaf_rn(x, y, sum);");
      break;
    case DType::f64:
      out.line("sum = __fma_rn(x, y, sum);");
      break;
    case DType::boolean:
      out.line("sum = sum | (x != 0 && y != 0);");
      break;
    case DType::i64:
      out.line("sum = (long long)((unsigned long long)sum + (unsigned long long)x * (unsigned long "
               "long)y);");
      break;
    default:
      out.line("sum = (int)((unsigned)sum + (unsigned)x * (unsigned)y);");
    }
    out.close("}");
  }

  /// Chains by halves: the upper ones through shared memory, then by shuffles.
  void join() {
    if (chains > 32) {
      out.line(type + " *upper = (" + type + " *)TJ_SHARED;");
      out.open("if (TJ_THREAD >= 32) {");
      out.line("upper[TJ_THREAD - 32] = sum;");
      out.close("}");
      out.line("TJ_BARRIER();");
      add("upper[TJ_THREAD % 32]");
    }
    for (unsigned half = 16; half > 0; half /= 2)
      add("TJ_SHUFFLE_DOWN(sum, " + std::to_string(half) + ", 32)");
  }
  void add(const std::string &other) {
    out.open("{");
    out.line("const " + type + " other = " + other + ";");
    const std::string sum = dtype == DType::f32       ? "__fadd_rn(sum, other)"
                            : dtype == DType::f64     ? "__dadd_rn(sum, other)"
                            : dtype == DType::boolean ? "sum | other"
                            : dtype == DType::i64
                                ? "(long long)((unsigned long long)sum + (unsigned long long)other)"
                                : "(int)((unsigned)sum + (unsigned)other)";
    out.line("sum = " + sum + ";");
    out.close("}");
  }

  ModuleText &module;
  const std::string name;
  const DType dtype;
  const std::string memory, type;
  const unsigned chains;
  Lines out{1};
};

} // namespace

void add_dot(ModuleText &module, const std::string &name, DType dtype) {
  Dot(module, name, dtype).run();
}

} // namespace jit::gpu
