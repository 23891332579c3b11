// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Sizes, strides and the table of metas.
#include "runtime/base/Meta.h"
#include "runtime/base/InternTable.h"

#include <algorithm>
#include <array>
#include <atomic>

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

namespace {

/// A meta that is looked for.
class Wanted {
public:
  Wanted(DType dtype, Dims dims, Dims strides, DeviceNumber device)
      : dtype(dtype), device(device), dims(dims), strides(canonical_strides(dims, strides)) {
    hash = hash_word(dims.size() | std::size_t{device} << 8, static_cast<std::uint64_t>(dtype));
    for (std::size_t i = 0; i < dims.size(); ++i)
      hash = hash_word(hash_word(hash, static_cast<std::uint64_t>(dims[i])),
                       static_cast<std::uint64_t>(this->strides[i]));
  }
  bool operator()(const Meta &meta) const noexcept {
    return meta.dtype == dtype && meta.device == device && std::ranges::equal(meta.dims(), dims) &&
           std::ranges::equal(meta.strides(), Dims(strides));
  }
  const Meta *make(bool interned) const {
    auto *meta = new Meta{dtype,
                          static_cast<std::uint8_t>(dims.size()),
                          is_contiguous(dims, strides),
                          interned,
                          device,
                          *checked_size(dtype, dims),
                          {},
                          {}};
    std::ranges::copy(dims, meta->dim_values);
    std::ranges::copy(strides, meta->stride_values);
    return meta;
  }
  const Meta *intern() const {
    const Meta *found = metas.find_or_add(hash, *this, [this] { return make(true); });
    return found ? found : make(false);
  }

  std::uint64_t hash;

private:
  DType dtype;
  DeviceNumber device;
  Dims dims;
  DimList strides;
};

/// Whether a shape without a place has been asked for often. One that others drive out of its slot
/// begins again, so that shapes that come once never count.
bool comes_again(std::uint64_t hash) noexcept {
  constexpr std::uint32_t often = 64, count_bits = 8, counts = (1u << count_bits) - 1;
  static constinit std::array<std::atomic<std::uint32_t>, 4096> sightings{};
  std::atomic<std::uint32_t> &slot = sightings[hash % sightings.size()];
  const auto mark = static_cast<std::uint32_t>(hash >> 32) & ~counts;
  const std::uint32_t seen = slot.load(std::memory_order_relaxed);
  const std::uint32_t count = (seen & ~counts) == mark ? std::min((seen & counts) + 1, often) : 1;
  slot.store(mark | count, std::memory_order_relaxed);
  return count == often;
}

} // namespace

const Meta *intern_meta(DType dtype, Dims dims, Dims strides, DeviceNumber device) {
  return Wanted(dtype, dims, strides, device).intern();
}

const Meta *intern_contiguous(DType dtype, Dims dims) {
  return intern_meta(dtype, dims, row_major_strides(dims));
}

const Meta *value_meta(DType dtype, Dims dims, Dims strides, DeviceNumber device) {
  constexpr std::size_t half = InternTable<Meta>::capacity / 2, most = half + half / 2;
  const Wanted wanted(dtype, dims, strides, device);
  if (metas.size() < half)
    return wanted.intern();
  if (const Meta *known = metas.find(wanted.hash, wanted))
    return known;
  return metas.size() < most && comes_again(wanted.hash) ? wanted.intern() : wanted.make(false);
}

const Meta *contiguous_value_meta(DType dtype, Dims dims, DeviceNumber device) {
  return value_meta(dtype, dims, row_major_strides(dims), device);
}

const Meta *find_interned(const Meta &meta) noexcept {
  const Wanted wanted(meta.dtype, meta.dims(), meta.strides(), meta.device);
  return metas.find(wanted.hash, wanted);
}

bool same_meta(const Meta &a, const Meta &b) noexcept {
  return a.dtype == b.dtype && a.device == b.device && std::ranges::equal(a.dims(), b.dims()) &&
         std::ranges::equal(a.strides(), b.strides());
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

std::string describe(const Meta &meta) {
  std::string text = describe(meta.dtype, meta.dims());
  return meta.device == on_cpu ? text : text + "@cuda:" + std::to_string(meta.device - 1);
}

} // namespace jit
