// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes, strides and the table of metas.
#include "runtime/base/Meta.h"
#include "runtime/base/InternTable.h"

#include <algorithm>

namespace jit {
namespace {

constinit InternTable<Meta> metas;

bool is_contiguous(Dims dims, Dims strides) noexcept {
  std::int64_t expected = 1;
  bool contiguous = true;
  for (std::size_t i = dims.size(); i-- > 0;) {
    if (dims[i] == 0)
      return true;
    contiguous &= dims[i] == 1 || strides[i] == expected;
    if (contiguous) // else the product may overflow: strides say nothing about the extents
      expected *= dims[i];
  }
  return contiguous;
}

} // namespace

std::optional<std::int64_t> checked_size(DType dtype, Dims dims) noexcept {
  std::int64_t size = 1, bytes = static_cast<std::int64_t>(itemsize(dtype));
  for (std::int64_t extent : dims) {
    // Extents beside a 0 are bounded as well: strides are their product.
    if (extent < 0 || __builtin_mul_overflow(bytes, std::max<std::int64_t>(extent, 1), &bytes))
      return std::nullopt;
    size *= extent;
  }
  return size;
}

DimList row_major_strides(Dims dims) noexcept {
  DimList strides{dims};
  std::int64_t step = 1;
  for (std::size_t i = dims.size(); i-- > 0;) {
    strides[i] = step;
    step *= std::max<std::int64_t>(dims[i], 1);
  }
  return strides;
}

DimList canonical_strides(Dims dims, Dims strides) noexcept {
  if (is_contiguous(dims, strides))
    return row_major_strides(dims);
  DimList canonical{strides};
  for (std::size_t i = 0; i < dims.size(); ++i)
    if (dims[i] == 1)
      canonical[i] = 0;
  return canonical;
}

const Meta *intern_meta(DType dtype, Dims dims, Dims strides) {
  const DimList canonical = canonical_strides(dims, strides);
  const std::size_t rank = dims.size();
  std::uint64_t hash = hash_word(rank, static_cast<std::uint64_t>(dtype));
  for (std::size_t i = 0; i < rank; ++i)
    hash = hash_word(hash_word(hash, static_cast<std::uint64_t>(dims[i])),
                     static_cast<std::uint64_t>(canonical[i]));

  const auto equal = [&](const Meta &meta) {
    return meta.dtype == dtype && meta.rank == rank && std::ranges::equal(meta.dims(), dims) &&
           std::ranges::equal(meta.strides(), Dims(canonical));
  };
  const auto make = [&](bool interned) {
    auto *meta = new Meta{dtype,    static_cast<std::uint8_t>(rank), is_contiguous(dims, canonical),
                          interned, *checked_size(dtype, dims),      {},
                          {}};
    std::ranges::copy(dims, meta->dim_values);
    std::ranges::copy(canonical, meta->stride_values);
    return meta;
  };
  const Meta *found = metas.find_or_add(hash, equal, [&] { return make(true); });
  return found ? found : make(false);
}

const Meta *intern_contiguous(DType dtype, Dims dims) {
  return intern_meta(dtype, dims, row_major_strides(dims));
}

void release_meta(const Meta *meta) noexcept {
  if (meta && !meta->interned)
    delete meta;
}

std::string describe(DType dtype, Dims dims) {
  std::string text(name(dtype));
  text += '[';
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (i)
      text += ',';
    text += std::to_string(dims[i]);
  }
  return text += ']';
}

std::string describe(const Meta &meta) { return describe(meta.dtype, meta.dims()); }

} // namespace jit
