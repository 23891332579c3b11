/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A plain C program that has nothing of libtracejit but libtracejit-rt.a: products of small
   integers, exact in every type and order, by each ISA level, alone and in a pool. */
#include "runtime/rt/rt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int failures;
static void expect(int fine, const char *what) {
  if (!fine && ++failures <= 20)
    printf("wrong: %s\n", what);
}

static int64_t value(int64_t i) { return (i * 7 + 3) % 13 - 6; }

static size_t item_bytes(int64_t dtype) {
  return dtype == TJ_RT1_I32 || dtype == TJ_RT1_F32 ? 4 : 8;
}
static void put(void *data, int64_t dtype, int64_t i, int64_t x) {
  switch (dtype) {
  case TJ_RT1_I32:
    ((int32_t *)data)[i] = (int32_t)x;
    break;
  case TJ_RT1_I64:
    ((int64_t *)data)[i] = x;
    break;
  case TJ_RT1_F32:
    ((float *)data)[i] = (float)x;
    break;
  default:
    ((double *)data)[i] = (double)x;
  }
}
static double get(const void *data, int64_t dtype, int64_t i) {
  switch (dtype) {
  case TJ_RT1_I32:
    return ((const int32_t *)data)[i];
  case TJ_RT1_I64:
    return (double)((const int64_t *)data)[i];
  case TJ_RT1_F32:
    return ((const float *)data)[i];
  default:
    return ((const double *)data)[i];
  }
}

struct part {
  void *c;
  int64_t dtype, m, n;
};
/* Adds 1 to every element of a part. */
static void add_one(void *context, int64_t batch, int64_t row, int64_t rows, int64_t column,
                    int64_t columns) {
  const struct part *part = context;
  for (int64_t i = row; i < row + rows; ++i)
    for (int64_t j = column; j < column + columns; ++j) {
      const int64_t at = (batch * part->m + i) * part->n + j;
      put(part->c, part->dtype, at, (int64_t)get(part->c, part->dtype, at) + 1);
    }
}

static void product(int64_t dtype, int64_t batch, int64_t m, int64_t n, int64_t k, int turned,
                    int whole_rows, void *pool, int32_t workers) {
  const int64_t words[] = {dtype,
                           m,
                           n,
                           k,
                           k,
                           1,
                           turned ? 1 : n,
                           turned ? k : 1,
                           n,
                           whole_rows,
                           batch == 1 ? 0 : 1,
                           batch,
                           m * k,
                           0,
                           m * n};
  const size_t item = item_bytes(dtype);
  void *a = malloc((size_t)(batch * m * k) * item + 1), *b = malloc((size_t)(k * n) * item + 1);
  void *c = malloc((size_t)(batch * m * n) * item + 1);
  const size_t bytes = tj_rt1_contract_scratch(words, workers);
  void *scratch = bytes ? aligned_alloc(64, (bytes + 63) / 64 * 64) : NULL;
  struct part part = {c, dtype, m, n};
  for (int64_t i = 0; i < batch * m * k; ++i)
    put(a, dtype, i, value(i));
  for (int64_t i = 0; i < k * n; ++i)
    put(b, dtype, i, value(3 * i + 1));
  memset(c, 0x5a, (size_t)(batch * m * n) * item);
  tj_rt1_contract(words, a, b, c, scratch, whole_rows >= 0 ? add_one : NULL, &part,
                  pool ? tj_rt1_run : NULL, pool, workers);
  for (int64_t row = 0; row < batch * m; ++row)
    for (int64_t j = 0; j < n; ++j) {
      double sum = whole_rows >= 0;
      for (int64_t l = 0; l < k; ++l)
        sum += get(a, dtype, row * k + l) * get(b, dtype, turned ? j * k + l : l * n + j);
      expect(get(c, dtype, row * n + j) == sum, "an element of a product");
    }
  free(scratch);
  free(c);
  free(b);
  free(a);
}

static void count(void *context, int64_t i) { ((int *)context)[i]++; }

int main(void) {
  static const int64_t dtypes[] = {TJ_RT1_F32, TJ_RT1_F64, TJ_RT1_I32, TJ_RT1_I64};
  static const int64_t shapes[][4] = {{1, 1, 1, 1},    {1, 0, 3, 2},     {1, 2, 3, 0},
                                      {3, 5, 7, 11},   {1, 65, 70, 800}, {2, 13, 97, 17},
                                      {1, 1, 130, 390}};
  void *pool = tj_rt1_pool_create(3);
  int calls[100] = {0};
  expect(pool != NULL, "a pool");
  tj_rt1_run(pool, 100, count, calls);
  for (int i = 0; i < 100; ++i)
    expect(calls[i] == 1, "each piece once");
  for (int level = 3; level <= 4; ++level) {
    if (level == 4 && !__builtin_cpu_supports("x86-64-v4"))
      break;
    tj_rt1_test_isa(level);
    for (size_t type = 0; type < sizeof dtypes / sizeof *dtypes; ++type)
      for (size_t i = 0; i < sizeof shapes / sizeof *shapes; ++i)
        for (int way = 0; way < 12; ++way) {
          const int64_t *shape = shapes[i];
          /* Epilogues are of floats. */
          const int whole_rows = dtypes[type] >= TJ_RT1_F32 ? way % 3 - 1 : -1;
          product(dtypes[type], shape[0], shape[1], shape[2], shape[3], way / 3 % 2, whole_rows,
                  way < 6 ? NULL : pool, way < 6 ? 1 : 3);
        }
  }
  tj_rt1_pool_destroy(pool);
  printf("%d wrong\n", failures);
  return failures != 0;
}
