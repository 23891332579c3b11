/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
#pragma once

#ifdef __cplusplus
extern "C" {
#endif

/* Enables the compiler, runs a traced loop and prints what became of it, one fact a line: compiler,
   message, compiled, bits. 0 if nothing was thrown. */
int consumer_work(void);

#ifdef __cplusplus
}
#endif
