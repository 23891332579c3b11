/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* ABI 1 of libtracejit-c and libtracejit-rt, frozen: what is written here never changes, whatever
   the headers say. Functions are declared again, so that another type does not compile; sizes,
   places and numbers are asserted; and a bundle, a product and a call are given as programs give
   them that were built with the first headers. abi1 BUNDLE   (of the trace in abi.py) */
#include <tracejit/c.h>
#include <tracejit/dlpack_abi.h>

#include "runtime/rt/rt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- libtracejit-c ---- */

const char *tj_version(void);
const char *tj_last_error(void);
int tj_enable_compiler(void);
int tj_set_threads(int32_t);
int tj_synchronize(void);
int tj_load(const char *, uint32_t, const char *, struct tj_module **);
void tj_retain(struct tj_module *);
void tj_release(struct tj_module *);
int tj_function(const struct tj_module *, const char *, int32_t *);
int tj_describe(const struct tj_module *, char *, size_t, size_t *);
int tj_run(const struct tj_module *, int32_t, struct DLManagedTensorVersioned *const *, size_t,
           const uint64_t *, size_t, struct DLManagedTensorVersioned **, size_t, uint32_t);
void tj_tensor_release(struct DLManagedTensorVersioned *);
int tj_memory(int32_t, int64_t *);

#define IS(what, value) _Static_assert((what) == (value), #what " is " #value " in ABI 1")
IS(TJ_OK, 0);
IS(TJ_INVALID_ARGUMENT, 1);
IS(TJ_UNSUPPORTED, 2);
IS(TJ_OUT_OF_MEMORY, 3);
IS(TJ_DEVICE, 4);
IS(TJ_IO, 5);
IS(TJ_INTERNAL, 6);
IS(TJ_NO_CODE, 1);
IS(TJ_REQUIRE_CODE, 2);
IS(TJ_VERIFY, 4);
IS(TJ_GIVE_INPUTS, 1);
IS(TJ_MEMORY_LIVE, 0);
IS(TJ_MEMORY_CACHED, 1);
IS(TJ_MEMORY_PEAK, 2);

#define AT(type, field, place) IS(offsetof(type, field), place)
IS(sizeof(DLDataType), 4);
AT(DLDataType, code, 0);
AT(DLDataType, bits, 1);
AT(DLDataType, lanes, 2);
IS(sizeof(DLDevice), 8);
AT(DLDevice, device_type, 0);
AT(DLDevice, device_id, 4);
IS(sizeof(DLTensor), 48);
AT(DLTensor, data, 0);
AT(DLTensor, device, 8);
AT(DLTensor, ndim, 16);
AT(DLTensor, dtype, 20);
AT(DLTensor, shape, 24);
AT(DLTensor, strides, 32);
AT(DLTensor, byte_offset, 40);
IS(sizeof(DLManagedTensorVersioned), 80);
AT(DLManagedTensorVersioned, version, 0);
AT(DLManagedTensorVersioned, manager_ctx, 8);
AT(DLManagedTensorVersioned, deleter, 16);
AT(DLManagedTensorVersioned, flags, 24);
AT(DLManagedTensorVersioned, dl_tensor, 32);
IS(DLPACK_MAJOR_VERSION, 1);
IS(DLPACK_FLAG_BITMASK_READ_ONLY, 1);
IS(kDLCPU, 1);
IS(kDLInt, 0);
IS(kDLUInt, 1);
IS(kDLFloat, 2);
IS(kDLBool, 6);

/* ---- libtracejit-rt ---- */

size_t tj_rt1_contract_scratch(const int64_t *, int32_t);
void tj_rt1_contract(const int64_t *, const void *, const void *, void *, void *,
                     void (*)(void *, int64_t, int64_t, int64_t, int64_t, int64_t), void *,
                     void (*)(void *, int64_t, void (*)(void *, int64_t), void *), void *, int32_t);
int32_t tj_rt1_in_range(const int64_t *, const void *, int64_t, int64_t);
extern const void *const tj_rt1_outside[6];
void *tj_rt1_pool_create(int32_t);
void tj_rt1_pool_destroy(void *);
void tj_rt1_run(void *, int64_t, void (*)(void *, int64_t), void *);
TJ_RT1_OP(take);
size_t tj_rt1_scratch_take(const int64_t *, int32_t);
void tj_rt1_take(const int64_t *, const void *const *, void *const *, void *,
                 void (*)(void *, int64_t, void (*)(void *, int64_t), void *), void *, int32_t);

IS(TJ_RT1_BOOL, 0);
IS(TJ_RT1_I8, 1);
IS(TJ_RT1_U8, 2);
IS(TJ_RT1_I16, 3);
IS(TJ_RT1_U16, 4);
IS(TJ_RT1_I32, 5);
IS(TJ_RT1_U32, 6);
IS(TJ_RT1_I64, 7);
IS(TJ_RT1_F16, 8);
IS(TJ_RT1_BF16, 9);
IS(TJ_RT1_F32, 10);
IS(TJ_RT1_F64, 11);
IS(TJ_RT1_NUMBER_BOOL, 0);
IS(TJ_RT1_NUMBER_INT, 1);
IS(TJ_RT1_NUMBER_FLOAT, 2);
IS(TJ_RT1_TENSOR, 0);
IS(TJ_RT1_NUMBER, 1);
IS(TJ_RT1_MAX_RANK, 8);

