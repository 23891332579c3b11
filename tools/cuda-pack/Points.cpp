// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tools/cuda-pack/Points.h"

#include "runtime/cuda/WalkArgs.h"

namespace jit::gpu {

void open_points(Lines &out, unsigned sides, bool wide) {
  const std::string index(wide ? "unsigned long long" : "unsigned");
  const std::string offset(wide ? "long long" : "int");
  out.open("for (" + index + " i = (" + index +
           ")TJ_BLOCK * 256u + TJ_THREAD; i < p.count; i += (" + index + ")TJ_BLOCKS * 256u) {");
  out.line(index + " rest = i;");
  for (unsigned k = 0; k < sides; ++k)
    out.line(offset + " o" + std::to_string(k) + " = 0;");
  out.line("#pragma unroll 1");
  out.open("for (int axis = (int)p.rank - 1; axis >= 0; --axis) {");
  out.line("const " + index + " above = (" + (wide ? "__umul64hi" : "__umulhi") +
           "(rest, p.magic[axis]) + rest) >> p.shift[axis];");
  out.line("const " + offset + " at = (" + offset + ")(rest - above * p.extent[axis]);");
  out.line("rest = above;");
  for (unsigned k = 0; k < sides; ++k) {
    const std::string number = std::to_string(k);
    out.line("o" + number + " += at * p.stride[" + number + "][axis];");
  }
  out.close("}");
}

void add_walk(ModuleText &module, const std::string &stem, unsigned sides,
              const std::function<void(Emitter &e)> &body) {
  for (const bool wide : {false, true}) {
    Lines out(1);
    Emitter e(module, out);
    open_points(out, sides, wide);
    body(e);
    out.close("}");
    module.declare(wide ? WideWalkArgs_text : WalkArgs_text);
    module.add({stem + (wide ? "_S" : "_s"), "walk", point_threads, 0, false, "", out.text(),
                wide ? "WideWalkArgs" : "WalkArgs"});
  }
}

std::string at(std::string_view type, unsigned memory, const std::string &offset) {
  return "*((" + std::string(type) + " *)p.memory[" + std::to_string(memory) + "] + " + offset +
         ")";
}
std::string walk_number(unsigned number) { return "p.number[" + std::to_string(number) + "]"; }

std::string_view item_type(unsigned bytes) {
  return bytes == 1   ? "unsigned char"
         : bytes == 2 ? "unsigned short"
         : bytes == 4 ? "unsigned"
         : bytes == 8 ? "unsigned long long"
                      : "tj_i32x4";
}

void move_item(Lines &out, unsigned bytes, const std::string &to, const std::string &from) {
  const std::string type(item_type(bytes)), suffix = bytes == 16 ? "16" : "V";
  out.line(type + " item = TJ_LOAD" + suffix + "(" + type + ", (const " + type +
           " *)p.memory[1] + " + from + ");");
  out.line("TJ_STORE" + suffix + "((" + type + " *)p.memory[0] + " + to + ", item);");
}

} // namespace jit::gpu
