// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What gradient records become: calls of public functions, one a statement, and masks of what is kept.
// RUN: jit-tblgen -gen-gradients -I %root -I %mlir_include %root/dialects/trace/Gradients.td | FileCheck %s

// CHECK:      void sqrt_rule(Backward &b) {
// CHECK-NEXT:   if (b.wants(0)) {
// CHECK-NEXT:     Tensor t0 = multiply(b.dy(), b.at(0.5));
// CHECK-NEXT:     Tensor t1 = divide(b.at(std::move(t0)), b.result(0));
// CHECK-NEXT:     b.give(0, b.at(std::move(t1)));
// CHECK-NEXT:   }
// CHECK-NEXT: }
// CHECK-NEXT: constexpr Keep sqrt_keeps[]{256, };

// A step that is written three times is done once.
// CHECK:      void gelu_rule(Backward &b) {
// CHECK-NEXT:   if (b.wants(0)) {
// CHECK-NEXT:     Tensor t0 = clip(b.operand(0), b.at(-30), b.at(30));
// CHECK-NEXT:     Tensor t1 = multiply(b.at(t0), b.at(0.70710678118654752));
// CHECK-NOT:      clip
// CHECK:          square(b.at(t0));
// CHECK-NOT:      clip
// CHECK:        constexpr Keep gelu_keeps[]{1, };

// Bit 0 is x, bit 1 is y; a sum needs neither.
// CHECK:      void add_rule(Backward &b) {
// CHECK:        b.give(0, b.dy());
// CHECK:        b.give(1, b.dy());
// CHECK:      constexpr Keep add_keeps[]{0, 0, };
// CHECK:      constexpr Keep multiply_keeps[]{2, 1, };
// CHECK:      constexpr Keep pow_keeps[]{3, 257, };

// The condition has no rule and is kept for both others.
// CHECK:      constexpr Keep where_keeps[]{0, 1, 1, };

// Both results of var_mean have a bit; only the mean is needed.
// CHECK:      constexpr Keep var_mean_keeps[]{513, };

// Reductions in a row op's rule are over its axis.
// CHECK:      Tensor t1 = sum(b.at(std::move(t0)), b.row());

// CHECK:      constexpr GradientRule gradient_rules[]{
// CHECK-NEXT:   {&negative_rule, negative_keeps, nullptr},
// CHECK-NEXT:   {&abs_rule, abs_keeps, nullptr},
// CHECK-NEXT:   {nullptr, {}, nullptr},
// CHECK:        {&matmul_gradient, matmul_keeps, nullptr},
