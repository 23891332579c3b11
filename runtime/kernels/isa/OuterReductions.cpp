// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reductions over rows of columns in order `outer`.
#include "runtime/kernels/isa/Fold.h"
#include "runtime/kernels/isa/Parts.h"

namespace jit::TRACEJIT_ISA {

namespace {

template <class T> inline constexpr int columns_at_once = simd::vector_bytes / int(sizeof(T));

/// The four chains of some columns over up to outer_step rows. `load(row, lanes)` gives the term of
/// a row; chains past the last row stay.
template <class Combine, class T, int lanes, class Term>
TRACEJIT_EMIT void chains_step(T *chains, std::size_t chain_stride, std::size_t count, Term term) {
  simd::Emitter<lanes> e;
  simd::Pack<T, lanes> acc[outer_chains];
  for (std::size_t c = 0; c < outer_chains; ++c)
    acc[c] = simd::load_pack<T, lanes>(chains + c * chain_stride);
  std::size_t row = 0;
  for (; row + outer_chains <= count; row += outer_chains)
    for (std::size_t c = 0; c < outer_chains; ++c)
      acc[c] = term(e, acc[c], row + c);
  for (std::size_t c = 0; c < outer_chains; ++c) {
    if (row + c < count)
      acc[c] = term(e, acc[c], row + c);
    simd::store_pack(chains + c * chain_stride, acc[c]);
  }
}

template <class Combine, class T>
void outer(const std::byte *const *rows, std::size_t count, std::size_t columns, std::byte *chains,
           std::size_t chain_stride) {
  auto *acc = reinterpret_cast<T *>(chains);
  constexpr int lanes = columns_at_once<T>;
  const auto run = [&]<int n>(std::integral_constant<int, n>, std::size_t column) {
    chains_step<Combine, T, n>(acc + column, chain_stride, count,
                               [&](auto &e, auto chain, std::size_t row) {
                                 const T *x = reinterpret_cast<const T *>(rows[row]) + column;
                                 return Combine::apply(e, chain, simd::load_pack<T, n>(x));
                               });
  };
  std::size_t column = 0;
  for (; column + lanes <= columns; column += lanes)
    run(std::integral_constant<int, lanes>{}, column);
  for (; column < columns; ++column)
    run(std::integral_constant<int, 1>{}, column);
}

template <class T>
void outer_deviation(const std::byte *const *rows, std::size_t count, std::size_t columns,
                     const std::byte *mean, std::byte *chains, std::size_t chain_stride) {
  auto *acc = reinterpret_cast<T *>(chains);
  const auto *centre = reinterpret_cast<const T *>(mean);
  constexpr int lanes = columns_at_once<T>;
  const auto run = [&]<int n>(std::integral_constant<int, n>, std::size_t column) {
    const auto at = simd::load_pack<T, n>(centre + column);
    chains_step<Sum, T, n>(acc + column, chain_stride, count,
                           [&](auto &e, auto chain, std::size_t row) {
                             const T *x = reinterpret_cast<const T *>(rows[row]) + column;
                             return scalar::add_deviation(e, chain, simd::load_pack<T, n>(x), at);
                           });
  };
  std::size_t column = 0;
  for (; column + lanes <= columns; column += lanes)
    run(std::integral_constant<int, lanes>{}, column);
  for (; column < columns; ++column)
    run(std::integral_constant<int, 1>{}, column);
}

template <class Combine, class T>
void finish(const std::byte *chains, std::size_t chain_stride, std::size_t columns,
            std::byte *part) {
  const auto *acc = reinterpret_cast<const T *>(chains);
  auto *to = reinterpret_cast<T *>(part);
  simd::Emitter<1> e;
  for (std::size_t j = 0; j < columns; ++j) {
    simd::Pack<T, 1> c[outer_chains];
    for (std::size_t i = 0; i < outer_chains; ++i)
      c[i] = simd::load_pack<T, 1>(acc + i * chain_stride + j);
    scalar::fold_by_halves(outer_chains, [&](std::size_t i, std::size_t other) {
      c[i] = Combine::apply(e, c[i], c[other]);
    });
    simd::store_pack(to + j, c[0]);
  }
}

template <class Combine, class T>
void outer_integers(const std::byte *const *rows, std::size_t count, std::size_t columns,
                    std::byte *chains, std::size_t chain_stride) {
  for (std::size_t row = 0; row < count; ++row) {
    auto *acc = reinterpret_cast<T *>(chains) + row % outer_chains * chain_stride;
    const auto *x = reinterpret_cast<const T *>(rows[row]);
    for (std::size_t j = 0; j < columns; ++j)
      acc[j] = Combine::apply(acc[j], x[j]);
  }
}

template <class Combine, class T>
void finish_integers(const std::byte *chains, std::size_t chain_stride, std::size_t columns,
                     std::byte *part) {
  const auto *acc = reinterpret_cast<const T *>(chains);
  auto *to = reinterpret_cast<T *>(part);
  for (std::size_t j = 0; j < columns; ++j)
    to[j] = Combine::apply(Combine::apply(acc[j], acc[j + 2 * chain_stride]),
                           Combine::apply(acc[j + chain_stride], acc[j + 3 * chain_stride]));
}

template <class Combine, class T>
void add_float(KernelTable &table, jit::Combine combine) noexcept {
  table.outer[slot(combine)][slot(dtype_of<T>)] = outer<Combine, T>;
  table.outer_finish[slot(combine)][slot(dtype_of<T>)] = finish<Combine, T>;
}
template <class Combine, class T>
void add_integer(KernelTable &table, jit::Combine combine, DType dtype) noexcept {
  table.outer[slot(combine)][slot(dtype)] = outer_integers<Combine, T>;
  table.outer_finish[slot(combine)][slot(dtype)] = finish_integers<Combine, T>;
}

template <class T> void add_floats(KernelTable &table) noexcept {
  add_float<Sum, T>(table, jit::Combine::sum);
  add_float<Product, T>(table, jit::Combine::prod);
  add_float<Max, T>(table, jit::Combine::max);
  add_float<Min, T>(table, jit::Combine::min);
  table.outer_deviation[slot(dtype_of<T>)] = outer_deviation<T>;
}
template <class T> void add_integers(KernelTable &table, DType dtype) noexcept {
  add_integer<IntegerSum, T>(table, jit::Combine::sum, dtype);
  add_integer<IntegerProduct, T>(table, jit::Combine::prod, dtype);
  add_integer<IntegerMax, T>(table, jit::Combine::max, dtype);
  add_integer<IntegerMin, T>(table, jit::Combine::min, dtype);
}

} // namespace

void add_outer_reductions(KernelTable &table) noexcept {
  for_reduced_dtypes([&]<class T>() { add_floats<T>(table); },
                     [&]<class T>(DType dtype) { add_integers<T>(table, dtype); });
}

} // namespace jit::TRACEJIT_ISA
