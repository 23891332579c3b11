// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/cuda/text/RowCases.h"

#include "test/unit/compiler/NestBuilder.h"

namespace jit::gpu::test {
namespace {

using nest::ReduceKind;
using nest::test::NestBuilder;
using F = ScalarFunction;
constexpr DType f32 = DType::f32, f64 = DType::f64, i64 = DType::i64, boolean = DType::boolean;

/// Elements of a matrix [rows, n] whose rows lie one behind the other or, `outer`, side by side.
std::vector<std::int64_t> strides(bool outer, std::int64_t rows, std::int64_t n) {
  return outer ? std::vector<std::int64_t>{1, rows} : std::vector<std::int64_t>{n, 1};
}

NestBuilder matrix(bool outer, std::int64_t rows, std::int64_t n) {
  NestBuilder k(numbered());
  k.parallel(rows).row(n);
  k.nest.outer = outer;
  return k;
}

} // namespace

Case all_of_floats(DType dtype, bool outer, std::int64_t rows, std::int64_t n, Fill fill) {
  NestBuilder k = matrix(outer, rows, n);
  const unsigned x = k.load(dtype, 0, strides(outer, rows, n));
  k.store(k.reduce(ReduceKind::sum, dtype, x), 1, {1, 0});
  k.store(k.reduce(ReduceKind::prod, dtype, x), 2, {1, 0});
  k.store(k.reduce(ReduceKind::max, dtype, x), 3, {1, 0});
  k.store(k.reduce(ReduceKind::min, dtype, x), 4, {1, 0});
  k.store(k.reduce(ReduceKind::argmax, i64, x), 5, {1, 0});
  k.store(k.reduce(ReduceKind::argmin, i64, x), 6, {1, 0});
  k.store(k.reduce(ReduceKind::any, boolean, k.element(F::isnan, boolean, {x})), 7, {1, 0});
  return {.nest = k.nest,
          .buffers = {{dtype, rows * n},
                      {dtype, rows},
                      {dtype, rows},
                      {dtype, rows},
                      {dtype, rows},
                      {i64, rows},
                      {i64, rows},
                      {boolean, rows}},
          .fill = fill};
}

Case all_of_integers(DType dtype, bool outer, std::int64_t rows, std::int64_t n) {
  NestBuilder k = matrix(outer, rows, n);
  const unsigned x = k.load(dtype, 0, strides(outer, rows, n));
  Case c{.nest = {}, .buffers = {{dtype, rows * n}}};
  const auto reduce = [&](ReduceKind kind, DType result) {
    k.store(k.reduce(kind, result, x), static_cast<unsigned>(c.buffers.size()), {1, 0});
    c.buffers.emplace_back(result, rows);
  };
  reduce(ReduceKind::max, dtype);
  reduce(ReduceKind::min, dtype);
  reduce(ReduceKind::argmax, i64);
  reduce(ReduceKind::argmin, i64);
  if (dtype == boolean) {
    reduce(ReduceKind::any, boolean);
    reduce(ReduceKind::all, boolean);
  } else {
    reduce(ReduceKind::sum, dtype);
    reduce(ReduceKind::prod, dtype);
  }
  c.nest = k.nest;
  return c;
}

Case sum_and_max(DType dtype, bool outer, std::int64_t rows, std::int64_t n) {
  NestBuilder k = matrix(outer, rows, n);
  const unsigned x = k.load(dtype, 0, strides(outer, rows, n));
  k.store(k.reduce(ReduceKind::sum, dtype, x), 1, {1, 0});
  k.store(k.reduce(ReduceKind::argmax, i64, x), 2, {1, 0});
  return {.nest = k.nest,
          .buffers = {{dtype, rows * n}, {dtype, rows}, {i64, rows}},
          .fill = Fill::tame};
}

Case mixed(std::int64_t rows, std::int64_t n) {
  NestBuilder k = matrix(false, rows, n);
  const unsigned x = k.load(f32, 0, {n, 1}), y = k.element(F::cast, f64, {x});
  const unsigned kept = k.keep(k.element(F::exp, f64, {y}));
  const unsigned sum = k.reduce(ReduceKind::sum, f32, x), wide = k.reduce(ReduceKind::sum, f64, y);
  const unsigned variance = k.reduce(ReduceKind::varmean, f64, kept);
  k.store(sum, 1, {1, 0});
  k.store(k.element(F::divide, f64, {kept, wide}), 2, {n, 1});
  k.store(wide, 3, {1, 0});
  k.store(k.element(F::subtract, f64, {variance, k.second(variance)}), 4, {1, 0});
  return {.nest = k.nest,
          .buffers = {{f32, rows * n}, {f32, rows}, {f64, rows * n}, {f64, rows}, {f64, rows}},
          .fill = Fill::tame};
}

Case softmax(DType dtype, bool keeps, bool outer, std::int64_t rows, std::int64_t n, Fill fill) {
  NestBuilder k = matrix(outer, rows, n);
  const std::vector<std::int64_t> s = strides(outer, rows, n);
  const unsigned x = k.load(dtype, 0, s), most = k.reduce(ReduceKind::max, dtype, x);
  const unsigned d = k.element(F::subtract, dtype, {x, most});
  unsigned power = k.element(F::exp, dtype, {d});
  if (keeps)
    power = k.keep(power);
  const unsigned sum = k.reduce(ReduceKind::sum, dtype, power);
  const unsigned scale = k.element(F::reciprocal, dtype, {sum});
  k.store(k.element(F::multiply, dtype, {power, scale}), 1, s);
  Case c{.nest = k.nest, .buffers = {{dtype, rows * n}, {dtype, rows * n}}, .fill = fill};
  c.input_in_place = keeps ? -1 : 0;
  return c;
}

Case log_softmax(std::int64_t rows, std::int64_t n) {
  NestBuilder k = matrix(false, rows, n);
  const unsigned x = k.element(F::add, f32, {k.load(f32, 0, {n, 1}), k.load(f32, 1, {0, 1})});
  const unsigned kept = k.keep(x), most = k.reduce(ReduceKind::max, f32, x);
  const unsigned d = k.element(F::subtract, f32, {kept, most});
  const unsigned sum = k.reduce(ReduceKind::sum, f32, k.element(F::exp, f32, {d}));
  k.store(k.element(F::subtract, f32, {d, k.element(F::log, f32, {sum})}), 2, {n, 1});
  k.store(k.reduce(ReduceKind::argmax, i64, kept), 3, {1, 0});
  return {.nest = k.nest,
          .buffers = {{f32, rows * n}, {f32, n}, {f32, rows * n}, {i64, rows}},
          .fill = Fill::tame};
}

Case layer_norm(DType dtype, bool outer, std::int64_t rows, std::int64_t n, Fill fill) {
  NestBuilder k = matrix(outer, rows, n);
  const std::vector<std::int64_t> s = strides(outer, rows, n);
  const unsigned x = k.load(dtype, 0, s);
  const unsigned variance = k.reduce(ReduceKind::varmean, dtype, x, 1), mean = k.second(variance);
  const unsigned scale = k.element(F::rsqrt, dtype, {variance});
  const unsigned centred = k.element(F::subtract, dtype, {x, mean});
  const unsigned gamma = k.load(dtype, 1, {0, 1});
  k.store(variance, 2, {1, 0});
  k.store(mean, 3, {1, 0});
  k.store(k.element(F::multiply, dtype, {k.element(F::multiply, dtype, {centred, scale}), gamma}),
          4, s);
  return {
      .nest = k.nest,
      .buffers = {{dtype, rows * n}, {dtype, n}, {dtype, rows}, {dtype, rows}, {dtype, rows * n}},
      .input_in_place = 0,
      .fill = fill};
}

Case gathered(std::int64_t rows, std::int64_t n, std::int64_t extent) {
  NestBuilder k = matrix(false, rows, n);
  const unsigned index = k.load(i64, 0, {n, 1});
  const unsigned inside = k.inside({1, 1}, -3, n + rows / 2);
  const unsigned read = k.guarded(k.gather(i64, 1, {0, 0}, index, 3, extent), inside);
  k.store(k.reduce(ReduceKind::sum, i64, read), 2, {1, 0});
  k.store(k.element(F::add, i64, {read, k.reduce(ReduceKind::max, i64, read)}), 3, {n, 1});
  return {.nest = k.nest,
          .buffers = {{i64, rows * n}, {i64, 3 * extent}, {i64, rows}, {i64, rows * n}},
          .input_in_place = 0,
          .index_extent = extent};
}

Case windows(std::int64_t images, std::int64_t side) {
  NestBuilder k(numbered());
  const std::int64_t wide = side + 2;
  k.parallel(images).parallel(side).parallel(side).row(3).row(3);
  const unsigned x = k.load(f32, 0, {wide * wide, wide, 1, wide, 1});
  const std::vector<std::int64_t> result{side * side, side, 1, 0, 0};
  k.store(k.reduce(ReduceKind::max, f32, x), 1, result);
  k.store(k.reduce(ReduceKind::argmax, i64, x), 2, result);
  k.store(k.reduce(ReduceKind::sum, f32, x), 3, result);
  const std::int64_t n = images * side * side;
  return {.nest = k.nest,
          .buffers = {{f32, images * wide * wide}, {f32, n}, {i64, n}, {f32, n}},
          .fill = Fill::tame};
}

Case two_row_axes(bool outer) {
  NestBuilder k(numbered());
  k.parallel(4).row(5).row(29);
  k.nest.outer = outer;
  const unsigned x = k.load(f32, 0, {145, 1, 5});
  const unsigned sum = k.reduce(ReduceKind::sum, f32, x);
  k.store(sum, 1, {1, 0, 0});
  k.store(k.element(F::subtract, f32, {x, sum}), 2, {145, 29, 1});
  return {.nest = k.nest, .buffers = {{f32, 580}, {f32, 4}, {f32, 580}}, .fill = Fill::tame};
}

Case rank_0(DType dtype, std::int64_t n) {
  NestBuilder k(numbered());
  k.row(n);
  const unsigned x = k.load(dtype, 0, {-1}, n - 1);
  const unsigned y = k.element(F::multiply, dtype, {x, k.argument(dtype, 0)});
  k.store(k.reduce(ReduceKind::sum, dtype, y), 1, {0});
  k.store(k.element(F::sqrt, dtype, {k.reduce(ReduceKind::max, dtype, x)}), 2, {0}, 1);
  return {.nest = k.nest,
          .buffers = {{dtype, n}, {dtype, 1}, {dtype, 2}},
          .scalars = {dtype == f32 ? 0x3fa00000u : 0x3ff4000000000000u},
          .fill = Fill::tame};
}

} // namespace jit::gpu::test
