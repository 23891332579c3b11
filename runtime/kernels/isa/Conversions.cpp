// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Conversions between all dtypes: plain loops, which the compiler turns into vectors. Every
// conversion is exact or rounds once, so there is nothing an emitter would add.
#include "runtime/kernels/isa/CopyRuns.h"
#include "runtime/kernels/isa/Parts.h"
#include "runtime/kernels/isa/Transpose.h"

#include <type_traits>

namespace jit::TRACEJIT_ISA {

namespace {

/// Floats truncate and saturate, NaN is 0 as an integer and true as a bool; integers wrap.
template <class To, class From> [[gnu::always_inline]] inline To converted(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return x != From{0};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    constexpr From low = std::is_signed_v<To> ? From(-0x1p63) : From(0);
    constexpr From high = std::is_signed_v<To> ? From(0x1p63) : From(256); // exclusive
    constexpr To smallest = std::is_signed_v<To> ? To(INT64_MIN) : To(0);
    constexpr To largest = std::is_signed_v<To> ? To(INT64_MAX) : To(255);
    using Wide = std::conditional_t<sizeof(To) == 1, std::int32_t, To>;
    const From inside = x > low && x < high ? x : From(0);
    const To value = static_cast<To>(static_cast<Wide>(inside));
    return x >= high ? largest : x <= low ? smallest : value;
  } else {
    return static_cast<To>(x);
  }
}

template <class To, class From>
void convert(std::byte *to, const std::byte *from, std::ptrdiff_t stride, std::size_t count) {
  auto *target = reinterpret_cast<To *>(to);
  const auto *source = reinterpret_cast<const From *>(from);
  if (stride == 1) {
    if constexpr (std::is_same_v<To, From>)
      __builtin_memcpy(target, source, count * sizeof(To));
    else
      for (std::size_t i = 0; i < count; ++i)
        target[i] = converted<To>(source[i]);
  } else if (stride == 0) {
    const To value = converted<To>(*source);
    for (std::size_t i = 0; i < count; ++i)
      target[i] = value;
  } else {
    for (std::size_t i = 0; i < count; ++i)
      target[i] = converted<To>(source[static_cast<std::ptrdiff_t>(i) * stride]);
  }
}

template <class To> void add_target(KernelTable &table) noexcept {
  ConvertLoop *row = table.convert[slot(dtype_of<To>)];
  row[slot(DType::boolean)] = convert<To, bool>;
  row[slot(DType::u8)] = convert<To, std::uint8_t>;
  row[slot(DType::i64)] = convert<To, std::int64_t>;
  row[slot(DType::f32)] = convert<To, float>;
  row[slot(DType::f64)] = convert<To, double>;
  table.copy_runs[slot(dtype_of<To>)] = copy_runs<sizeof(To)>;
  table.transpose[slot(dtype_of<To>)] = transpose<To>;
}

} // namespace

void add_conversions(KernelTable &table) noexcept {
  add_target<bool>(table);
  add_target<std::uint8_t>(table);
  add_target<std::int64_t>(table);
  add_target<float>(table);
  add_target<double>(table);
}

} // namespace jit::TRACEJIT_ISA
