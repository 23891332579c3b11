// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Each rule of texts and of PTX is seen broken once; and what stands in front of kernels.
#include "compiler/cuda/text/ModuleText.h"
#include "compiler/cuda/text/TextRules.h"

#include <gtest/gtest.h>

namespace jit::gpu::test {
namespace {

std::string judged(const std::string &line) {
  return check_text("//--- prelude clang\nfloat x = a + b;\n//--- kernels\n"
                    "TJ_KERNEL(256) f(TJ_ARGS(f_args) p) {\nfloat f0; double d0; int i0;\n"
                    "float a0[8]; double b0[4];\n" +
                    line + "\n}\n");
}

TEST(TextRules, OneOperationOfALine) {
  for (const char *good :
       {"const float f1 = __fadd_rn(f0, 0x1p+0f);", "const float f1 = -f0;", "f0 = a0[4 * v + 1];",
        "const double d1 = (double)f0;", "const float f1 = m0 ? -0x1p+0f : f0;",
        "const float f1 = m0 ? TJ_LDG(p.b0 + (int)i * 4) : 0x0p+0f;", "a0[4 * v + 1] = w.x;",
        "const float f1 = __fmaf_rn(f0, __int_as_float(0x7fc00000), -0x1p-2f);",
        "const int i1 = (int)((unsigned)i0 + (unsigned)i0);", "const bool m1 = f0 < 0x1p+0f;",
        "const float *q = p.b0 + 4;", "const float f1 = *(p.b0 + (int)i);",
        "const float f1 = TJ_SHUFFLE_DOWN(f0, 8, 16);", "const double d1 = floor(d0);"})
    EXPECT_EQ(judged(good), "") << good;
  for (const char *bad :
       {"const float f1 = f0 + f0;", "const float f1 = f0 * 0x1p+0f;", "f0 = f0 / f0;",
        "const float f1 = __fadd_rn(__fmul_rn(f0, f0), f0);", "const float f1 = fmaf(f0, f0, f0);",
        "const float f1 = expf(f0);", "const double d1 = fmin(d0, d0);", "a0[3] = f0 - f0;",
        "const float f1 = __fadd_rn(f0, 0x1p+0);", "const float f1 = m0 ? f0 * f0 : f0;",
        "const float f1 = __fadd_rn(f0, f0) + f0;", "#include <math.h>",
        "template <class T> T g();", "const float f1 = __fadd_rn(f0, f0 * f0);",
        "const double d1 = -d0 + d0;"})
    EXPECT_NE(judged(bad), "") << bad;
}

TEST(TextRules, Ptx) {
  EXPECT_EQ(check_ptx("\tadd.rn.f32 \t%f1, %f2, %f3;\n\tcvt.rzi.s32.f32 %r1, %f1;\n"), "");
  for (const char *bad : {"\tadd.rn.ftz.f32 \t%f1, %f2, %f3;", "\tsqrt.approx.f32 %f1, %f2;",
                          "\tadd.f32 \t%f1, %f2, %f3;", "\tmul.f64 \t%fd1, %fd2, %fd3;",
                          "\tdiv.full.f32 %f1, %f2, %f3;", "\tst.local.b32 [%rd1], %r2;"})
    EXPECT_NE(check_ptx(bad), "") << bad;
}

TEST(Preludes, OneTakesThePlaceOfAnother) {
  ModuleText module;
  module.add({.name = "f", .form = "flat", .members = "  int *b0;\n", .body = "  p.b0[0] = 1;\n"});
  const std::string text = module.text(Prelude::nvrtc);
  EXPECT_TRUE(text.starts_with("//--- prelude nvrtc\n"));
  EXPECT_EQ(with_prelude(text, Prelude::emu), module.text(Prelude::emu));
  EXPECT_EQ(with_prelude("int f();\n", Prelude::emu), "");
  EXPECT_NE(text.find("//--- kernels\n// f: form flat, 256 threads, 0 bytes shared, no barriers\n"
                      "struct f_args {\n  int *b0;\n};\nTJ_KERNEL(256) f(TJ_ARGS(f_args) p) {\n"),
            std::string::npos);
}

} // namespace
} // namespace jit::gpu::test
