// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/CheckMode.h"

#include "runtime/base/FormatNumber.h"
#include "runtime/base/Log.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/base/WithDType.h"
#include "runtime/jit/SaveTraces.h"

#include <cstring>

namespace jit {

/// Same bits, or NaN both.
static bool same(DType dtype, const std::byte *a, const std::byte *b) noexcept {
  if (std::memcmp(a, b, itemsize(dtype)) == 0)
    return true;
  return with_dtype(dtype, [&]<class T>(std::type_identity<T>) {
    T x, y;
    std::memcpy(&x, a, sizeof(T));
    std::memcpy(&y, b, sizeof(T));
    return x != x && y != y;
  });
}

std::optional<std::string> first_difference(DType dtype, std::int64_t size, const std::byte *eager,
                                            const std::byte *compiled) {
  const auto step = static_cast<std::int64_t>(itemsize(dtype));
  for (std::int64_t i = 0; i < size; ++i, eager += step, compiled += step)
    if (!same(dtype, eager, compiled))
      return "element " + std::to_string(i) + ": eager " + format_element(dtype, eager) + " (" +
             format_bits(dtype, eager) + "), compiled " + format_element(dtype, compiled) + " (" +
             format_bits(dtype, compiled) + ")";
  return std::nullopt;
}

/// To the log, and the trace to a file.
static void tell(const Path &path, const ComparedValue &value, const std::string &difference) {
  const std::string file = save_mismatch(path);
  log_line(LogComponent::trace, LogLevel::error,
           "path " + std::to_string(path.id) + " of trace " + path.graph.name + ", value " +
               std::to_string(value.value) + " " + describe(*value.meta) +
               " differs: " + difference + (file.empty() ? "" : "; saved as " + file));
}

static void compare(Path &path, std::span<const ComparedValue> values) {
  for (const ComparedValue &value : values) {
    const auto difference =
        first_difference(value.meta->dtype, value.meta->size, value.eager, value.compiled);
    if (!difference)
      continue;
    path.differences.fetch_add(1, std::memory_order_relaxed);
    tell(path, value, *difference);
    return;
  }
}

void report_difference(Path &path, std::span<const ComparedValue> values) noexcept {
  if_memory([&] { compare(path, values); });
}

} // namespace jit
