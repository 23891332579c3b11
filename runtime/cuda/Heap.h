// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Heap: blocks of a GPU's memory for the tensors of one stream. Work on a stream runs in order, so
// a block can be used again as soon as its last owner lets go, whatever still waits to run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

namespace jit::gpu {

/// What the heap cuts its blocks from.
class MemorySource {
public:
  /// At least 512-byte aligned, not 0. nullptr: there is none.
  virtual std::byte *allocate(std::size_t bytes) noexcept = 0;
  /// May wait for all work of the device.
  virtual void free(std::byte *block) noexcept = 0;
  /// Work that has been asked for is done, and memory that it kept is free.
  virtual void finish_work() noexcept = 0;

protected:
  ~MemorySource() = default;
};

/// Bytes: what tensors asked for, and what is kept for others to come.
struct HeapStats {
  std::int64_t live_bytes = 0, cached_bytes = 0, peak_live_bytes = 0;
  std::uint64_t allocations = 0;
};

/// Blocks up to 1 MiB are cut from slabs of 32 MiB, in the arena's size classes; a larger one is an
/// allocation of its own, in eight sizes a doubling. All are kept. Any thread may call it.
class Heap {
public:
  static constexpr std::size_t alignment = 256;

  explicit Heap(MemorySource &source) noexcept : source(source) {}
  Heap(const Heap &) = delete;

  /// A block of at least `bytes`, which is not 0. nullptr: no memory, even after all that was kept
  /// has been given back.
  std::byte *allocate(std::size_t bytes) noexcept;
  void deallocate(std::byte *block, std::size_t bytes) noexcept;
  /// Gives back what no tensor uses; waits for the device.
  void release_cached() noexcept;
  void reset_peak() noexcept;
  HeapStats stats() const noexcept;

private:
  static constexpr std::size_t slab_bytes = std::size_t{32} << 20;
  static constexpr std::size_t most_cut = std::size_t{1} << 20;

  struct Slab {
    std::size_t used = 0; ///< bytes from its beginning that have been cut
    std::uint32_t live = 0;
  };
  /// Free blocks of one size.
  using Blocks = std::vector<std::byte *>;

  static std::size_t size_of(std::size_t bytes) noexcept;
  std::byte *take(std::size_t size);
  std::byte *cut(std::size_t size);
  void count(std::int64_t bytes) noexcept;
  void give_back() noexcept;
  void give_back_slabs() noexcept;
  Slab &slab_of(const std::byte *block) noexcept;

  MemorySource &source;
  mutable std::mutex lock;
  std::map<std::size_t, Blocks> free_blocks; ///< by size
  std::map<const std::byte *, Slab> slabs;   ///< by address
  std::byte *open_slab = nullptr;            ///< which blocks are cut from
  std::int64_t held_bytes = 0;               ///< from the source
  HeapStats counts;
};

} // namespace jit::gpu
