// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Integers are reduced here by the steps of runtime/scalar/LargeAngle.cpp; what follows in floats
// comes from the templates that it calls.
#include "compiler/cuda/text/LargeAngleText.h"

#include "compiler/cuda/text/Emitter.h"
#include "runtime/scalar/LargeAngle.h"
#include "runtime/scalar/Trig.h"

#include <cstdio>
#include <iterator>

namespace jit::gpu {
namespace {

constexpr std::string_view reduction = R"(struct tj_angle { unsigned quarter; double r, r_low; };
TJ_DEVICE unsigned long long tj_bits_from(const unsigned long long *word, int shift) {
  const unsigned long long first = TJ_LDG(word), second = TJ_LDG(word + 1);
  return shift == 0 ? first : first << shift | second >> (64 - shift);
}
// x = (4 n + quarter) pi / 2 + r + r_low with |r| <= pi / 4, for finite x >= 2^18.
TJ_DEVICE tj_angle tj_reduce(double x) {
  const unsigned long long bits = (unsigned long long)__double_as_longlong(x);
  const unsigned long long m = (bits & 0xfffffffffffffull) | 0x10000000000000ull;
  const int begin = (int)(bits >> 52) - 1013;
  const unsigned long long *word = tj_two_over_pi + begin / 64;
  const unsigned long long window0 = tj_bits_from(word, begin % 64);
  const unsigned long long window1 = tj_bits_from(word + 1, begin % 64);
  const unsigned long long window2 = tj_bits_from(word + 2, begin % 64);
  const unsigned long long carry = __umul64hi(m, window2);
  const unsigned long long middle = m * window1 + carry;
  const unsigned long long high = m * window0 + __umul64hi(m, window1) + (middle < carry);
  const unsigned long long low = m * window2;
  const unsigned long long fraction = high << 2 | middle >> 62;
  const bool is_negative = (fraction >> 63) != 0;
  const unsigned long long flip = is_negative ? ~0ull : 0ull;
  unsigned long long part0 = fraction ^ flip;
  unsigned long long part1 = (middle << 2 | low >> 62) ^ flip;
  unsigned long long part2 = (low << 2) ^ flip;
  int zeros = 0;
  if (part0 == 0) {
    part0 = part1;
    part1 = part2;
    zeros = 64;
  }
  const int more = __clzll((long long)part0);
  if (more != 0) {
    part0 = part0 << more | part1 >> (64 - more);
    part1 = part1 << more | part2 >> (64 - more);
    zeros += more;
  }
  const long long unit_bits = ((long long)(970 - zeros) << 52) | (long long)((unsigned long long)is_negative << 63);
  const double high_part = __ull2double_rn(part0 >> 11);
  const double low_part = __ull2double_rn((part0 & 0x7ff) << 53 | part1 >> 11);
  const double unit = __longlong_as_double(unit_bits);
  const double low_unit = __dmul_rn(unit, 0x1p-64);
  const double f = __dmul_rn(high_part, unit);
  const double f_low = __dmul_rn(low_part, low_unit);
  const double r = __dmul_rn(f, 0x1.921fb54442d18p+0);
  const double minus_r = -r;
  const double lost = __fma_rn(f, 0x1.921fb54442d18p+0, minus_r);
  const double first = __dmul_rn(f, 0x1.1a62633145c07p-54);
  const double second = __dmul_rn(f_low, 0x1.921fb54442d18p+0);
  const double beyond = __dadd_rn(first, second);
  tj_angle angle;
  angle.quarter = ((unsigned)(high >> 62) + is_negative) % 4;
  angle.r = r;
  angle.r_low = __dadd_rn(lost, beyond);
  return angle;
}
)";

} // namespace

std::string large_angle_name(std::string_view name, bool is_f64) {
  return "tj_" + std::string(name) + (is_f64 ? "_outside_f64" : "_outside_f32");
}

std::string large_angle_reduction() {
  std::string text = "TJ_TABLE unsigned long long tj_two_over_pi[" +
                     std::to_string(std::size(scalar::two_over_pi)) + "] = {";
  for (std::uint64_t word : scalar::two_over_pi) {
    char digits[24];
    std::snprintf(digits, sizeof digits, "0x%016llxull, ", static_cast<unsigned long long>(word));
    text += digits;
  }
  text.resize(text.size() - 2);
  return text.append("};\n").append(reduction);
}

std::string large_angle_function(ModuleText &module, std::string_view name) {
  using V = Emitter::F64;
  Lines out;
  Emitter e(module, out);
  const std::string f64_name = large_angle_name(name, true);
  // Called: a warp seldom comes here, and its kernel has the call once an element.
  out.open("TJ_OUTLINE double " + f64_name + "(double x) {");
  const V x{"x"};
  const V magnitude = e.abs(x);
  const Emitter::M64 is_finite =
      e.lt(magnitude, Emitter::f64(scalar::Format<Emitter, V>::infinity));
  out.open("if (!" + is_finite.text + ") {");
  out.line("return " + Emitter::f64(scalar::Format<Emitter, V>::nan).text + ";");
  out.close("}");
  out.line("const tj_angle at = tj_reduce(" + magnitude.text + ");");
  const V r = e.define<1>("at.r"), r_low = e.define<1>("at.r_low");
  const std::string turns = name == "cos" ? "(at.quarter + 1)" : "at.quarter";
  const Emitter::M64 is_even = e.define<5>(turns + " % 2 == 0");
  const bool is_odd_function = name != "cos";
  V value = name == "tan" ? scalar::tan_reduced(e, r, r_low, is_even)
                          : scalar::sin_reduced(e, r, r_low, is_even);
  if (name != "tan") {
    const Emitter::M64 flips = e.define<5>("(" + turns + " & 2) != 0");
    const V negated = e.neg(value);
    value = e.select(flips, negated, value);
  }
  if (is_odd_function) {
    const Emitter::M64 flips = e.lt(x, Emitter::f64(0));
    const V negated = e.neg(value);
    value = e.select(flips, negated, value);
  }
  out.line("return " + value.text + ";");
  out.close("}");
  out.open("TJ_DEVICE float " + large_angle_name(name, false) + "(float x) {");
  const V wide = e.to_f64(Emitter::F32{"x"});
  const V result = e.define<1>(f64_name + "(" + wide.text + ")");
  const Emitter::F32 narrow = e.to_f32(result);
  out.line("return " + narrow.text + ";");
  out.close("}");
  return out.text();
}

} // namespace jit::gpu
