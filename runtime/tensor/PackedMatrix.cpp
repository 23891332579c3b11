// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/tensor/PackedMatrix.h"

#include "runtime/base/Options.h"
#include "runtime/base/SystemMemory.h"
#include "runtime/tensor/Arena.h"
#include "runtime/tensor/Impl.h"

#include <algorithm>
#include <atomic>
#include <new>

namespace jit {

static std::atomic<std::int64_t> all_bytes{0};

std::int64_t all_packed_bytes() noexcept { return all_bytes.load(std::memory_order_relaxed); }

PackedMatrix *new_packed(const MatrixAt &from, std::int64_t width) noexcept {
  constexpr std::size_t header = 128;
  static_assert(sizeof(PackedMatrix) <= header);
  const std::int64_t columns = (from.n + width - 1) / width * width;
  const std::size_t bytes =
      header + static_cast<std::size_t>(columns * from.k) * itemsize(from.dtype);
  const auto taken = static_cast<std::int64_t>(bytes);
  // Nothing gives copies back while their matrix lives, so that they leave most of the memory
  // alone.
  const std::int64_t limit = std::min(std::int64_t{options().packed_mib} << 20,
                                      static_cast<std::int64_t>(system_memory_bytes() / 16));
  if (all_bytes.fetch_add(taken, std::memory_order_relaxed) + taken <= limit)
    if (std::byte *memory = arena::allocate(bytes))
      return new (memory) PackedMatrix{from, width, memory + header, bytes};
  all_bytes.fetch_sub(taken, std::memory_order_relaxed);
  return nullptr;
}

void free_packed(PackedMatrix *packed) noexcept {
  all_bytes.fetch_sub(static_cast<std::int64_t>(packed->bytes), std::memory_order_relaxed);
  arena::deallocate(reinterpret_cast<std::byte *>(packed), packed->bytes);
}

void drop_packed(Storage &storage) noexcept {
  storage.last_product.store(0, std::memory_order_relaxed);
  if (PackedMatrix *packed = storage.packed.load(std::memory_order_acquire)) {
    storage.packed.store(nullptr, std::memory_order_relaxed);
    if (packed->bytes > 0) // else it was being made when this process was forked
      free_packed(packed);
  }
}

} // namespace jit
