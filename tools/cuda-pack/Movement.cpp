// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Elements that move to new places: to[o0] = from[o1]; and those that are added to what is there.
#include "tools/cuda-pack/Families.h"
#include "tools/cuda-pack/Points.h"

namespace jit::gpu {

void add_movement(ModuleText &module) {
  for (const unsigned bytes : {1u, 2u, 4u, 8u, 16u})
    add_walk(module, "copy_" + std::to_string(bytes), 2,
             [&](Emitter &e) { move_item(e.lines(), bytes, "o0", "o1"); });
  for (const ElementForm &form : element_forms())
    if (form.function == ScalarFunction::add && form.result != DType::boolean)
      add_walk(module, "accumulate_" + std::string(short_name(form.result)), 2, [&](Emitter &e) {
        const DType dtype = form.result;
        const std::string to = at(memory_type(dtype), 0, "o0");
        const Element operands[] = {widen(e, to, dtype),
                                    widen(e, at(memory_type(dtype), 1, "o1"), dtype)};
        e.lines().line(to + " = " + narrow(apply_element(e, ScalarFunction::add, dtype, operands)) +
                       ";");
      });
}

} // namespace jit::gpu
