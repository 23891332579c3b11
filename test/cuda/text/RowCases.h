// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Nests with rows for tests. Rows lie one behind the other or, if the order of reductions is
// `outer`, side by side.
#pragma once

#include "test/cuda/text/NestCase.h"

namespace jit::gpu::test {

/// Every reduction that floats have, in one pass.
Case all_of_floats(DType dtype, bool outer, std::int64_t rows, std::int64_t n, Fill fill);
/// Every reduction that integers and truths have.
Case all_of_integers(DType dtype, bool outer, std::int64_t rows, std::int64_t n);
/// Few reductions, so that blocks of long rows are large.
Case sum_and_max(DType dtype, bool outer, std::int64_t rows, std::int64_t n);
/// Sums of f32 and of f64, whose chunks have 64 and 32 chains, of one pass.
Case mixed(std::int64_t rows, std::int64_t n);
Case softmax(DType dtype, bool keeps, bool outer, std::int64_t rows, std::int64_t n, Fill fill);
/// x - max - log(sum(exp(x - max))) of x + bias, whose rows end in numbers of their own.
Case log_softmax(std::int64_t rows, std::int64_t n);
Case layer_norm(DType dtype, bool outer, std::int64_t rows, std::int64_t n, Fill fill);
/// Rows of a table that indices name, some of them left out, summed; and one index a row.
Case gathered(std::int64_t rows, std::int64_t n, std::int64_t extent);
/// The greatest of windows of 3 x 3, and where; beside them their sum.
Case windows(std::int64_t images, std::int64_t side);
/// Two row axes that memory walks in the other order.
Case two_row_axes(bool outer);
/// No axis is left: all of x, from behind, weighted by its place and a number.
Case rank_0(DType dtype, std::int64_t n);

} // namespace jit::gpu::test
