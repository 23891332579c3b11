// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An emitter that writes every operation as a line of text, `%3 = fma f32 %1, %2, 0x1p+0`: the seam
// for code generators that produce source, and a way to see what a function does.
#pragma once

#include "runtime/scalar/Fallback.h"

#include <cstdio>
#include <string>
#include <string_view>

namespace jit::text {

/// What stands for a value in the text: the name of an earlier line, an operand or a constant.
template <int which> struct Name {
  std::string text;
};

class Emitter {
  /// 32-bit types are even, 64-bit types odd.
  template <int t> using MaskOf = Name<4 + t % 2>;
  static constexpr std::string_view type_names[] = {"f32", "f64", "i32", "i64", "m32", "m64"};

public:
  using F32 = Name<0>;
  using F64 = Name<1>;
  using I32 = Name<2>;
  using I64 = Name<3>;
  using M32 = Name<4>;
  using M64 = Name<5>;

  /// The lines written so far.
  const std::string &text() const { return lines; }

  F32 f32(float c) const { return {hex(c)}; }
  F64 f64(double c) const { return {hex(c)}; }
  I32 i32(std::int32_t c) const { return {std::to_string(c)}; }
  I64 i64(std::int64_t c) const { return {std::to_string(c)}; }

#define TRACEJIT_SAME(name)                                                                        \
  template <int t, class... More> Name<t> name(Name<t> x, More... more) {                          \
    return line<Name<t>>(#name, type_names[t], x, more...);                                        \
  }
  TRACEJIT_SAME(add)
  TRACEJIT_SAME(sub)
  TRACEJIT_SAME(mul)
  TRACEJIT_SAME(div)
  TRACEJIT_SAME(fma)
  TRACEJIT_SAME(neg)
  TRACEJIT_SAME(abs)
  TRACEJIT_SAME(sqrt)
  TRACEJIT_SAME(floor)
  TRACEJIT_SAME(trunc)
  TRACEJIT_SAME(rint)
  TRACEJIT_SAME(bit_and)
  TRACEJIT_SAME(bit_or)
  TRACEJIT_SAME(bit_xor)
  TRACEJIT_SAME(bit_not)
  TRACEJIT_SAME(mulhi)
#undef TRACEJIT_SAME

#define TRACEJIT_COMPARE(name)                                                                     \
  template <int t> auto name(Name<t> x, Name<t> y) {                                               \
    return line<MaskOf<t>>(#name, type_names[t], x, y);                                            \
  }
  TRACEJIT_COMPARE(eq)
  TRACEJIT_COMPARE(ne)
  TRACEJIT_COMPARE(lt)
  TRACEJIT_COMPARE(le)
#undef TRACEJIT_COMPARE

  template <int t> Name<t> rarely(MaskOf<t> m, Name<t> x, const auto &outside, auto near) {
    const Name<t> y = near();
    return line<Name<t>>("unless", type_names[t], m, Name<t>{outside.name}, x, y);
  }
  template <int t> Name<t> select(MaskOf<t> m, Name<t> x, Name<t> y) {
    return line<Name<t>>("select", type_names[t], m, x, y);
  }
  template <int t> Name<t> shl(Name<t> x, int n) {
    return line<Name<t>>("shl", type_names[t], x, i32(n));
  }
  template <int t> Name<t> lshr(Name<t> x, int n) {
    return line<Name<t>>("lshr", type_names[t], x, i32(n));
  }
  template <int t> Name<t> ashr(Name<t> x, int n) {
    return line<Name<t>>("ashr", type_names[t], x, i32(n));
  }
  template <int t> Name<t> shl(Name<t> x, Name<t> n) {
    return line<Name<t>>("shl", type_names[t], x, n);
  }
  template <int t> Name<t> ashr(Name<t> x, Name<t> n) {
    return line<Name<t>>("ashr", type_names[t], x, n);
  }
  I64 quotient(I64 x, I64 y) { return line<I64>("quotient", "i64", x, y); }
  I32 to_bits(F32 x) { return line<I32>("to_bits", "f32", x); }
  I64 to_bits(F64 x) { return line<I64>("to_bits", "f64", x); }
  F32 from_bits(I32 x) { return line<F32>("from_bits", "i32", x); }
  F64 from_bits(I64 x) { return line<F64>("from_bits", "i64", x); }
  template <int t> Name<t> ldexp(Name<t> x, Name<t> shifted) {
    return scalar::ldexp_by_halves(*this, x, shifted);
  }
  template <int t> std::pair<Name<t>, Name<t>> split(Name<t> x) {
    return scalar::split_by_bits(*this, x);
  }
  F32 lookup(I32 index, const float (&table)[8]) {
    return line<F32>("lookup", "f32", index, list(table));
  }
  F64 lookup(I64 index, const double (&table)[16]) {
    return line<F64>("lookup", "f64", index, list(table));
  }
  template <int t> F64 to_f64(Name<t> x) { return line<F64>("to_f64", type_names[t], x); }
  template <int t> F32 to_f32(Name<t> x) { return line<F32>("to_f32", type_names[t], x); }
  template <int t> I32 to_i32(Name<t> x) { return line<I32>("to_i32", type_names[t], x); }
  template <int t> I64 to_i64(Name<t> x) { return line<I64>("to_i64", type_names[t], x); }
  M64 to_m64(M32 m) { return line<M64>("to_m64", "m32", m); }
  M32 to_m32(M64 m) { return line<M32>("to_m32", "m64", m); }

private:
  static std::string hex(double c) {
    char digits[40];
    std::snprintf(digits, sizeof(digits), "%a", c);
    return digits;
  }
  template <class T, int n> static Name<-1> list(const T (&table)[n]) {
    std::string row;
    for (T entry : table)
      row += (row.empty() ? "{" : " ") + hex(entry);
    return {row + "}"};
  }
  template <class R, class... X>
  R line(std::string_view operation, std::string_view type, const X &...operand) {
    std::string name = "%" + std::to_string(count++);
    lines.append(name).append(" = ").append(operation).append(" ").append(type);
    const char *separator = " ";
    ((lines.append(separator).append(operand.text), separator = ", "), ...);
    lines += '\n';
    return {name};
  }

  std::string lines;
  int count = 0;
};

static_assert(scalar::Emitter<Emitter>);

} // namespace jit::text
