// RUN: trace-opt --emit-cuda=sm_90 %s | FileCheck %s

// 64 threads are the chains of a row, which join by halves: 32 in another warp, the others in one.
// CHECK-LABEL: // sums: form chunk, 256 threads, 2048 bytes shared, barriers
// CHECK: const unsigned member = TJ_THREAD % 64u;
// CHECK-NEXT: const unsigned team = TJ_THREAD / 64u;
// CHECK-NEXT: float *[[PASSED:passed[0-9]]] = (float *)TJ_SHARED;
// CHECK-NEXT: for (unsigned unit = TJ_BLOCK; unit < 32u; unit += TJ_BLOCKS) {
// CHECK-NEXT: const unsigned i = (unit * 4u + team) * 1000u;
// CHECK: float [[SUM:v[0-9]+]] = -0x0p+0f;
// CHECK-NEXT: for (unsigned j = member; j < 1000u; j += 64u) {
// CHECK-NEXT: const unsigned i = row + j;
// CHECK-NEXT: const float [[X:f[0-9]+]] = TJ_LDG(p.b0 + (int)i);
// CHECK-NEXT: const float [[NEXT:f[0-9]+]] = __fadd_rn([[SUM]], [[X]]);
// CHECK-NEXT: [[SUM]] = [[NEXT]];
// CHECK: [[PASSED]][TJ_THREAD] = [[SUM]];
// CHECK-NEXT: TJ_BARRIER();
// CHECK: TJ_BARRIER();
// CHECK-NEXT: __fadd_rn(
// CHECK-NEXT: TJ_SHUFFLE_XOR({{f[0-9]+}}, 16, 32);
// CHECK-NEXT: __fadd_rn(
// CHECK-NEXT: TJ_SHUFFLE_XOR({{f[0-9]+}}, 8, 32);
// CHECK: TJ_SHUFFLE_XOR({{f[0-9]+}}, 1, 32);
// CHECK-NEXT: __fadd_rn(
// CHECK-NEXT: if (member == 0)
// CHECK-NEXT: p.b1[(int)(i / 1000u)] =
kernel.func @sums(%x: !kernel.buf<f32>, %y: !kernel.buf<f32>) space<i = 128 : parallel, j = 1000 : row> {
  %0 = kernel.load %x [i * 1000 + j] : <f32> -> <f32, [i, j]>
  %1 = kernel.reduce sum %0 order inner : (!kernel.val<f32, [i, j]>) -> !kernel.val<f32, [i]>
  kernel.store %1, %y [i] : <f32, [i]> -> <f32>
}

// Four chunks of 4096 side by side; their sums go to the chains whose turn it is.
// CHECK-LABEL: // total: form chunk
// CHECK: for (unsigned round = 0; round < 3u; ++round) {
// CHECK-NEXT: const unsigned [[FIRST:first[0-9]+]] = (round * 4u + member / 64u) * 4096u;
// CHECK: const unsigned [[END:end[0-9]+]] = [[FIRST]] + 4096u < 40007u ? [[FIRST]] + 4096u : 40007u;
// CHECK-NEXT: for (unsigned j = [[FIRST]] + member % 64u; j < [[END]]; j += 64u) {
// CHECK: for (unsigned g = (member % 64u - round * 4u) & 63u; g < 4u && round * 4u + g < 10u; g += 64u) {
// CHECK: p.b1[0] =
kernel.func @total(%x: !kernel.buf<f32>, %y: !kernel.buf<f32>) space<i = 40007 : row> {
  %0 = kernel.load %x [i] : <f32> -> <f32, [i]>
  %1 = kernel.reduce sum %0 order inner : (!kernel.val<f32, [i]>) -> !kernel.val<f32, []>
  kernel.store %1, %y [0] : <f32, []> -> <f32>
}

// Neighbouring threads have neighbouring columns; the last of three blocks has six.
// CHECK-LABEL: // columns: form outer
// CHECK: const unsigned member = TJ_THREAD / 32u;
// CHECK-NEXT: const unsigned team = TJ_THREAD % 32u;
// CHECK: for (unsigned unit = TJ_BLOCK; unit < 3u; unit += TJ_BLOCKS) {
// CHECK-NEXT: const bool live = unit * 32u + team < 70u;
// CHECK-NEXT: const unsigned i = (live ? unit * 32u + team : 69u) * 1000u;
// CHECK: const int [[BASE:at[0-9]+]] = (int)(row / 1000u);
// CHECK: for (unsigned j = {{first[0-9]+}} + member % 4u; j < {{end[0-9]+}}; j += 4u) {
// CHECK: TJ_LDG(p.b0 + [[BASE]] + (int)j * 70);
// CHECK: if (live && member == 0)
kernel.func @columns(%x: !kernel.buf<f32>, %y: !kernel.buf<f32>) space<i = 70 : parallel, j = 1000 : row> {
  %0 = kernel.load %x [i + j * 70] : <f32> -> <f32, [i, j]>
  %1 = kernel.reduce sum %0 order outer : (!kernel.val<f32, [i, j]>) -> !kernel.val<f32, [i]>
  kernel.store %1, %y [i] : <f32, [i]> -> <f32>
}

// What the second pass needs again lies in shared memory. A row of 20 has a warp, which needs no
// barrier for its sum.
// CHECK-LABEL: // centred: form row, 256 threads, 640 bytes shared, barriers
// CHECK: float *[[KEPT:kept[0-9]+]] = (float *)(TJ_SHARED + 0);
// CHECK: for (unsigned j = member; j < 20u; j += 32u) {
// CHECK: [[SQUARE:f[0-9]+]] = __fmul_rn(
// CHECK: [[KEPT]][team * 20u + j] = [[SQUARE]];
// CHECK-NOT: TJ_BARRIER
// CHECK: TJ_SHUFFLE_XOR({{f[0-9]+}}, 1, 32);
// CHECK: TJ_BARRIER();
// CHECK-NEXT: for (unsigned j = member; j < 20u; j += 32u) {
// CHECK: = [[KEPT]][team * 20u + j];
// CHECK-NEXT: __fsub_rn(
// CHECK-NEXT: if (live) p.b1[(int)i] =
kernel.func @centred(%x: !kernel.buf<f32>, %y: !kernel.buf<f32>) space<i = 130 : parallel, j = 20 : row> {
  %0 = kernel.load %x [i * 20 + j] : <f32> -> <f32, [i, j]>
  %1 = kernel.ew square %0 : (!kernel.val<f32, [i, j]>) -> !kernel.val<f32, [i, j]>
  %2 = kernel.keep %1 : <f32, [i, j]> -> <f32, [i, j]>
  %3 = kernel.reduce sum %1 order inner : (!kernel.val<f32, [i, j]>) -> !kernel.val<f32, [i]>
  %4 = kernel.ew subtract %2, %3 : (!kernel.val<f32, [i, j]>, !kernel.val<f32, [i]>) -> !kernel.val<f32, [i, j]>
  kernel.store %4, %y [i * 20 + j] : <f32, [i, j]> -> <f32>
}
