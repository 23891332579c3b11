// RUN: trace-opt --emit-cuda=sm_90 %s | FileCheck %s

// A matrix and a row that it is added to, by vectors; a number as an argument.
// CHECK-LABEL: // bias: form flat, 256 threads, 0 bytes shared, no barriers
// CHECK: struct bias_args {
// CHECK-NEXT: const float *b0;
// CHECK-NEXT: const float *b1;
// CHECK-NEXT: float *b2;
// CHECK-NEXT: long long n0;
// CHECK-NEXT: long long n1;
// CHECK-NEXT: };
// CHECK-NEXT: TJ_KERNEL(256) bias(TJ_ARGS(bias_args) p) {
// CHECK-NEXT: const float [[N:f[0-9]+]] = __int_as_float((int)p.n1);
// CHECK-NEXT: for (unsigned unit = TJ_BLOCK; unit < 4u; unit += TJ_BLOCKS) {
// CHECK-NEXT: const unsigned first = unit * 2048u + TJ_THREAD * 4u;
// In the memory of the first operand the result may lie.
// CHECK: TJ_LOAD16(tj_f32x4, p.b0 + (int)i)
// CHECK: TJ_LDG16(tj_f32x4, p.b1 + (int)(i % 64u))
// CHECK: = __fadd_rn(
// CHECK: = __fmul_rn({{f[0-9]+}}, [[N]]);
// CHECK: if (at + 4u <= 6400u) {
// CHECK-NEXT: tj_f32x4 w = {s5[4 * v + 0], s5[4 * v + 1], s5[4 * v + 2], s5[4 * v + 3]};
// CHECK-NEXT: TJ_STORE16(p.b2 + (int)at, w);
// CHECK-LABEL: // bias_u: form flat, 256 threads
// CHECK-NOT: TJ_LDG16
// CHECK: *(p.b0 + (int)i)
// CHECK: TJ_LDG(p.b1 + (int)(i % 64u))
// CHECK-NOT: TJ_STORE16
kernel.func @bias(%x: !kernel.buf<f32>, %y: !kernel.buf<f32>, %z: !kernel.buf<f32>) space<i = 100 : parallel, j = 64 : parallel> {
  %0 = kernel.load %x [i * 64 + j] : <f32> -> <f32, [i, j]>
  %1 = kernel.load %y [j] : <f32> -> <f32, [j]>
  %2 = kernel.ew add %0, %1 : (!kernel.val<f32, [i, j]>, !kernel.val<f32, [j]>) -> !kernel.val<f32, [i, j]>
  %a = kernel.arg 1 : <f32, []>
  %3 = kernel.ew multiply %2, %a : (!kernel.val<f32, [i, j]>, !kernel.val<f32, []>) -> !kernel.val<f32, [i, j]>
  kernel.store %3, %z [i * 64 + j] : <f32, [i, j]> -> <f32>
}

// Bytes travel in words; a matrix that is read backwards, element by element.
// CHECK-LABEL: // back: form flat
// CHECK: words[j / 4] >> j % 4 * 8
// CHECK: TJ_LDG(p.b1 + (int)i * -1 + 2047)
// CHECK: words[j / 4] |= (unsigned)(unsigned char)
kernel.func @back(%x: !kernel.buf<i8>, %y: !kernel.buf<i8>, %z: !kernel.buf<i8>) space<i = 32 : parallel, j = 64 : parallel> {
  %0 = kernel.load %x [i * 64 + j] : <i8> -> <i8, [i, j]>
  %1 = kernel.load %y [i * -64 + j * -1 + 2047] : <i8> -> <i8, [i, j]>
  %2 = kernel.ew multiply %0, %1 : (!kernel.val<i8, [i, j]>, !kernel.val<i8, [i, j]>) -> !kernel.val<i8, [i, j]>
  kernel.store %2, %z [i * 64 + j] : <i8, [i, j]> -> <i8>
}

// Indices of 64 bits from 2^31 points on.
// CHECK-LABEL: // huge: form flat
// CHECK: for (unsigned long long unit = TJ_BLOCK; unit < 524288ull; unit += TJ_BLOCKS) {
// CHECK: p.b0 + (long long)at
kernel.func @huge(%x: !kernel.buf<i8>, %z: !kernel.buf<i8>) space<i = 2147483648 : parallel> {
  %0 = kernel.load %x [i] : <i8> -> <i8, [i]>
  %1 = kernel.ew negative %0 : (!kernel.val<i8, [i]>) -> !kernel.val<i8, [i]>
  kernel.store %1, %z [i] : <i8, [i]> -> <i8>
}
