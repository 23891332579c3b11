/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A C program that has kernels of an installed package and nothing else of tracejit. */
#include <tracejit/rt.h>

#include <stdio.h>

TJ_RT1_OP(take);

int main(void) {
  /* f32[2,2] times f32[2,2] */
  static const int64_t product[] = {TJ_RT1_F32, 2, 2, 2, 2, 1, 2, 1, 2, -1, 0};
  static const float a[] = {1, 2, 3, 4}, b[] = {5, 6, 7, 8};
  float c[4];
  tj_rt1_contract(product, a, b, c, NULL, NULL, NULL, NULL, NULL, 1);
  printf("kernels: %g %g %g %g", c[0], c[1], c[2], c[3]);

  /* take(f32[3], i64[2], axis=0) */
  static const int64_t index_words[] = {TJ_RT1_I64, 1, 2, 1};
  static const int64_t take[] = {1,
                                 0, /* axis */
                                 2,
                                 TJ_RT1_TENSOR,
                                 TJ_RT1_F32,
                                 1,
                                 3,
                                 1, /* operands */
                                 TJ_RT1_TENSOR,
                                 TJ_RT1_I64,
                                 1,
                                 2,
                                 1, /* the places */
                                 1,
                                 TJ_RT1_F32,
                                 1,
                                 2}; /* result */
  static const float x[] = {10, 20, 30};
  static const int64_t index[] = {2, 0};
  float y[2] = {0, 0};
  const void *operands[] = {x, index};
  void *results[] = {y};
  if (tj_rt1_in_range(index_words, index, 0, 2))
    tj_rt1_take(take, operands, results, NULL, NULL, NULL, 1);
  printf(" %g %g\n", y[0], y[1]);
  return tj_rt1_contract_scratch(product, 1) != 0 || tj_rt1_scratch_take(take, 1) != 0;
}
