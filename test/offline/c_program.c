/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* Plain C: bundles by libtracejit-c, and the same traces as files that were compiled ahead, give
   the same bits. Usage: PROGRAM POLICY.tjb SEVERAL.tjb */
#include <tracejit/c.h>
#include <tracejit/dlpack_abi.h>

#include "policy.h"
#include "several.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                           \
  do                                                                                               \
    if (!(condition)) {                                                                            \
      fprintf(stderr, "line %d: %s: %s\n", __LINE__, #condition, tj_last_error());                 \
      exit(1);                                                                                     \
    }                                                                                              \
  while (0)

/* As DLPack 1 has them. */
_Static_assert(sizeof(DLTensor) == 48 && offsetof(DLTensor, shape) == 24, "DLTensor");
_Static_assert(sizeof(DLManagedTensorVersioned) == 80 &&
                   offsetof(DLManagedTensorVersioned, dl_tensor) == 32,
               "DLManagedTensorVersioned");

static const DLDataType f32 = {kDLFloat, 32, 1}, i64 = {kDLInt, 64, 1};

static DLManagedTensorVersioned tensor_of(void *data, DLDataType dtype, int32_t rank,
                                          int64_t *shape) {
  const DLManagedTensorVersioned tensor = {
      .version = {1, 0},
      .dl_tensor = {
          .data = data, .device = {kDLCPU, 0}, .ndim = rank, .dtype = dtype, .shape = shape}};
  return tensor;
}

static tj_module *load(const char *path) {
  tj_module *module;
  CHECK(tj_load(path, TJ_REQUIRE_CODE, NULL, &module) == TJ_OK);
  return module;
}

static void run_policy(const char *path) {
  float state[4], weights1[4 * 16], weights2[16 * 2], wanted[2];
  for (int i = 0; i < 64; ++i)
    weights1[i] = (float)(i % 7) / 8 - 0.4f;
  for (int i = 0; i < 32; ++i)
    weights2[i] = (float)(i % 5) / 4 - 0.5f;
  for (int i = 0; i < 4; ++i)
    state[i] = (float)i - 1.25f;
  const double scale = 1.7;
  uint64_t numbers[1];
  memcpy(numbers, &scale, sizeof scale);
  void *workspace = aligned_alloc(64, (policy_workspace(1) + 64) / 64 * 64);
  CHECK(policy(state, weights1, weights2, scale, wanted, workspace) == POLICY_OK);
  free(workspace);

  int64_t shapes[3][2] = {{1, 4}, {4, 16}, {16, 2}};
  DLManagedTensorVersioned a = tensor_of(state, f32, 2, shapes[0]),
                           b = tensor_of(weights1, f32, 2, shapes[1]),
                           c = tensor_of(weights2, f32, 2, shapes[2]);
  DLManagedTensorVersioned *inputs[] = {&a, &b, &c}, *outputs[1];
  tj_module *module = load(path);
  int32_t function;
  CHECK(tj_function(module, "policy", &function) == TJ_OK);
  CHECK(tj_run(module, function, inputs, 3, numbers, 1, outputs, 1, 0) == TJ_OK);
  tj_release(module);
  CHECK(memcmp(outputs[0]->dl_tensor.data, wanted, sizeof wanted) == 0);
  tj_tensor_release(outputs[0]);
}

static void run_several(const char *path) {
  float x[6] = {-1, 0, 0.5f, 2, -0.0f, 1e-40f};
  int64_t n[3] = {-2, 0, 9}, products[3];
  float sums[6];
  uint8_t both[3];
  void *workspace = aligned_alloc(64, (several_workspace(1) + 64) / 64 * 64);
  CHECK(several(x, n, -5, 1, products, sums, both, workspace) == SEVERAL_OK);
  free(workspace);

  int64_t shape_x[] = {2, 3}, shape_n[] = {3};
  DLManagedTensorVersioned a = tensor_of(x, f32, 2, shape_x), b = tensor_of(n, i64, 1, shape_n);
  DLManagedTensorVersioned *inputs[] = {&a, &b}, *outputs[3];
  const uint64_t numbers[] = {(uint64_t)-5, 1};
  tj_module *module = load(path);
  CHECK(tj_run(module, 0, inputs, 2, numbers, 2, outputs, 3, 0) == TJ_OK);
  CHECK(memcmp(outputs[0]->dl_tensor.data, products, sizeof products) == 0);
  CHECK(memcmp(outputs[1]->dl_tensor.data, sums, sizeof sums) == 0);
  CHECK(memcmp(outputs[2]->dl_tensor.data, both, sizeof both) == 0);
  CHECK(tj_run(module, 0, inputs, 1, numbers, 2, outputs, 3, 0) == TJ_INVALID_ARGUMENT);
  CHECK(strcmp(tj_last_error(), "tj_run: several has 2 inputs, not 1") == 0 && !outputs[0]);
  tj_release(module);
}

int main(int count, char **arguments) {
  CHECK(count == 3);
  run_policy(arguments[1]);
  run_several(arguments[2]);
  printf("C %s\n", tj_version());
  return 0;
}
