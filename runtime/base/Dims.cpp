// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The bounded list behind shapes and axes.
#include <tracejit/dims.h>
#include <tracejit/error.h>

#include <algorithm>
#include <ostream>
#include <string>

namespace jit {
namespace {

[[noreturn]] void throw_too_long(std::size_t count, const std::source_location &site) {
  throw Error(ErrorCode::invalid_argument,
              "a list of dimensions has " + std::to_string(count) + " entries, at most " +
                  std::to_string(max_rank) + " are allowed",
              site);
}

} // namespace

std::ostream &operator<<(std::ostream &stream, Dims values) {
  stream << "[";
  for (std::size_t i = 0; i < values.size(); ++i)
    stream << (i ? ", " : "") << values[i];
  return stream << "]";
}

DimList::DimList(Dims list, std::source_location site) {
  if (list.size() > max_rank)
    throw_too_long(list.size(), site);
  std::ranges::copy(list, values.begin());
  count = static_cast<std::uint8_t>(list.size());
}

void DimList::push_back(std::int64_t value, std::source_location site) {
  if (count == max_rank)
    throw_too_long(count + 1u, site);
  values[count++] = value;
}

} // namespace jit
