// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Plain loops: integer sums are exact in any order, so only the order of memory matters.
#include "runtime/kernels/contract/Integer.h"

#include "runtime/base/WithDType.h"
#include "runtime/kernels/contract/Batch.h"
#include "runtime/kernels/contract/Plan.h"

#include <algorithm>
#include <cstdlib>

namespace jit {
namespace {

/// Sums and products of T in the unsigned type of its width, where overflow is defined.
template <class T> struct Wrapping {
  using Element = std::make_unsigned_t<T>;
  static Element step(Element sum, Element x, Element y) {
    // Not in int, in which a product of two u16 may overflow.
    return static_cast<Element>(sum + std::uint64_t{x} * y);
  }
};
struct AnyOfBoth {
  using Element = std::uint8_t;
  static Element step(Element sum, Element x, Element y) { return sum | (x & y); }
};

template <class Op> void contract_row(const ContractArgs &args, BatchOffsets at, std::int64_t row) {
  using T = typename Op::Element;
  const T *a = static_cast<const T *>(args.a) + at.a + row * args.a_row_stride;
  const T *b = static_cast<const T *>(args.b) + at.b;
  T *c = static_cast<T *>(args.c) + at.c + row * args.c_row_stride;
  const bool along_k = std::abs(args.b_row_stride) < std::abs(args.b_col_stride);
  std::fill_n(c, args.n, T(0));
  if (along_k) {
    for (std::int64_t j = 0; j < args.n; ++j)
      for (std::int64_t k = 0; k < args.k; ++k)
        c[j] = Op::step(c[j], a[k * args.a_col_stride],
                        b[k * args.b_row_stride + j * args.b_col_stride]);
    return;
  }
  for (std::int64_t k = 0; k < args.k; ++k) {
    const T x = a[k * args.a_col_stride];
    const T *from = b + k * args.b_row_stride;
    if (args.b_col_stride == 1)
      for (std::int64_t j = 0; j < args.n; ++j)
        c[j] = Op::step(c[j], x, from[j]);
    else
      for (std::int64_t j = 0; j < args.n; ++j)
        c[j] = Op::step(c[j], x, from[j * args.b_col_stride]);
  }
}

struct Job {
  const ContractArgs &args;
  EvenSplit rows; ///< of all matrices of the batch, one behind the other
};

template <class Op> void run_piece(void *context, std::int64_t piece) {
  const auto &[args, rows] = *static_cast<const Job *>(context);
  const std::int64_t begin = rows.begin(piece), end = begin + rows.size(piece);
  for (std::int64_t i = begin; i < end; ++i) {
    const std::int64_t entry = i / args.m, row = i % args.m;
    contract_row<Op>(args, batch_offsets(args.batch, entry), row);
    if (args.epilogue.run)
      args.epilogue.run(args.epilogue.context, entry, row, 1, 0, args.n);
  }
}

} // namespace

void contract_integers(const ContractArgs &args, const Parallel &parallel) {
  const std::int64_t rows = batch_size(args.batch) * args.m;
  const double work = static_cast<double>(rows) * static_cast<double>(args.n) *
                      static_cast<double>(std::max<std::int64_t>(args.k, 1));
  const auto worth = static_cast<std::int64_t>(std::min(work / (1 << 14), 1e6));
  const std::int64_t pieces = std::clamp<std::int64_t>(worth, 1, std::min(rows, parallel.workers));
  Job job{args, EvenSplit(rows, pieces)};
  const auto body = with_dtype(args.dtype, []<class T>(std::type_identity<T>) {
    if constexpr (std::integral<T> && !std::same_as<T, bool>)
      return &run_piece<Wrapping<T>>;
    else
      return &run_piece<AnyOfBoth>;
  });
  if (pieces > 1)
    parallel.run(parallel.pool, static_cast<std::uint64_t>(work), pieces, body, &job);
  else
    body(&job, 0);
}

} // namespace jit
