// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The Emitter concept (runtime/scalar/Emitter.h) as CUDA C++: one element a thread, one operation a
// line, so that no compiler finds two of them to join.
#pragma once

#include "compiler/cuda/text/ModuleText.h"
#include "runtime/scalar/Fallback.h"

#include <string>
#include <string_view>

namespace jit::gpu {

/// What stands for a value in the text: a variable, a parameter or a constant.
template <int kind> struct Name {
  std::string text;
};

class Emitter {
  /// 32-bit types are even, 64-bit types odd.
  template <int t> using MaskOf = Name<4 + t % 2>;
  static constexpr std::string_view types[] = {"float",     "double", "int",
                                               "long long", "bool",   "bool"};
  static constexpr std::string_view letters[] = {"f", "d", "i", "l", "m", "m"};

public:
  using F32 = Name<0>;
  using F64 = Name<1>;
  using I32 = Name<2>;
  using I64 = Name<3>;
  using M32 = Name<4>;
  using M64 = Name<5>;

  /// Writes to `out`; tables and helper functions go to the module.
  Emitter(ModuleText &module, Lines &out) : module(module), out(out) {}

  static F32 f32(float c);
  static F64 f64(double c);
  static I32 i32(std::int32_t c);
  static I64 i64(std::int64_t c);

#define TRACEJIT_ARITHMETIC(name, f32_function, f64_function, sign)                                \
  template <int t> Name<t> name(Name<t> x, Name<t> y) {                                            \
    if constexpr (t < 2)                                                                           \
      return call<t>(f32_function, f64_function, x, y);                                            \
    else                                                                                           \
      return define<t>(wrapped<t>(as_unsigned(x) + " " sign " " + as_unsigned(y)));                \
  }
  TRACEJIT_ARITHMETIC(add, "__fadd_rn", "__dadd_rn", "+")
  TRACEJIT_ARITHMETIC(sub, "__fsub_rn", "__dsub_rn", "-")
  TRACEJIT_ARITHMETIC(mul, "__fmul_rn", "__dmul_rn", "*")
#undef TRACEJIT_ARITHMETIC

#define TRACEJIT_FLOATING(name, f32_function, f64_function)                                        \
  template <int t, class... More> Name<t> name(Name<t> x, More... more) {                          \
    static_assert(t < 2);                                                                          \
    return call<t>(f32_function, f64_function, x, more...);                                        \
  }
  TRACEJIT_FLOATING(div, "__fdiv_rn", "__ddiv_rn")
  TRACEJIT_FLOATING(fma, "__fmaf_rn", "__fma_rn")
  TRACEJIT_FLOATING(abs, "fabsf", "fabs")
  TRACEJIT_FLOATING(sqrt, "__fsqrt_rn", "__dsqrt_rn")
  TRACEJIT_FLOATING(floor, "floorf", "floor")
  TRACEJIT_FLOATING(trunc, "truncf", "trunc")
  TRACEJIT_FLOATING(rint, "rintf", "rint")
#undef TRACEJIT_FLOATING
  template <int t> Name<t> neg(Name<t> x) {
    if (x.text.front() == '-') // a constant
      return {x.text.substr(1)};
    return define<t>("-" + x.text);
  }

#define TRACEJIT_COMPARE(name, sign)                                                               \
  template <int t> MaskOf<t> name(Name<t> x, Name<t> y) {                                          \
    return define<4 + t % 2>(x.text + " " sign " " + y.text);                                      \
  }
  TRACEJIT_COMPARE(eq, "==")
  TRACEJIT_COMPARE(ne, "!=")
  TRACEJIT_COMPARE(lt, "<")
  TRACEJIT_COMPARE(le, "<=")
#undef TRACEJIT_COMPARE
  template <int t> Name<t> select(MaskOf<t> m, Name<t> x, Name<t> y) {
    return define<t>(m.text + " ? " + x.text + " : " + y.text);
  }

#define TRACEJIT_BITWISE(name, sign)                                                               \
  template <int t> Name<t> name(Name<t> x, Name<t> y) {                                            \
    const std::string both = x.text + " " sign " " + y.text;                                       \
    return define<t>(t < 4 ? both : "(bool)(" + both + ")");                                       \
  }
  TRACEJIT_BITWISE(bit_and, "&")
  TRACEJIT_BITWISE(bit_or, "|")
  TRACEJIT_BITWISE(bit_xor, "^")
#undef TRACEJIT_BITWISE
  template <int t> Name<t> bit_not(Name<t> x) { return define<t>("!" + x.text); }

