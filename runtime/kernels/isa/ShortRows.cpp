// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions of turned blocks of short rows: a row a lane, the tree of order `inner` over all.
#include "runtime/kernels/isa/CopyRuns.h"
#include "runtime/kernels/isa/Fold.h"
#include "runtime/kernels/isa/Parts.h"

namespace jit::TRACEJIT_ISA {

namespace {

/// Lanes that one step takes; a block has room for whole steps.
template <class T> inline constexpr std::size_t lanes_at_once = simd::vector_bytes / sizeof(T);
static_assert(row_lanes % lanes_at_once<float> == 0);

/// body(lane) for steps that cover `lanes`.
template <class T, class Body> TRACEJIT_EMIT void for_steps(std::size_t lanes, Body body) {
  for (std::size_t lane = 0; lane < lanes; lane += lanes_at_once<T>)
    body(lane);
}

template <class Combine, class T>
TRACEJIT_EMIT void combine_rows(T *to, const T *from, std::size_t lanes) {
  if constexpr (std::is_floating_point_v<T>) {
    constexpr int step = lanes_at_once<T>;
    simd::Emitter<step> e;
    for_steps<T>(lanes, [&](std::size_t lane) {
      auto x = simd::load_pack<T, step>(to + lane);
      auto y = simd::load_pack<T, step>(from + lane);
      simd::store_pack(to + lane, Combine::apply(e, x, y));
    });
  } else {
    for (std::size_t lane = 0; lane < lanes; ++lane)
      to[lane] = Combine::apply(to[lane], from[lane]);
  }
}

template <class Combine, class T>
void fold_rows(std::byte *block, std::size_t length, std::size_t lanes, std::byte *to) {
  T *x = reinterpret_cast<T *>(block);
  scalar::fold_by_halves(length, [&](std::size_t i, std::size_t other) {
    combine_rows<Combine>(x + i * row_lanes, x + other * row_lanes, lanes);
  });
  __builtin_memcpy(to, x, lanes * sizeof(T));
}

/// x = (x - mean)^2, as fma(d, d, -0) gives it.
template <class T>
void square_deviations(std::byte *block, std::size_t length, std::size_t lanes,
                       const std::byte *mean) {
  T *x = reinterpret_cast<T *>(block);
  const T *centre = reinterpret_cast<const T *>(mean);
  constexpr int step = lanes_at_once<T>;
  simd::Emitter<step> e;
  for_steps<T>(lanes, [&](std::size_t lane) {
    auto at = simd::load_pack<T, step>(centre + lane);
    for (std::size_t i = 0; i < length; ++i) {
      auto d = e.sub(simd::load_pack<T, step>(x + i * row_lanes + lane), at);
      simd::store_pack(x + i * row_lanes + lane, e.mul(d, d));
    }
  });
}

/// Index as wide as an element, so that lanes stay lanes. A NaN is never replaced, the first wins.
template <bool largest, class T>
void winner_rows(const std::byte *block, std::size_t length, std::size_t lanes,
                 std::int64_t *indices) {
  using Index = BitsOf<sizeof(T)>;
  const T *x = reinterpret_cast<const T *>(block);
  alignas(64) T best[row_lanes];
  alignas(64) Index index[row_lanes] = {};
  __builtin_memcpy(best, x, lanes * sizeof(T));
  for (std::size_t i = 1; i < length; ++i) {
    const T *row = x + i * row_lanes;
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      const bool wins = largest ? !(row[lane] <= best[lane]) : !(row[lane] >= best[lane]);
      const bool beaten = wins & (best[lane] == best[lane]);
      best[lane] = beaten ? row[lane] : best[lane];
      index[lane] = beaten ? static_cast<Index>(i) : index[lane];
    }
  }
  for (std::size_t lane = 0; lane < lanes; ++lane)
    indices[lane] = static_cast<std::int64_t>(index[lane]);
}

template <class T, class S, class P, class Most, class Least>
void add(KernelTable &table, DType dtype) noexcept {
  const int type = slot(dtype);
  table.fold_rows[slot(Combine::sum)][type] = fold_rows<S, T>;
  table.fold_rows[slot(Combine::prod)][type] = fold_rows<P, T>;
  table.fold_rows[slot(Combine::max)][type] = fold_rows<Most, T>;
  table.fold_rows[slot(Combine::min)][type] = fold_rows<Least, T>;
  table.argmax_rows[type] = winner_rows<true, T>;
  table.argmin_rows[type] = winner_rows<false, T>;
}
template <class T> void add_floats(KernelTable &table) noexcept {
  add<T, Sum, Product, Max, Min>(table, dtype_of<T>);
  table.square_deviations[slot(dtype_of<T>)] = square_deviations<T>;
}
template <class T> void add_integers(KernelTable &table, DType dtype) noexcept {
  add<T, IntegerSum, IntegerProduct, IntegerMax, IntegerMin>(table, dtype);
}

} // namespace

void add_short_rows(KernelTable &table) noexcept {
  for_reduced_dtypes([&]<class T>() { add_floats<T>(table); },
                     [&]<class T>(DType dtype) { add_integers<T>(table, dtype); });
}

} // namespace jit::TRACEJIT_ISA
