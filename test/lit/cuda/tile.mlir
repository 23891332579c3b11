// RUN: trace-opt --emit-cuda=sm_90 %s | FileCheck %s

// The transposed operand passes through shared memory; the other one is read as it is stored.
// CHECK: // transposed: form tile, 256 threads, 4224 bytes shared, barriers
// CHECK: float *tile1 = (float *)(TJ_SHARED + 0);
// CHECK-NEXT: for (unsigned unit = TJ_BLOCK; unit < 6u; unit += TJ_BLOCKS) {
// CHECK-NEXT: const unsigned first_along = unit % 3u * 32u;
// CHECK-NEXT: const unsigned first_across = unit / 3u % 2u * 32u;
// CHECK: const unsigned along = first_along + y + r * 8u;
// CHECK-NEXT: const unsigned across = first_across + x;
// CHECK-NEXT: if (along < 70u && across < 40u) {
// CHECK-NEXT: const unsigned i = base + across * 70u + along * 1u;
// CHECK-NEXT: tile1[(y + r * 8u) * 33u + x] = TJ_LDG(p.b1 + (int)(i / 70u) + (int)(i % 70u) * 40);
// CHECK: TJ_BARRIER();
// CHECK: const unsigned along = first_along + x;
// CHECK: = *(p.b0 + (int)i);
// CHECK: = tile1[x * 33u + y + r * 8u];
// CHECK: p.b2[(int)i] =
// CHECK: TJ_BARRIER();
kernel.func @transposed(%x: !kernel.buf<f32>, %y: !kernel.buf<f32>, %z: !kernel.buf<f32>) space<i = 40 : parallel, j = 70 : parallel> {
  %0 = kernel.load %x [i * 70 + j] : <f32> -> <f32, [i, j]>
  %1 = kernel.load %y [i + j * 40] : <f32> -> <f32, [i, j]>
  %2 = kernel.ew add %0, %1 : (!kernel.val<f32, [i, j]>, !kernel.val<f32, [i, j]>) -> !kernel.val<f32, [i, j]>
  kernel.store %2, %z [i * 70 + j] : <f32, [i, j]> -> <f32>
}

// Nobody beside whom to read: not worth a tile.
// CHECK: // narrow: form flat
kernel.func @narrow(%x: !kernel.buf<f32>, %z: !kernel.buf<f32>) space<i = 4 : parallel, j = 700 : parallel> {
  %0 = kernel.load %x [i + j * 4] : <f32> -> <f32, [i, j]>
  kernel.store %0, %z [i * 700 + j] : <f32, [i, j]> -> <f32>
}
