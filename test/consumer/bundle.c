/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A C program that runs a bundle with libtracejit-c: the doubles of what it is given. */
#include <tracejit/c.h>
#include <tracejit/dlpack_abi.h>

#include <stdio.h>

int main(int count, char **arguments) {
  float x[] = {1, 2, 3};
  int64_t shape[] = {3};
  DLManagedTensorVersioned input = {
      .version = {1, 0},
      .dl_tensor = {
          .data = x, .device = {kDLCPU, 0}, .ndim = 1, .dtype = {kDLFloat, 32, 1}, .shape = shape}};
  DLManagedTensorVersioned *inputs[] = {&input}, *outputs[1];
  tj_module *module;
  if (count != 2 || tj_load(arguments[1], TJ_REQUIRE_CODE, NULL, &module) != TJ_OK ||
      tj_run(module, 0, inputs, 1, NULL, 0, outputs, 1, 0) != TJ_OK) {
    fprintf(stderr, "%s\n", tj_last_error());
    return 1;
  }
  const float *y = outputs[0]->dl_tensor.data;
  printf("bundle: %g %g %g\n", y[0], y[1], y[2]);
  tj_tensor_release(outputs[0]);
  tj_release(module);
  return 0;
}
