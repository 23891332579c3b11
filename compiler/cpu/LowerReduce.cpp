// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions along a row and across rows, in the canonical orders of docs/numerics.md.
#include "compiler/cpu/Element.h"
#include "compiler/cpu/Lowering.h"
#include "runtime/base/SeededBugs.h"
#include "runtime/base/WithDType.h"
#include "runtime/kernels/ThreadPool.h"
#include "runtime/scalar/Orders.h"
#include "runtime/scalar/Storage.h"

#include <limits>

namespace jit::cpu {
namespace {

/// state[j] holds the partial result (j + turns) mod n: puts it back to place j.
ir::Values turned_back(const ir::Values &state, std::int64_t turns) {
  ir::Values fixed(state.size());
  for (std::size_t j = 0; j < state.size(); ++j)
    fixed[(j + static_cast<std::size_t>(turns)) % state.size()] = state[j];
  return fixed;
}

void turn(ir::Values &state) { std::rotate(state.begin(), state.begin() + 1, state.end()); }

} // namespace

bool Lowering::along() const { return !schedule.lanes_are_rows(); }
bool Lowering::keeps_terms(const Chain &chain) const {
  return schedule.kind == Schedule::across && chain.ordered();
}
std::int64_t Lowering::chunk_points() const {
  const std::int64_t points = along() ? inner_chunk : outer_block;
  const bool longer =
      planted(SeededBug::chunk_by_threads) && schedule.parts == 0 && threads_now() > 1;
  return longer ? 2 * points : points;
}
std::int64_t Lowering::part_lanes() const { return along() ? 1 : schedule.lanes; }

/// The vectors of some chains in one list, as loops carry them.
static ir::Values gather_states(llvm::ArrayRef<Chain *> chains) {
  ir::Values all;
  for (const Chain *chain : chains)
    all.append(chain->state.begin(), chain->state.end());
  return all;
}

static void scatter_states(const ir::Values &all, llvm::ArrayRef<Chain *> chains) {
  std::size_t k = 0;
  for (Chain *chain : chains)
    for (llvm::Value *&value : chain->state)
      value = all[k++];
}

/// The least and the greatest number of bool or of an integer dtype.
struct Limits {
  std::int64_t least, most;
};
static Limits limits_of(DType dtype) {
  return with_dtype(dtype, []<class T>(std::type_identity<T>) -> Limits {
    if constexpr (std::integral<T>)
      return {std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
    else
      return {};
  });
}

llvm::Value *Lowering::neutral(ReduceKind kind, DType dtype) {
  auto real = [&](double x) { return llvm::ConstantFP::get(vector_type(dtype), x); };
  auto whole = [&](std::int64_t x) {
    return llvm::ConstantInt::get(vector_type(dtype), static_cast<std::uint64_t>(x));
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  switch (kind) {
  case ReduceKind::sum:
  case ReduceKind::varmean:
    return is_float(dtype) ? real(-0.0) : whole(0);
  case ReduceKind::prod:
    return is_float(dtype) ? real(1.0) : whole(1);
  case ReduceKind::max:
  case ReduceKind::argmax:
    if (is_float(dtype))
      return real(-infinity);
    return whole(limits_of(dtype).least);
  case ReduceKind::min:
  case ReduceKind::argmin:
    if (is_float(dtype))
      return real(infinity);
    return whole(limits_of(dtype).most);
  case ReduceKind::any:
    return whole(0);
  case ReduceKind::all:
    return whole(1);
  }
  return nullptr;
}

llvm::Value *Lowering::combine(const Chain &chain, llvm::Value *x, llvm::Value *y) {
  switch (chain.kind) {
  case ReduceKind::sum:
  case ReduceKind::varmean:
    return is_float(chain.dtype) ? b.CreateFAdd(x, y)
                                 : apply_normalise(e, chain.dtype, b.CreateAdd(x, y));
  case ReduceKind::prod:
    return is_float(chain.dtype) ? b.CreateFMul(x, y)
                                 : apply_normalise(e, chain.dtype, b.CreateMul(x, y));
  case ReduceKind::max:
    if (planted(SeededBug::nan_loses) && is_float(chain.dtype))
      return b.CreateMaxNum(x, y);
    return apply_maximum(e, chain.dtype, x, y);
  case ReduceKind::min:
    return apply_minimum(e, chain.dtype, x, y);
  case ReduceKind::any:
    return b.CreateOr(x, y);
  case ReduceKind::all:
    return b.CreateAnd(x, y);
  case ReduceKind::argmax:
  case ReduceKind::argmin:
    break; // pairs: beats
  }
  return nullptr;
}

/// Vectors of partial results that the order demands, or that hide the latency of `combine`.
unsigned Lowering::chain_vectors(const Chain &chain) const {
  if (keeps_terms(chain))
    return 0;
  if (chain.ordered())
    return along() ? inner_lanes(itemsize(chain.dtype)) / schedule.lanes : outer_chains;
  if (finds_winner(chain.kind) && !along())
    return 1;
  const std::int64_t points = along() ? schedule.lane_points / schedule.lanes : nest.row_points();
  return std::min(loop.accumulators,
                  llvm::bit_floor(static_cast<unsigned>(std::clamp<std::int64_t>(points, 1, 64))));
}

void Lowering::reset(Chain &chain) {
  const unsigned vectors = chain_vectors(chain);
  if (keeps_terms(chain) && !chain.terms)
    chain.terms = stack_array(element_type(chain.dtype), nest.row_points() * schedule.lanes);
  chain.state.assign(vectors, neutral(chain.kind, chain.dtype));
  if (!finds_winner(chain.kind))
    return;
  // The index of what a lane sees first: right if nothing beats the neutral element, and behind the
  // end if there is no such lane.
  for (unsigned k = 0; k < vectors; ++k)
    chain.state.push_back(best_index(chain, along() ? number(k * schedule.lanes) : number(0)));
}

/// The index of each lane of a vector at `place`, as wide as the values where that will do.
llvm::Value *Lowering::best_index(const Chain &chain, llvm::Value *place) {
  constexpr std::int64_t most = INT32_MAX - 4096; // lanes that do not exist have one too
  const bool small = itemsize(scalar::lane_dtype(chain.dtype)) < 8 && nest.row_points() <= most;
  llvm::Type *type = small ? b.getInt32Ty() : b.getInt64Ty();
  llvm::Value *index = e.splat(b.CreateTrunc(place, type));
  return along() ? b.CreateAdd(index, b.CreateZExt(iota(), e.type(type))) : index;
}

/// Lanes moved down by `distance`.
static llvm::Value *shifted(llvm::IRBuilder<> &b, llvm::Value *x, unsigned lanes,
                            unsigned distance) {
  llvm::SmallVector<int, 16> mask(lanes, -1);
  for (unsigned lane = 0; lane < distance; ++lane)
    mask[lane] = static_cast<int>(lane + distance);
  return b.CreateShuffleVector(x, mask);
}

/// Whether (y, j) beats (x, i): NaN wins, then the greater number, or the smaller for argmin, then
/// the smaller index.
llvm::Value *Lowering::beats(const Chain &chain, llvm::Value *x, llvm::Value *i, llvm::Value *y,
                             llvm::Value *j) {
  const DType dtype = chain.dtype;
  const bool largest = chain.kind == ReduceKind::argmax;
  llvm::Value *big = largest ? y : x, *small = largest ? x : y;
  llvm::Value *first = b.CreateICmpSLT(j, i);
  if (planted(SeededBug::ties_take_later))
    first = b.CreateNot(first);
  if (!is_float(dtype)) {
    llvm::Value *greater =
        is_integer(dtype) ? b.CreateICmpSGT(big, small) : b.CreateICmpUGT(big, small);
    return b.CreateOr(greater, b.CreateAnd(b.CreateICmpEQ(y, x), first));
  }
  llvm::Value *x_nan = b.CreateFCmpUNO(x, x), *y_nan = b.CreateFCmpUNO(y, y);
  llvm::Value *tie = b.CreateOr(b.CreateFCmpOEQ(y, x), b.CreateAnd(x_nan, y_nan));
  llvm::Value *greater =
      b.CreateOr(b.CreateFCmpOGT(big, small), b.CreateAnd(y_nan, b.CreateNot(x_nan)));
  return b.CreateOr(greater, b.CreateAnd(tie, first));
}

/// A lane sees its elements in order, so the first of equal ones is there already.
void Lowering::step_winner(Chain &chain, llvm::Value *x, Point &at) {
  const std::size_t vectors = chain.state.size() / 2;
  llvm::Value *&best = chain.state[0], *&place = chain.state[vectors];
  const bool later = planted(SeededBug::ties_take_later);
  const bool largest = chain.kind == ReduceKind::argmax;
  llvm::Value *big = largest ? x : best, *small = largest ? best : x;
  llvm::Value *wins = nullptr;
  if (is_float(chain.dtype)) // a number that wins, or a NaN; nothing beats a NaN
    wins = b.CreateAnd(later ? b.CreateFCmpUGE(big, small) : b.CreateFCmpUGT(big, small),
                       b.CreateFCmpORD(best, best));
  else if (is_integer(chain.dtype))
    wins = later ? b.CreateICmpSGE(big, small) : b.CreateICmpSGT(big, small);
  else
    wins = later ? b.CreateICmpUGE(big, small) : b.CreateICmpUGT(big, small);
  if (at.mask)
    wins = b.CreateAnd(wins, at.mask);
  best = b.CreateSelect(wins, x, best);
  place = b.CreateSelect(wins, best_index(chain, along() ? at.index : at.row), place);
  std::rotate(chain.state.begin(), chain.state.begin() + 1, chain.state.begin() + vectors);
  std::rotate(chain.state.begin() + vectors, chain.state.begin() + vectors + 1, chain.state.end());
}

/// The best of all vectors, then of all lanes.
llvm::Value *Lowering::finish_winner(const Chain &chain) {
  ir::Values state = chain.state;
  const std::size_t vectors = state.size() / 2;
  const auto take_better = [&](std::size_t k, llvm::Value *y, llvm::Value *j) {
    llvm::Value *&x = state[k], *&i = state[k + vectors];
    llvm::Value *wins = beats(chain, x, i, y, j);
    x = b.CreateSelect(wins, y, x);
    i = b.CreateSelect(wins, j, i);
  };
  scalar::fold_by_halves(vectors, [&](std::size_t k, std::size_t other) {
    take_better(k, state[other], state[other + vectors]);
  });
  for (unsigned h = schedule.lanes / 2; along() && h > 0; h /= 2)
    take_better(0, shifted(b, state[0], schedule.lanes, h),
                shifted(b, state[vectors], schedule.lanes, h));
  llvm::Value *index = b.CreateSExt(state[vectors], vector_type(DType::i64));
  return along()
             ? b.CreateVectorSplat(schedule.lanes, b.CreateExtractElement(index, std::uint64_t{0}))
             : index;
}

void Lowering::step(Chain &chain, llvm::Value *x, Point &at) {
  if (finds_winner(chain.kind)) {
    step_winner(chain, x, at);
    return;
  }
  llvm::Value *before = keeps_terms(chain) ? neutral(chain.kind, chain.dtype) : chain.state[0];
  llvm::Value *after = nullptr;
  if (chain.kind == ReduceKind::varmean) {
    after = with_lanes(chain.dtype, [&]<class V>(V) {
      return scalar::add_deviation(e, V{before}, V{x}, V{chain.mean}).v;
    });
  } else {
    after = combine(chain, before, x);
  }
  if (keeps_terms(chain))
    return store_vector(after, term_place(chain, at.row), nullptr, false);
  // Across rows the lanes are independent, and those that do not exist do no harm.
  const bool masked = at.mask && along() && !planted(SeededBug::masked_lanes_leak);
  chain.state[0] = masked ? b.CreateSelect(at.mask, after, before) : after;
  turn(chain.state);
}

void Lowering::fold(const Chain &chain, ir::Values &values) {
  scalar::fold_by_halves(values.size(), [&](std::size_t k, std::size_t other) {
    values[k] = combine(chain, values[k], values[other]);
  });
}

/// Where the terms of a point of the row are, a lane a row.
llvm::Value *Lowering::term_place(const Chain &chain, llvm::Value *point) {
  return b.CreateGEP(element_type(chain.dtype), chain.terms,
                     b.CreateMul(point, number(schedule.lanes)));
}

/// The tree of order `inner` over what was kept.
llvm::Value *Lowering::fold_terms(const Chain &chain) {
  ir::Values terms;
  const auto points = static_cast<std::size_t>(nest.row_points());
  for (std::size_t k = 0; k < points; ++k)
    terms.push_back(load_vector(element_type(chain.dtype),
                                term_place(chain, number(static_cast<std::int64_t>(k))), nullptr));
  fold(chain, terms);
  return terms[0];
}

/// One result from the partial ones: those of vectors, then those of lanes along a row.
llvm::Value *Lowering::finish(const Chain &chain) {
  if (finds_winner(chain.kind))
    return finish_winner(chain);
  if (keeps_terms(chain))
    return fold_terms(chain);
  ir::Values state = chain.state;
  fold(chain, state);
  llvm::Value *x = state[0];
  if (!along())
    return x;
  for (unsigned h = schedule.lanes / 2; h > 0; h /= 2)
    x = combine(chain, x, shifted(b, x, schedule.lanes, h));
  return b.CreateVectorSplat(schedule.lanes, b.CreateExtractElement(x, std::uint64_t{0}));
}

/// Points [from, to) of a row: whole steps, then what is left.
void Lowering::emit_span(llvm::Value *from, llvm::Value *to, llvm::ArrayRef<Chain *> chains,
                         Body body) {
  std::int64_t width = along() ? schedule.lanes : 1;
  std::int64_t points = along() ? schedule.lane_points : nest.row_points();
  std::int64_t unroll = 1;
  for (const Chain *chain : chains)
    unroll = std::max<std::int64_t>(unroll, chain_vectors(*chain));
  unroll = std::min<std::int64_t>(unroll, loop.copies);

  auto walk = [&](llvm::Value *begin, llvm::Value *end, std::int64_t bodies, bool masked) {
    ir::Values carried = gather_states(chains);
    ir::loop(b, begin, end, bodies * width, carried, [&](llvm::Value *i) {
      scatter_states(carried, chains);
      for (std::int64_t k = 0; k < bodies; ++k) {
        llvm::Value *place = k == 0 ? i : b.CreateAdd(i, number(k * width));
        Point at;
        at.index = along() ? place : unit.index;
        at.mask = !along() ? unit.mask : masked ? tail_mask(place, to) : nullptr;
        at.row = along() ? nullptr : place;
        body(at);
      }
      carried = gather_states(chains);
    });
    scatter_states(carried, chains);
  };

  // Tiles of C consist of whole vectors, unless the matrix ends in a part of one.
  bool any_range =
      schedule.kind == Schedule::epilogue && (points % width != 0 || schedule.whole_rows > 0);
  bool ragged = along() && (any_range || points % width != 0);
  // One masked body, unless stores past the caches are wanted, which know no mask, or few of the
  // vectors of a tile would need it.
  bool mostly_whole = any_range && points >= 4 * width;
  bool single = loop.heavy && !mostly_whole && !(ragged && schedule.stream);
  if (single)
    unroll = 1; // the mask is that of one vector
  if ((!any_range && points % (unroll * width) == 0) || single) {
    walk(from, to, unroll, ragged);
    return;
  }
  llvm::Value *rest = b.CreateURem(b.CreateSub(to, from), number(unroll * width));
  llvm::Value *whole = b.CreateSub(to, rest);
  walk(from, whole, unroll, false);
  walk(whole, to, 1, ragged);
}

/// One chunk: resets the ordered chains, walks, and leaves every vector in its place. The chunk has
/// `last` points if `is_last` holds (null: it does), else a whole number of turns.
void Lowering::emit_chunk(llvm::Value *first, llvm::Value *end, llvm::Value *is_last,
                          std::int64_t last, llvm::ArrayRef<Chain *> chains, Body body) {
  std::int64_t width = along() ? schedule.lanes : 1;
  for (Chain *chain : chains)
    if (chain->ordered())
      reset(*chain);
  emit_span(first, end, chains, body);
  for (Chain *chain : chains) {
    if (!chain->ordered() || keeps_terms(*chain))
      continue;
    std::int64_t vectors = static_cast<std::int64_t>(chain->state.size());
    std::int64_t turns = (last + width - 1) / width % vectors;
    if (turns == 0)
      continue;
    ir::Values fixed = turned_back(chain->state, turns);
    for (std::size_t j = 0; j < fixed.size(); ++j)
      chain->state[j] = is_last ? b.CreateSelect(is_last, fixed[j], chain->state[j]) : fixed[j];
  }
}

/// Reductions over one walk of the row, in chunks if one of them asks for that. Returns their
/// results.
ir::Values Lowering::emit_chunks(llvm::Value *from, llvm::Value *to, std::int64_t points,
                                 llvm::ArrayRef<Chain *> chains, Body body) {
  std::int64_t chunk = chunk_points();
  llvm::SmallVector<Chain *, 4> ordered, free;
  for (Chain *chain : chains) {
    reset(*chain);
    (chain->ordered() ? ordered : free).push_back(chain);
  }
  llvm::SmallVector<llvm::Value *, 4> parts(chains.size());
  std::int64_t count = (points + chunk - 1) / chunk, last = points - (count - 1) * chunk;
  if (ordered.empty() || count <= 1) {
    emit_chunk(from, to, nullptr, last, chains, body);
  } else {
    for (std::size_t k = 0; k < chains.size(); ++k)
      if (chains[k]->ordered())
        parts[k] = scratch(static_cast<std::size_t>((count + 1) * part_lanes() + schedule.lanes) *
                           itemsize(chains[k]->dtype));
    ir::Values carried = gather_states(free);
    ir::loop(b, number(0), number(count), 1, carried, [&](llvm::Value *part) {
      scatter_states(carried, free);
      llvm::Value *first = b.CreateMul(part, number(chunk));
      llvm::Value *full = b.CreateAdd(first, number(chunk));
      llvm::Value *end = b.CreateBinaryIntrinsic(llvm::Intrinsic::smin, full, number(points));
      emit_chunk(first, end, b.CreateICmpEQ(part, number(count - 1)), last, chains, body);
      for (std::size_t k = 0; k < chains.size(); ++k)
        if (parts[k])
          store_part(finish(*chains[k]), chains[k]->dtype, parts[k], part);
      carried = gather_states(free);
    });
    scatter_states(carried, free);
  }
  ir::Values results;
  for (std::size_t k = 0; k < chains.size(); ++k)
    results.push_back(parts[k] ? combine_parts(*chains[k], parts[k], count) : finish(*chains[k]));
  return results;
}

/// The reductions among the roots of a pass that share its loop.
llvm::SmallVector<Chain, 4> Lowering::chains_of(llvm::ArrayRef<unsigned> roots) const {
  llvm::SmallVector<Chain, 4> chains;
  for (unsigned root : roots) {
    const Node &node = nest.nodes[root];
    if (node.kind == NodeKind::reduce && node.reduction != ReduceKind::varmean)
      chains.push_back({root, node.reduction, nest.nodes[node.operands[0]].dtype, {}, nullptr});
  }
  return chains;
}

} // namespace jit::cpu
