// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Triangles, diagonals and ranges, written with comparisons of places.
#include "runtime/eager/functions/AxisArguments.h"

#include <tracejit/ops.h>

#include <algorithm>

namespace jit {

using detail::tensor_meta;
using std::source_location;

namespace {

/// Of [rows, columns]: whether column - row is `compare`d to k.
template <class Compare>
Tensor band(std::int64_t rows, std::int64_t columns, std::int64_t k, Compare compare,
            const source_location &site) {
  k = std::clamp(k, -rows - 1, columns + 1); // beyond, all are on one side
  const Tensor row = arange(rows, site), column = arange(columns, site);
  const Tensor down = expand_dims(Operand(row, site), 1);
  const Tensor shifted = add(Operand(down, site), Operand(k, site));
  return compare(Operand(column, site), Operand(shifted, site));
}

/// x where the band is, 0 elsewhere.
template <class Compare>
Tensor triangle(Operand &&x, std::string_view function, std::int64_t k, Compare compare) {
  const source_location site = detail::Access::site(x);
  const Meta &meta = tensor_meta(function, x);
  if (meta.rank < 2)
    throw Error(ErrorCode::invalid_argument,
                std::string(function) + ": needs two axes, got " + describe(meta), site);
  const bool truths = meta.dtype == DType::boolean;
  const WhereItLies there(meta);
  const Tensor kept =
      band(meta.dim_values[meta.rank - 2], meta.dim_values[meta.rank - 1], k, compare, site);
  if (truths)
    return logical_and(Operand(kept, site), std::move(x));
  return where(Operand(kept, site), std::move(x), Operand(0, site));
}

} // namespace

Tensor tril(Operand x, std::int64_t k) {
  return triangle(std::move(x), "tril", k,
                  [](Operand a, Operand b) { return less_equal(std::move(a), std::move(b)); });
}
Tensor triu(Operand x, std::int64_t k) {
  return triangle(std::move(x), "triu", k,
                  [](Operand a, Operand b) { return greater_equal(std::move(a), std::move(b)); });
}

Tensor eye(std::int64_t rows, std::optional<std::int64_t> columns, std::int64_t k, DType dtype,
           source_location site) {
  const std::int64_t width = columns.value_or(rows);
  if (rows < 0 || width < 0 || !checked_size(DType::i64, DimList{rows, width}))
    throw Error(ErrorCode::invalid_argument,
                "eye: cannot make " + std::to_string(rows) + " by " + std::to_string(width) +
                    " elements",
                site);
  const Tensor ones = band(
      rows, width, k, [](Operand a, Operand b) { return equal(std::move(a), std::move(b)); }, site);
  return astype(Operand(ones, site), dtype);
}

Tensor diagonal(Operand x, std::int64_t offset) {
  const source_location site = detail::Access::site(x);
  const Meta &meta = tensor_meta("diagonal", x);
  if (meta.rank < 2)
    throw Error(ErrorCode::invalid_argument, "diagonal: needs two axes, got " + describe(meta),
                site);
  const std::int64_t rows = meta.dim_values[meta.rank - 2];
  const std::int64_t columns = meta.dim_values[meta.rank - 1];
  // An offset beyond the matrix leaves nothing.
  const std::int64_t right = std::clamp<std::int64_t>(offset, 0, columns);
  const std::int64_t down = offset < -rows ? rows : std::max<std::int64_t>(-offset, 0);
  const std::int64_t count = std::max<std::int64_t>(std::min(rows - down, columns - right), 0);
  DimList flat(meta.dims().first(static_cast<std::size_t>(meta.rank - 2)));
  flat.push_back(rows * columns);
  const Tensor places = reshape(std::move(x), flat);
  const std::int64_t first = down * columns + right, step = columns + 1;
  const slice picked =
      count == 0 ? slice(0, 0) : slice(first, first + (count - 1) * step + 1, step);
  return places(detail::Index(ellipsis, site), detail::Index(picked, site));
}

/// A row or a column, prolonged to the size of the matrix, where the diagonal is.
Tensor diag(Operand x, std::int64_t k) {
  const source_location site = detail::Access::site(x);
  const Meta &meta = tensor_meta("diag", x);
  if (meta.rank == 2)
    return diagonal(std::move(x), k);
  std::int64_t size = 0;
  const bool fits = k >= -(std::int64_t{1} << 31) && k <= std::int64_t{1} << 31 &&
                    !__builtin_add_overflow(meta.size, k < 0 ? -k : k, &size) &&
                    checked_size(DType::i64, DimList{size, size});
  if (meta.rank != 1 || !fits)
    throw Error(ErrorCode::invalid_argument,
                "diag: cannot put " + describe(meta) + " on diagonal " + std::to_string(k), site);
  const DType dtype = meta.dtype;
  const WhereItLies there(meta);
  const Tensor longer =
      size == meta.size ? detail::Access::tensor_of(x) : pad(std::move(x), {0}, {size - meta.size});
  const Tensor line = expand_dims(Operand(longer, site), k < 0 ? 0 : 1);
  const Tensor kept = band(
      size, size, k, [](Operand a, Operand b) { return equal(std::move(a), std::move(b)); }, site);
  if (dtype == DType::boolean)
    return logical_and(Operand(kept, site), Operand(line, site));
  return where(Operand(kept, site), Operand(line, site), Operand(0, site));
}

Tensor linspace(double start, double stop, std::int64_t count, DType dtype, source_location site) {
  if (!is_float(dtype))
    throw Error(ErrorCode::invalid_argument,
                "linspace: " + std::string(name(dtype)) + " cannot hold its steps; use arange",
                site);
  if (count < 0 || !checked_size(DType::i64, DimList{count}))
    throw Error(ErrorCode::invalid_argument,
                "linspace: cannot make " + std::to_string(count) + " elements", site);
  const double step = count > 1 ? (stop - start) / static_cast<double>(count - 1) : 0;
  const Tensor number = arange(count, site);
  const Tensor place = astype(Operand(number, site), DType::f64);
  const Tensor beyond = multiply(Operand(place, site), Operand(step, site));
  const Tensor value = add(Operand(beyond, site), Operand(start, site));
  if (count <= 1)
    return astype(Operand(value, site), dtype);
  const Tensor is_last = equal(Operand(number, site), Operand(count - 1, site));
  const Tensor ended = where(Operand(is_last, site), Operand(stop, site), Operand(value, site));
  return astype(Operand(ended, site), dtype);
}

} // namespace jit