  template <int t> Name<t> shl(Name<t> x, int n) {
    return define<t>(wrapped<t>(as_unsigned(x) + " << " + std::to_string(n)));
  }
  template <int t> Name<t> lshr(Name<t> x, int n) {
    return define<t>(wrapped<t>(as_unsigned(x) + " >> " + std::to_string(n)));
  }
  template <int t> Name<t> ashr(Name<t> x, int n) {
    return define<t>(x.text + " >> " + std::to_string(n));
  }
  template <int t> Name<t> shl(Name<t> x, Name<t> n) {
    return define<t>(wrapped<t>(as_unsigned(x) + " << " + n.text));
  }
  template <int t> Name<t> ashr(Name<t> x, Name<t> n) {
    return define<t>(x.text + " >> " + n.text);
  }
  I64 quotient(I64 x, I64 y) { return define<3>(x.text + " / " + y.text); }
  I32 mulhi(I32 x, I32 y) {
    return define<2>("(int)__umulhi(" + as_unsigned(x) + ", " + as_unsigned(y) + ")");
  }
  I32 to_bits(F32 x) { return define<2>("__float_as_int(" + x.text + ")"); }
  I64 to_bits(F64 x) { return define<3>("__double_as_longlong(" + x.text + ")"); }
  F32 from_bits(I32 x) { return define<0>("__int_as_float(" + x.text + ")"); }
  F64 from_bits(I64 x) { return define<1>("__longlong_as_double(" + x.text + ")"); }

  template <int t> Name<t> ldexp(Name<t> x, Name<t> shifted) {
    return scalar::ldexp_by_halves(*this, x, shifted);
  }
  template <int t> std::pair<Name<t>, Name<t>> split(Name<t> x) {
    return scalar::split_by_bits(*this, x);
  }
  F32 lookup(I32 index, const float (&table)[8]) {
    return {lookup("float", "f", index.text, table)};
  }
  F64 lookup(I64 index, const double (&table)[16]) {
    return {lookup("double", "d", index.text, table)};
  }
  /// The threads of a warp that need it take the function outside, the others wait.
  template <int t> Name<t> rarely(MaskOf<t> m, Name<t> x, const auto &outside, auto near) {
    const Name<t> result{fresh(letters[t])};
    out.line(std::string(types[t]) + " " + result.text + ";");
    out.open("if (" + m.text + ") {");
    out.line(result.text + " = " + module.outside(outside.name, t == 1) + "(" + x.text + ");");
    out.reopen("} else {");
    const Name<t> usual = near();
    out.line(result.text + " = " + usual.text + ";");
    out.close("}");
    return result;
  }

  template <int t> F64 to_f64(Name<t> x) {
    constexpr std::string_view by[] = {"(double)", "", "__int2double_rn", "__ll2double_rn"};
    return converted<1, t>(by[t], x);
  }
  template <int t> F32 to_f32(Name<t> x) {
    constexpr std::string_view by[] = {"", "__double2float_rn", "__int2float_rn", "__ll2float_rn"};
    return converted<0, t>(by[t], x);
  }
  template <int t> I32 to_i32(Name<t> x) {
    constexpr std::string_view by[] = {"__float2int_rz", "__double2int_rz", "", "(int)"};
    return converted<2, t>(by[t], x);
  }
  template <int t> I64 to_i64(Name<t> x) {
    constexpr std::string_view by[] = {"", "__double2ll_rz", "(long long)", ""};
    return converted<3, t>(by[t], x);
  }
  M64 to_m64(M32 m) { return {m.text}; }
  M32 to_m32(M64 m) { return {m.text}; }

  /// A new variable that the text computes in one step.
  template <int t> Name<t> define(const std::string &expression) {
    const std::string name = fresh(letters[t]);
    out.line("const " + std::string(types[t]) + " " + name + " = " + expression + ";");
    return {name};
  }
  /// A name that the text has not used yet.
  std::string fresh(std::string_view letter) {
    return std::string(letter) + std::to_string(count++);
  }
  Lines &lines() { return out; }

private:
  template <int t> static std::string as_unsigned(const Name<t> &x) {
    return (t == 2 ? "(unsigned)" : "(unsigned long long)") + x.text;
  }
  template <int t> static std::string wrapped(const std::string &expression) {
    return "(" + std::string(types[t]) + ")(" + expression + ")";
  }
  template <int t, class... X>
  Name<t> call(const char *f32_function, const char *f64_function, const X &...x) {
    std::string expression = std::string(t == 0 ? f32_function : f64_function) + "(";
    const char *separator = "";
    ((expression.append(separator).append(x.text), separator = ", "), ...);
    return define<t>(expression + ")");
  }
  template <int to, int from> Name<to> converted(std::string_view by, const Name<from> &x) {
    static_assert(to != from);
    const std::string how(by);
    return define<to>(how.back() == ')' ? how + x.text : how + "(" + x.text + ")");
  }
  /// A line of 32 or 128 bytes that every thread reads somewhere else; constant memory would take
  /// the threads one by one.
  template <class T, int n>
  std::string lookup(const char *type, const char *letter, const std::string &index,
                     const T (&table)[n]) {
    std::string entries;
    for (T entry : table) {
      if constexpr (n == 8)
        entries += (entries.empty() ? "" : ", ") + f32(entry).text;
      else
        entries += (entries.empty() ? "" : ", ") + f64(entry).text;
    }
    const std::string name = fresh(letter);
    out.line(std::string("const ") + type + " " + name + " = TJ_LDG(" +
             module.table(type, n, entries) + " + " + index + ");");
    return name;
  }

  ModuleText &module;
  Lines &out;
  int count = 0;
};

static_assert(scalar::Emitter<Emitter>);

} // namespace jit::gpu
