// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Structs to bytes and back: numbers little endian, texts and lists with their length in front.
// Both classes are called with the fields of a struct, so that one function describes both ways.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace jit {

static_assert(std::endian::native == std::endian::little);

template <class T>
concept PlainNumber = std::is_arithmetic_v<T> || std::is_enum_v<T>;

class ByteWriter {
public:
  template <class... Fields> void operator()(const Fields &...fields) { (put(fields), ...); }

  /// Items one by one, each by `each(item)`.
  template <class List, class Each> void list(const List &items, Each each) {
    put(static_cast<std::uint32_t>(items.size()));
    for (const auto &item : items)
      each(item);
  }
  std::vector<std::byte> bytes;

private:
  template <PlainNumber T> void put(T number) { put_raw(std::as_bytes(std::span(&number, 1))); }
  void put(const std::string &text) {
    put(static_cast<std::uint32_t>(text.size()));
    put_raw(std::as_bytes(std::span(text)));
  }
  template <PlainNumber T, class Allocator> void put(const std::vector<T, Allocator> &numbers) {
    put(static_cast<std::uint32_t>(numbers.size()));
    put_raw(std::as_bytes(std::span(numbers)));
  }
  void put_raw(std::span<const std::byte> raw) {
    bytes.insert(bytes.end(), raw.begin(), raw.end());
  }
};

/// Reads untrusted bytes: what is not there reads as zeros and empty lists, and `good()` says so.
/// Nothing is allocated that the bytes left could not fill.
class ByteReader {
public:
  explicit ByteReader(std::span<const std::byte> bytes) : rest(bytes) {}

  template <class... Fields> void operator()(Fields &...fields) { (get(fields), ...); }

  template <class List, class Each> void list(List &items, Each each) {
    for (std::uint32_t left = count(1); left > 0 && !failed; --left)
      each(items.emplace_back());
  }
  void fail() noexcept { failed = true; }
  /// Everything was there and, at the end, nothing is left.
  bool good() const noexcept { return !failed; }
  bool at_end() const noexcept { return rest.empty(); }

private:
  template <PlainNumber T> void get(T &number) {
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = 0;
      get(byte);
      failed |= byte > 1;
      number = byte == 1;
    } else {
      const auto raw = take(sizeof number);
      if (!failed)
        std::memcpy(&number, raw.data(), sizeof number);
    }
  }
  void get(std::string &text) {
    const auto raw = take(count(1));
    text.assign(reinterpret_cast<const char *>(raw.data()), raw.size());
  }
  template <PlainNumber T, class Allocator> void get(std::vector<T, Allocator> &numbers) {
    const auto raw = take(count(sizeof(T)) * sizeof(T));
    numbers.resize(raw.size() / sizeof(T));
    if (!raw.empty())
      std::memcpy(numbers.data(), raw.data(), raw.size());
  }
  /// How many items follow, each of at least so many bytes.
  std::uint32_t count(std::size_t least_bytes) {
    std::uint32_t number = 0;
    get(number);
    failed |= number > rest.size() / least_bytes;
    return failed ? 0 : number;
  }
  std::span<const std::byte> take(std::size_t size) {
    failed |= size > rest.size();
    if (failed)
      return {};
    const auto taken = rest.first(size);
    rest = rest.subspan(size);
    return taken;
  }

  std::span<const std::byte> rest;
  bool failed = false;
};

} // namespace jit