/* ---- Programs ---- */

static void expect(int fine, const char *what) {
  if (!fine) {
    fprintf(stderr, "not as in ABI 1: %s; %s\n", what, tj_last_error());
    exit(1);
  }
}

static void *scratch_of(size_t bytes) {
  return bytes ? aligned_alloc(64, (bytes + 63) / 64 * 64) : NULL;
}

static void run_bundle(const char *path) {
  double x[3] = {1, 2, 4};
  int64_t shape[1] = {3};
  DLManagedTensorVersioned input;
  memset(&input, 0, sizeof input);
  input.version.major = 1;
  input.dl_tensor.data = x;
  input.dl_tensor.device.device_type = 1;
  input.dl_tensor.ndim = 1;
  input.dl_tensor.dtype.code = 2;
  input.dl_tensor.dtype.bits = 64;
  input.dl_tensor.dtype.lanes = 1;
  input.dl_tensor.shape = shape;
  DLManagedTensorVersioned *inputs[1] = {&input}, *outputs[2] = {NULL, NULL};
  const double rate = 0.5;
  uint64_t numbers[3] = {0, (uint64_t)-3, 1};
  memcpy(numbers, &rate, sizeof rate);
  struct tj_module *module = NULL;
  int32_t function = -1;
  expect(tj_load(path, 0, NULL, &module) == 0, "tj_load");
  expect(tj_function(module, "frozen", &function) == 0 && function == 0, "tj_function");
  expect(tj_run(module, 0, inputs, 1, numbers, 3, outputs, 2, 0) == 0, "tj_run");
  const double scaled[3] = {0.5, 1, 2}, moved[3] = {-2, -1, 1};
  expect(memcmp(outputs[0]->dl_tensor.data, scaled, sizeof scaled) == 0, "a float as 8 bytes");
  expect(memcmp(outputs[1]->dl_tensor.data, moved, sizeof moved) == 0, "an integer as 8 bytes");
  expect(outputs[0]->flags == 1 && outputs[0]->dl_tensor.ndim == 1, "an output");
  numbers[2] = 2;
  DLManagedTensorVersioned *none[2];
  expect(tj_run(module, 0, inputs, 1, numbers, 3, none, 2, 0) == 1 && !none[0],
         "a bool as 8 bytes");
  expect(tj_load("", 0, NULL, &module) == 5 && !module, "a file that is missing");
  tj_tensor_release(outputs[0]);
  outputs[1]->deleter(outputs[1]);
}

static void plus_one(void *context, int64_t batch, int64_t row, int64_t rows, int64_t column,
                     int64_t columns) {
  for (int64_t i = row; i < row + rows; ++i)
    for (int64_t j = column; j < column + columns; ++j)
      ((float *)context)[batch * 4 + i * 2 + j] += 1;
}

/* Two batches of [2,3] times a transposed [2,3], which is the same for both. */
static void run_product(void) {
  const int64_t words[18] = {10, 2, 2, 3, 3, 1, 1, 3, 2, 0, 1, 2, 6, 0, 4};
  const float a[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, b[6] = {1, 0, 1, 0, 1, 0};
  const float wanted[8] = {5, 3, 11, 6, 17, 9, 23, 12};
  float c[8] = {0};
  void *pool = tj_rt1_pool_create(2);
  for (int32_t workers = 1; workers < 3; ++workers) {
    void *scratch = scratch_of(tj_rt1_contract_scratch(words, workers));
    memset(c, 0, sizeof c);
    tj_rt1_contract(words, a, b, c, scratch, plus_one, c, workers > 1 ? tj_rt1_run : NULL, pool,
                    workers);
    expect(memcmp(c, wanted, sizeof c) == 0, "words of a product");
    free(scratch);
  }
  tj_rt1_pool_destroy(pool);
}

/* take(f64[3] with stride -2, i64[2], axis=0). */
static void run_call(void) {
  const int64_t words[13] = {1, 0, 2, 0, 11, 1, 3, -2, 0, 7, 1, 2, 1};
  const int64_t rest[] = {1, 11, 1, 2};
  int64_t call[17];
  memcpy(call, words, sizeof words);
  memcpy(call + 13, rest, sizeof rest);
  const double x[5] = {1, 2, 3, 4, 5};
  const int64_t places[2] = {2, 0}, tensor[4] = {7, 1, 2, 1};
  expect(tj_rt1_in_range(tensor, places, 0, 2) == 1 && tj_rt1_in_range(tensor, places, 1, 2) == 0,
         "words of a tensor");
  double y[2] = {0, 0};
  const void *operands[2] = {x + 4, places};
  void *results[1] = {y};
  void *scratch = scratch_of(tj_rt1_scratch_take(call, 1));
  tj_rt1_take(call, operands, results, scratch, NULL, NULL, 1);
  expect(y[0] == 1 && y[1] == 5, "words of a call");
  free(scratch);
}

int main(int argc, char **argv) {
  expect(argc == 2, "the arguments");
  run_bundle(argv[1]);
  run_product();
  run_call();
  return 0;
}
