/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* libtracejit-rt.a, ABI 1: what files made by `tracec compile` link with when they hold a product
   or a step of the kernel library. It needs the C library and POSIX threads, nothing else. An
   object that was made for another ABI does not link: the number is part of every name, and what is
   declared here never changes.

   Descriptions are words: blocks of int64_t, usually constant. All functions are reentrant and may
   run on any number of threads at once. They allocate nothing, and the bits that they give depend
   neither on `par` nor on `workers`. Only memory of the tensors and of `scratch` is touched.
   Callers have seen that the processor is x86-64-v3 or better. Symbols are hidden: a shared library
   that links this shows nothing of it. */
#ifndef TRACEJIT_RT_H
#define TRACEJIT_RT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Element types as words. */
enum {
  TJ_RT1_BOOL = 0, /* one byte, 0 or 1 */
  TJ_RT1_I8 = 1,
  TJ_RT1_U8 = 2,
  TJ_RT1_I16 = 3,
  TJ_RT1_U16 = 4,
  TJ_RT1_I32 = 5,
  TJ_RT1_U32 = 6,
  TJ_RT1_I64 = 7,
  TJ_RT1_F16 = 8,  /* reserved */
  TJ_RT1_BF16 = 9, /* reserved */
  TJ_RT1_F32 = 10,
  TJ_RT1_F64 = 11
};

/* Kinds of numbers as words, and what lies in the 8 bytes of one. */
enum {
  TJ_RT1_NUMBER_BOOL = 0,  /* int64_t, 0 or 1 */
  TJ_RT1_NUMBER_INT = 1,   /* int64_t */
  TJ_RT1_NUMBER_FLOAT = 2, /* double */
};

/* Kinds of operands as words. */
enum { TJ_RT1_TENSOR = 0, TJ_RT1_NUMBER = 1 };

enum { TJ_RT1_MAX_RANK = 8 };

/* Calls piece(context, 0) ... piece(context, pieces - 1), each once, in any order, on any threads,
   and returns when all are done. A null `par` runs the pieces on the calling thread. Pieces set the
   floating-point environment that they need, and put back what was there. */
typedef void (*tj_parallel)(void *pool, int64_t pieces, void (*piece)(void *context, int64_t index),
                            void *context);

/* ---- Products: C[m,n] = sum over k of A[m,k] * B[k,n] ---------------------------------------- */

/* Called on each finished part of C, from the thread that made it; parts that run at the same time
   do not overlap. */
typedef void (*tj_rt1_epilogue)(void *context, int64_t batch, int64_t row, int64_t rows,
                                int64_t column, int64_t columns);

/* Words of a product: dtype, m, n, k, row stride of A, column stride of A, the same of B, row
   stride of C, -1 (no epilogue), 0 (an epilogue) or 1 (one that wants whole rows), r = count of
   batch axes, then r extents, r strides of A, r of B, r of C. Strides count elements and may be 0
   or negative, but the columns of C are contiguous and its rows do not overlap. C overlaps neither
   A nor B. */

/* Bytes of scratch for so many workers, which lies at a multiple of 64; 0: it may be null. */
size_t tj_rt1_contract_scratch(const int64_t *product, int32_t workers);

/* `workers` is what the scratch was asked for. `epilogue` is null iff the words say that there is
   none. Runs under the default floating-point environment, whatever the caller has set. */
void tj_rt1_contract(const int64_t *product, const void *a, const void *b, void *c, void *scratch,
                     tj_rt1_epilogue epilogue, void *context, tj_parallel par, void *pool,
                     int32_t workers);

/* ---- Other steps ------------------------------------------------------------------------------
 */

/* Words of a call: count of attribute words, these; count of operands, for each of them its kind,
   and of a tensor dtype, rank, extents, strides, of a number its kind; count of results, for each
   of them dtype, rank, extents (results are row-major without gaps).
   `operands` point to element [0, ..., 0] of a tensor, or to the 8 bytes of a number. Results
   overlap no operand but the first, and that one only where the op updates it in place. What has no
   elements may be null. Indices have been checked (tj_rt1_in_range). */

/* Every op of docs/ops.md that is no view has two functions by its name, and so has reshape, which
   copies. TJ_RT1_OP(take) declares those of take. */
#ifdef __cplusplus
#define TJ_RT1_C extern "C"
#else
#define TJ_RT1_C
#endif
#define TJ_RT1_OP(name)                                                                            \
  TJ_RT1_C size_t tj_rt1_scratch_##name(const int64_t *call, int32_t workers);                     \
  TJ_RT1_C void tj_rt1_##name(const int64_t *call, const void *const *operands,                    \
                              void *const *results, void *scratch, tj_parallel par, void *pool,    \
                              int32_t workers)

/* Whether every element of an integer tensor lies in [low, high]. Words of a tensor: dtype, rank,
   extents, strides. */
int32_t tj_rt1_in_range(const int64_t *tensor, const void *data, int64_t low, int64_t high);

/* Code that compiled kernels call for sin, cos and tan of large angles: f32, then f64. */
extern const void *const tj_rt1_outside[6];

/* ---- Constants in a file of their own ---------------------------------------------------------
 */

/* Words of a file of weights: bytes of data, then the 32 bytes of their SHA-256. The file has 4,096
   bytes of header (the text "TJWTS1\n", a 0, the words, zeros), then the data.

   Maps the file read-only and gives the address of the data, a multiple of 64; its pages are read
   as they are touched. NULL: it cannot be opened or mapped (errno says why), or is not the file
   that the words tell (EINVAL); the digest is compared with that of the header, the data are not
   read. */
const void *tj_rt1_weights_open(const int64_t *file, const char *path);
/* NULL is fine. */
void tj_rt1_weights_close(const int64_t *file, const void *data);

/* ---- A pool to pass as `par` and `pool` -------------------------------------------------------
 */

/* `threads` (1 to 64; more are 64) in all, with the one that calls; null if there is no memory, or
   `threads` is below 1. With fewer threads than asked for, if the system gives no more, work is
   shared by those there are. */
void *tj_rt1_pool_create(int32_t threads);
/* When nobody uses it. Null is fine. */
void tj_rt1_pool_destroy(void *pool);
/* A tj_parallel. Called while another thread uses the pool, or by a piece, it runs everything on
   the caller. */
void tj_rt1_run(void *pool, int64_t pieces, void (*piece)(void *context, int64_t index),
                void *context);

/* ---- For tests --------------------------------------------------------------------------------
 */

/* 3 or 4: run the kernels of x86-64-v3 or v4 from now on; 0: those of this processor. */
void tj_rt1_test_isa(int32_t level);

#ifdef __cplusplus
}
#endif

#endif
