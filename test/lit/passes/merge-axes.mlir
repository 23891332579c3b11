// RUN: trace-opt --lift --dce --merge-axes --split-input-file %s | FileCheck %s

// Neighbours that every access walks as one become one.
trace.func @whole(%x: tensor<8x6xf32>, %y: tensor<8x6xf32>) {
  %0 = trace.add %x, %y : (tensor<8x6xf32>, tensor<8x6xf32>) -> tensor<8x6xf32>
  trace.return %0 : tensor<8x6xf32>
}
// CHECK: space<i = 48 : parallel>
// CHECK-NEXT: kernel.load %arg0 [i]

// -----

// Not with a bias, nor where somebody asks for an index.
trace.func @bias(%x: tensor<4x8x6xf32>, %y: tensor<6xf32>, %i: tensor<5xi64>) {
  %0 = trace.add %x, %y : (tensor<4x8x6xf32>, tensor<6xf32>) -> tensor<4x8x6xf32>
  %1 = trace.one_hot %i {depth = 3 : i64, dtype = f32} : (tensor<5xi64>) -> tensor<5x3xf32>
  trace.return %0, %1 : tensor<4x8x6xf32>, tensor<5x3xf32>
}
// CHECK: space<i = 32 : parallel, j = 6 : parallel>
// CHECK: space<i = 5 : parallel, j = 3 : parallel>
// CHECK: kernel.index j

// -----

// Parallel axes and those of a row stay apart.
trace.func @rows(%x: tensor<2x3x4x5xf32>) {
  %0 = trace.sum %x {axis = array<i64: 2, 3>, keepdims = false, dtype = f32} : (tensor<2x3x4x5xf32>) -> tensor<2x3xf32>
  trace.return %0 : tensor<2x3xf32>
}
// CHECK: space<i = 6 : parallel, j = 20 : row>
// CHECK-NEXT: kernel.load %arg0 [i * 20 + j]
// CHECK: kernel.store %{{.*}}, %arg1 [i]

// -----

// The index along an axis of one point is a constant.
trace.func @none() {
  trace.return
}
kernel.func @point(%x: !kernel.buf<i64>, %y: !kernel.buf<i64>) space<i = 1 : parallel, j = 7 : parallel> {
  %0 = kernel.load %x [j] : <i64> -> <i64, [j]>
  %1 = kernel.index i : <i64, [i]>
  %2 = kernel.ew add %0, %1 : (!kernel.val<i64, [j]>, !kernel.val<i64, [i]>) -> !kernel.val<i64, [i, j]>
  %3 = kernel.index j : <i64, [j]>
  %4 = kernel.ew add %2, %3 : (!kernel.val<i64, [i, j]>, !kernel.val<i64, [j]>) -> !kernel.val<i64, [i, j]>
  kernel.store %4, %y [i * 7 + j] : <i64, [i, j]> -> <i64>
}
// CHECK: kernel.func @point({{.*}}) space<i = 7 : parallel>
// CHECK: %[[ZERO:.*]] = kernel.const 0 : i64
// CHECK: kernel.ew add %{{.*}}, %[[ZERO]] : (!kernel.val<i64, [i]>, !kernel.val<i64, []>) -> !kernel.val<i64, [i]>
// CHECK: kernel.index i
// CHECK: kernel.store %{{.*}}, %{{.*}} [i]
