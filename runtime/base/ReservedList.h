// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ReservedList: a list whose room is made ahead, so that adding costs a store and an increment.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <type_traits>
#include <utility>

namespace jit {

/// Of trivial objects only: nothing is constructed or destroyed, room is never given back.
template <class T> class ReservedList {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

public:
  ReservedList() noexcept = default;
  ReservedList(const ReservedList &) = delete;
  ReservedList(ReservedList &&other) noexcept { swap(other); }
  ~ReservedList() { std::free(items); }

  /// Room for `n` objects in all. Precondition: the list is empty. False when out of memory.
  bool reserve(std::size_t n) noexcept {
    void *memory = std::realloc(items, std::max<std::size_t>(n, 1) * sizeof(T));
    if (!memory)
      return false;
    items = static_cast<T *>(memory);
    room = std::max<std::size_t>(n, 1);
    return true;
  }
  bool has_room(std::size_t n) const noexcept { return n <= room; }
  std::size_t capacity() const noexcept { return room; }
  void swap(ReservedList &other) noexcept {
    std::swap(items, other.items);
    std::swap(room, other.room);
    std::swap(count, other.count);
  }
  /// Precondition: there is room.
  void push_back(const T &item) noexcept { items[count++] = item; }
  /// Precondition: n <= size(), or the objects up to n are written before they are read.
  void resize(std::size_t n) noexcept { count = static_cast<std::uint32_t>(n); }
  void clear() noexcept { count = 0; }

  std::size_t size() const noexcept { return count; }
  bool empty() const noexcept { return count == 0; }
  T &operator[](std::size_t i) noexcept { return items[i]; }
  const T &operator[](std::size_t i) const noexcept { return items[i]; }
  T *begin() noexcept { return items; }
  T *end() noexcept { return items + count; }
  const T *begin() const noexcept { return items; }
  const T *end() const noexcept { return items + count; }
  operator std::span<const T>() const noexcept { return {items, count}; }

private:
  T *items = nullptr;
  std::size_t room = 0;
  std::uint32_t count = 0;
};

} // namespace jit
