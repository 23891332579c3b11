// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Names of element types.
#include <tracejit/dtype.h>

#include <array>

namespace jit {
namespace {

struct Row {
  std::string_view name;
  bool supported;
};

// In the order of DType.
constexpr std::array<Row, 12> rows{{
    {"bool", true},
    {"i8", true},
    {"u8", true},
    {"i16", true},
    {"u16", true},
    {"i32", true},
    {"u32", true},
    {"i64", true},
    {"f16", false},
    {"bf16", false},
    {"f32", true},
    {"f64", true},
}};
static_assert(rows.size() == static_cast<std::size_t>(DType::f64) + 1);

const Row &row(DType dtype) noexcept { return rows[static_cast<std::size_t>(dtype)]; }

} // namespace

std::string_view name(DType dtype) noexcept { return row(dtype).name; }

std::optional<DType> dtype_from_name(std::string_view text) noexcept {
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].name == text)
      return static_cast<DType>(i);
  return std::nullopt;
}

bool is_supported(DType dtype) noexcept { return row(dtype).supported; }

} // namespace jit
