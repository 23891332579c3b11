// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Products.
#include "runtime/kernels/contract/Contract.h"

#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/Mxcsr.h"
#include "runtime/kernels/contract/Weights.h"
#include "runtime/rt/Pieces.h"
#include "runtime/rt/Words.h"

#include <algorithm>

namespace jit {

// Nothing is kept between calls: who compiles a product packs constant operands beforehand.
bool wants_packed(const ContractPlan &, const ContractArgs &) { return false; }
const PackedMatrix *packed_weights(Storage &, const ContractPlan &, const ContractArgs &,
                                   const Parallel &) {
  return nullptr;
}

namespace rt {
namespace {

void no_epilogue(void *, std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t) {}

/// With an epilogue that does nothing, if there is one.
ContractArgs args_of(const std::int64_t *product) noexcept {
  ContractArgs args;
  int whole_rows = -1;
  WordReader reader(product);
  pass_product(reader, args, whole_rows);
  args.epilogue.run = whole_rows >= 0 ? no_epilogue : nullptr;
  args.epilogue.whole_rows = whole_rows > 0;
  return args;
}

void run_pieces(void *pool, std::uint64_t, std::int64_t pieces, void (*body)(void *, std::int64_t),
                void *context) {
  static_cast<const Caller *>(pool)->run(pieces, body, context);
}

Parallel parallel_by(Caller &caller, std::int32_t workers) noexcept {
  return {run_pieces, &caller, std::max(workers, 1)};
}

} // namespace
} // namespace rt
} // namespace jit

using namespace jit;
using namespace jit::rt;

std::size_t tj_rt1_contract_scratch(const std::int64_t *product, std::int32_t workers) {
  Caller caller{};
  return contract_scratch_bytes(args_of(product), active_isa(), parallel_by(caller, workers));
}

void tj_rt1_contract(const std::int64_t *product, const void *a, const void *b, void *c,
                     void *scratch, tj_rt1_epilogue epilogue, void *context, tj_parallel par,
                     void *pool, std::int32_t workers) {
  const MxcsrGuard environment;
  ContractArgs args = args_of(product);
  args.a = a;
  args.b = b;
  args.c = c;
  args.scratch = scratch;
  if (args.epilogue.run) {
    args.epilogue.run = epilogue;
    args.epilogue.context = context;
  }
  Caller caller{par, pool};
  contract(args, active_isa(), parallel_by(caller, workers));
}
