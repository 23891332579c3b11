// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The text emitter: one line an operation, in an order that no compiler may change.
#include "runtime/scalar/Text.h"
#include "runtime/scalar/Functions.h"

#include <gtest/gtest.h>

namespace jit::scalar_test {
namespace {

using text::Emitter;

TEST(Text, RsqrtIsTwoLines) {
  Emitter e;
  auto result = scalar::rsqrt(e, Emitter::F64{"%x"});
  EXPECT_EQ(result.text, "%1");
  EXPECT_EQ(e.text(), "%0 = sqrt f64 %x\n%1 = div f64 0x1p+0, %0\n");
}

TEST(Text, ExpIsTheDocumentedSequence) {
  Emitter e;
  scalar::exp(e, Emitter::F32{"%x"});
  EXPECT_EQ(e.text(), "%0 = lt f32 0x1.64p+6, %x\n"
                      "%1 = select f32 %0, 0x1.64p+6, %x\n"
                      "%2 = lt f32 %1, -0x1.ap+6\n"
                      "%3 = select f32 %2, -0x1.ap+6, %1\n"
                      "%4 = fma f32 %3, 0x1.715476p+0, 0x1.8001fcp+23\n"
                      "%5 = sub f32 %4, 0x1.8001fcp+23\n"
                      "%6 = fma f32 %5, -0x1.62e4p-1, %3\n"
                      "%7 = fma f32 %5, -0x1.7f7d1cp-20, %6\n"
                      "%8 = mul f32 %7, %7\n"
                      "%9 = fma f32 0x1.12398ep-7, %7, 0x1.5558bp-5\n"
                      "%10 = fma f32 0x1.6a4d68p-10, %8, %9\n"
                      "%11 = fma f32 0x1.555492p-3, %7, 0x1.fffffcp-2\n"
                      "%12 = fma f32 %10, %8, %11\n"
                      "%13 = fma f32 %8, %12, %7\n"
                      "%14 = add f32 %13, 0x1p+0\n"
                      "%15 = to_bits f32 %4\n"
                      "%16 = lshr i32 %15, 1\n"
                      "%17 = sub i32 %15, %16\n"
                      "%18 = shl i32 %16, 23\n"
                      "%19 = shl i32 %17, 23\n"
                      "%20 = from_bits i32 %18\n"
                      "%21 = from_bits i32 %19\n"
                      "%22 = mul f32 %14, %20\n"
                      "%23 = mul f32 %22, %21\n");
}

TEST(Text, MasksOf64BitComparisonsBecomeBool) {
  Emitter e;
  auto below = scalar::less(e, Emitter::I64{"%x"}, Emitter::I64{"%y"});
  scalar::where(e, below, Emitter::F64{"%a"}, Emitter::F64{"%b"});
  EXPECT_EQ(e.text(), "%0 = lt i64 %x, %y\n%1 = to_m32 m64 %0\n%2 = to_m64 m32 %1\n"
                      "%3 = select f64 %2, %a, %b\n");
}

TEST(Text, NarrowTypesAreMasked) {
  Emitter e;
  scalar::normalise<std::uint8_t>(e, scalar::add(e, Emitter::I32{"%x"}, Emitter::I32{"%y"}));
  EXPECT_EQ(e.text(), "%0 = add i32 %x, %y\n%1 = bit_and i32 %0, 255\n");
}

} // namespace
} // namespace jit::scalar_test
