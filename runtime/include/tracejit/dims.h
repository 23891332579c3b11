// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Extents and axes: small lists of integers that never allocate.
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <ranges>
#include <source_location>
#include <span>

#pragma GCC visibility push(default)
namespace jit {

inline constexpr int max_rank = 8;

namespace detail {
/// A vector, an array or the like of integers; no text.
template <class R>
concept IntegerRange =
    std::ranges::contiguous_range<R> && std::signed_integral<std::ranges::range_value_t<R>> &&
    sizeof(std::ranges::range_value_t<R>) >= sizeof(int);
} // namespace detail

/// Integers that lie elsewhere: extents or axes.
class Dims : public std::span<const std::int64_t> {
public:
  using std::span<const std::int64_t>::span;
  constexpr Dims(std::span<const std::int64_t> values) noexcept : span(values) {}
  friend bool operator==(Dims a, Dims b) noexcept { return std::ranges::equal(a, b); }
};

/// "[2, 3]"
std::ostream &operator<<(std::ostream &stream, Dims values);

/// At most `max_rank` integers. Constructors throw invalid_argument when given more.
class DimList {
public:
  DimList() noexcept = default;
  DimList(std::initializer_list<std::int64_t> values,
          std::source_location site = std::source_location::current())
      : DimList(Dims(values.begin(), values.size()), site) {}
  DimList(Dims values, std::source_location site = std::source_location::current());
  template <detail::IntegerRange R>
    requires(!std::same_as<R, DimList>)
  DimList(const R &values, std::source_location site = std::source_location::current()) {
    for (const auto value : values)
      push_back(static_cast<std::int64_t>(value), site);
  }

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
  template <detail::IntegerRange R>
    requires(!std::same_as<R, DimList>)
  Axes(const R &axes, std::source_location site = std::source_location::current())
      : list(axes, site), everything(false) {}

  bool all() const noexcept { return everything; }
  Dims values() const noexcept { return list; }

private:
  DimList list;
  bool everything = true;
};

} // namespace jit

template <> inline constexpr bool std::ranges::enable_borrowed_range<jit::Dims> = true;
template <> inline constexpr bool std::ranges::enable_view<jit::Dims> = true;
#pragma GCC visibility pop
