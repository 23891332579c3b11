// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Extents and axes: small lists of integers that never allocate.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <source_location>
#include <span>

#pragma GCC visibility push(default)
namespace jit {

inline constexpr int max_rank = 8;

using Dims = std::span<const std::int64_t>;

/// At most `max_rank` integers. Constructors throw invalid_argument when given more.
class DimList {
public:
  DimList() noexcept = default;
  DimList(std::initializer_list<std::int64_t> values,
          std::source_location site = std::source_location::current())
      : DimList(Dims(values.begin(), values.size()), site) {}
  DimList(Dims values, std::source_location site = std::source_location::current());

  operator Dims() const noexcept { return {values.data(), count}; }
  std::size_t size() const noexcept { return count; }
  std::int64_t operator[](std::size_t i) const noexcept { return values[i]; }
  std::int64_t &operator[](std::size_t i) noexcept { return values[i]; }
  const std::int64_t *begin() const noexcept { return values.data(); }
  const std::int64_t *end() const noexcept { return values.data() + count; }
  void push_back(std::int64_t value, std::source_location site = std::source_location::current());

private:
  std::array<std::int64_t, max_rank> values{};
  std::uint8_t count = 0;
};

/// Axes of an operation: all of them (the default), one, or a list. Negative axes count from the
/// end.
class Axes {
public:
  Axes() noexcept = default;
  Axes(int axis) : list{axis}, everything(false) {}
  Axes(std::initializer_list<std::int64_t> axes,
       std::source_location site = std::source_location::current())
      : list(axes, site), everything(false) {}
  Axes(DimList axes) : list(axes), everything(false) {}

  bool all() const noexcept { return everything; }
  Dims values() const noexcept { return list; }

private:
  DimList list;
  bool everything = true;
};

} // namespace jit
#pragma GCC visibility pop
