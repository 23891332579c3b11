// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Uses the installed package like a user: public headers and the library, nothing else.
#include <tracejit/dims.h>
#include <tracejit/dtype.h>
#include <tracejit/error.h>

#include <cstdio>

int main() {
  if (jit::name(jit::dtype_of<float>) != "f32" || jit::itemsize(jit::DType::f64) != 8) {
    std::puts("wrong facts about element types");
    return 1;
  }
  try {
    jit::DimList list{1, 2, 3, 4, 5, 6, 7, 8, 9};
    std::puts("nine dimensions were accepted");
    return 1;
  } catch (const jit::Error &error) {
    std::printf("refused: %s\n", error.what());
  }
  return 0;
}
