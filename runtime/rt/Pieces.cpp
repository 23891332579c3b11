// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/rt/Pieces.h"

#include "runtime/kernels/Mxcsr.h"

namespace jit::rt {
namespace {

struct Work {
  void (*body)(void *, std::int64_t);
  void *context;
};

/// Threads are the caller's: what they compute with is put back.
void run_piece(void *context, std::int64_t piece) {
  const MxcsrGuard environment;
  const Work &work = *static_cast<const Work *>(context);
  work.body(work.context, piece);
}

} // namespace

void Caller::run(std::int64_t pieces, void (*body)(void *, std::int64_t),
                 void *context) const noexcept {
  if (parallel && pieces > 1) {
    Work work{body, context};
    return parallel(pool, pieces, run_piece, &work);
  }
  for (std::int64_t piece = 0; piece < pieces; ++piece)
    body(context, piece);
}

} // namespace jit::rt
