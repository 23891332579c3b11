// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/unit/policy/Curve.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace jit {

namespace {
// A time is written as units of `unit_ns`. Small differences to the time before take one half of a
// byte, the others `escape` and the time itself in five halves.
constexpr double unit_ns = 400;
constexpr int middle = 7, escape = 15, long_halves = 5;
constexpr long long longest = (1 << 4 * long_halves) - 1;

/// Writes halves of bytes, the lower one first.
class Halves {
public:
  void put(int half) {
    if (open)
      bytes.back() = static_cast<char>(static_cast<std::uint8_t>(bytes.back()) | half << 4);
    else
      bytes.push_back(static_cast<char>(half));
    open = !open;
  }
  bool is_open() const { return open; }
  std::string bytes;

private:
  bool open = false;
};
} // namespace

std::string curve_text(const std::vector<double> &ns) {
  Halves out;
  double sum = 0;
  std::int64_t written = 0, before = 0;
  for (const double time : ns) {
    sum += time / unit_ns; // what rounding took from one time is given to the next
    const std::int64_t units = std::min(std::llround(sum) - written, longest);
    written += units;
    if (std::abs(units - before) <= middle) {
      out.put(static_cast<int>(units - before) + middle);
    } else {
      out.put(escape);
      for (int i = 0; i < long_halves; ++i)
        out.put(static_cast<int>(units >> (4 * i) & 15));
    }
    before = units;
  }
  if (out.is_open())
    out.put(escape); // nothing follows it
  return std::move(out.bytes);
}

std::vector<double> read_curve(std::string_view text) {
  std::vector<double> ns;
  const std::size_t end = 2 * text.size();
  const auto half = [&](std::size_t at) {
    if (at >= end)
      throw std::runtime_error("a curve is cut off");
    return static_cast<std::uint8_t>(text[at / 2]) >> (at % 2 * 4) & 15;
  };
  std::int64_t units = 0;
  for (std::size_t at = 0; at < end;) {
    const int first = half(at++);
    if (first == escape && at == end)
      break;
    if (first == escape) {
      units = 0;
      for (int i = 0; i < long_halves; ++i)
        units |= static_cast<std::int64_t>(half(at++)) << (4 * i);
    } else {
      units += first - middle;
    }
    ns.push_back(static_cast<double>(units) * unit_ns);
  }
  return ns;
}

} // namespace jit
