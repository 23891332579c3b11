// RUN: trace-opt --expand-rows --cse --lift --dce --fuse --merge-axes --keep --split-input-file %s | FileCheck %s

// A chain of elementwise ops with a broadcast, a number and a transposed operand is one kernel whose
// axes stay apart because of the transpose.
trace.func @chain(%x: tensor<8x6xf32>, %b: tensor<6xf32>, %t: tensor<6x8xf32>) {
  %s = trace.scalar 0 : tensor<f32>
  %0 = trace.add %x, %b : (tensor<8x6xf32>, tensor<6xf32>) -> tensor<8x6xf32>
  %1 = trace.gelu %0 : (tensor<8x6xf32>) -> tensor<8x6xf32>
  %2 = trace.permute_dims %t {axes = array<i64: 1, 0>} : (tensor<6x8xf32>) -> tensor<8x6xf32>
  %3 = trace.multiply %1, %2 : (tensor<8x6xf32>, tensor<8x6xf32>) -> tensor<8x6xf32>
  %4 = trace.multiply %3, %s : (tensor<8x6xf32>, tensor<f32>) -> tensor<8x6xf32>
  trace.return %4 : tensor<8x6xf32>
}
// CHECK-COUNT-1: kernel.launch
// CHECK-NOT: kernel.launch
// CHECK: kernel.func
// CHECK-SAME: space<i = 8 : parallel, j = 6 : parallel>
// CHECK: kernel.load %arg2 [i + j * 8]
// CHECK: kernel.arg 0
// CHECK: kernel.store

// -----

trace.func @softmax(%x: tensor<128x1024xf32>, %b: tensor<1024xf32>) {
  %0 = trace.add %x, %b : (tensor<128x1024xf32>, tensor<1024xf32>) -> tensor<128x1024xf32>
  %1 = trace.softmax %0 {axis = 1 : i64} : (tensor<128x1024xf32>) -> tensor<128x1024xf32>
  trace.return %1 : tensor<128x1024xf32>
}
// CHECK: trace.func @softmax
// CHECK-NEXT: kernel.launch
// CHECK-NEXT: trace.return
// CHECK: space<i = 128 : parallel, j = 1024 : row>
// CHECK: kernel.reduce {{ ?}}max
// CHECK: %[[E:.*]] = kernel.ew exp
// CHECK-NEXT: %[[KEPT:.*]] = kernel.keep %[[E]]
// CHECK-NEXT: kernel.reduce {{ ?}}sum %[[E]] order {{ ?}}inner
// CHECK: kernel.ew multiply %[[KEPT]]

// -----

trace.func @several(%x: tensor<100xf32>) {
  %0 = trace.exp %x : (tensor<100xf32>) -> tensor<100xf32>
  %1 = trace.negative %0 : (tensor<100xf32>) -> tensor<100xf32>
  trace.return %0, %1 : tensor<100xf32>, tensor<100xf32>
}
// CHECK: trace.func @several
// CHECK-NEXT: %[[R:.*]]:2 = kernel.launch
// CHECK-NEXT: trace.return %[[R]]#0, %[[R]]#1

// -----

trace.func @epilogue(%x: tensor<64x784xf32>, %w: tensor<512x784xf32>, %b: tensor<512xf32>) {
  %0 = trace.permute_dims %w {axes = array<i64: 1, 0>} : (tensor<512x784xf32>) -> tensor<784x512xf32>
  %1 = trace.matmul %x, %0 : (tensor<64x784xf32>, tensor<784x512xf32>) -> tensor<64x512xf32>
  %2 = trace.add %1, %b : (tensor<64x512xf32>, tensor<512xf32>) -> tensor<64x512xf32>
  %3 = trace.relu %2 : (tensor<64x512xf32>) -> tensor<64x512xf32>
  trace.return %3 : tensor<64x512xf32>
}
// CHECK: trace.func @epilogue
// CHECK-COUNT-1: kernel.launch
// CHECK: trace.return
// CHECK: space<i = 64 : parallel, j = 512 : parallel, k = 784 : inner>
// CHECK: kernel.load %arg1 [j * 784 + k]
// CHECK: kernel.contract
// CHECK: kernel.ew relu

// -----

trace.func @layer_norm(%x: tensor<128x768xf32>, %g: tensor<768xf32>, %b: tensor<768xf32>) {
  %e = trace.scalar 0 : tensor<f32>
  %1 = trace.layer_norm %x, %g, %b, %e {axis = 1 : i64} : (tensor<128x768xf32>, tensor<768xf32>, tensor<768xf32>, tensor<f32>) -> tensor<128x768xf32>
  %2 = trace.gelu %1 : (tensor<128x768xf32>) -> tensor<128x768xf32>
  trace.return %2 : tensor<128x768xf32>
}
// CHECK: trace.func @layer_norm
// CHECK-NEXT: kernel.launch
// CHECK-NEXT: trace.return
// CHECK: space<i = 128 : parallel, j = 768 : row>
// CHECK: kernel.reduce {{ ?}}varmean
// CHECK-NOT: kernel.keep
// CHECK: kernel.ew gelu

// -----

// The second slice of a reshape: fused through both views.
trace.func @views(%x: tensor<4x6xf32>) {
  %s = trace.scalar 1 : tensor<i64>
  %0 = trace.exp %x {op = 0 : i32} : (tensor<4x6xf32>) -> tensor<4x6xf32>
  %1 = trace.reshape %0 {shape = array<i64: 2, 12>} : (tensor<4x6xf32>) -> tensor<2x12xf32>
  %2 = trace.sum %1 {axis = array<i64: 1>, keepdims = false, dtype = f32, op = 1 : i32} : (tensor<2x12xf32>) -> tensor<2xf32>
  %3 = trace.sum %0 {axis = array<i64: 0>, keepdims = false, dtype = f32, op = 2 : i32} : (tensor<4x6xf32>) -> tensor<6xf32>
  trace.return %2, %3 : tensor<2xf32>, tensor<6xf32>
}
// CHECK: trace.func @views{{.*}}order_conflict
// CHECK: space<i = 2 : parallel, j = 12 : row>

// -----

// Rows of a table are read where they are needed; what is gathered from must lie in memory.
trace.func @embedding(%w: tensor<1000x64xf32>, %i: tensor<32xi64>) {
  %0 = trace.take %w, %i {axis = 0 : i64, op = 0 : i32} : (tensor<1000x64xf32>, tensor<32xi64>) -> tensor<32x64xf32>
  %1 = trace.sum %0 {axis = array<i64: 1>, keepdims = true, dtype = f32, op = 1 : i32} : (tensor<32x64xf32>) -> tensor<32x1xf32>
  %2 = trace.divide %0, %1 {op = 2 : i32} : (tensor<32x64xf32>, tensor<32x1xf32>) -> tensor<32x64xf32>
  %3 = trace.take %2, %i {axis = 0 : i64, op = 3 : i32} : (tensor<32x64xf32>, tensor<32xi64>) -> tensor<32x64xf32>
  trace.return %3 : tensor<32x64xf32>
}
// CHECK: trace.func @embedding{{.*}}indirect_load
// CHECK-COUNT-2: kernel.launch
// CHECK-NOT: kernel.launch
// CHECK: kernel.gather %arg1 [j] at %{{.*}} * 64 of 1000

// -----

// What is padded is computed inside only, by whoever reads it; beside it a reduction's result is not.
trace.func @padded(%x: tensor<30x40xf32>, %y: tensor<32x43xf32>) {
  %v = trace.scalar 0 : tensor<f32>
  %0 = trace.exp %x {op = 0 : i32} : (tensor<30x40xf32>) -> tensor<30x40xf32>
  %1 = trace.pad %0, %v {low = array<i64: 1, 2>, high = array<i64: 1, 1>, interior = array<i64: 0, 0>, op = 1 : i32} : (tensor<30x40xf32>, tensor<f32>) -> tensor<32x43xf32>
  %2 = trace.multiply %1, %y {op = 2 : i32} : (tensor<32x43xf32>, tensor<32x43xf32>) -> tensor<32x43xf32>
  trace.return %2 : tensor<32x43xf32>
}
// CHECK: trace.func @padded
// CHECK-COUNT-1: kernel.launch
// CHECK-NOT: kernel.launch
// CHECK: %[[ROW:.*]] = kernel.inside [i + -1] of 30
// CHECK: %[[COLUMN:.*]] = kernel.inside [j + -2] of 40
// CHECK: %[[INSIDE:.*]] = kernel.ew logical_and %[[ROW]], %[[COLUMN]]
// CHECK: %[[X:.*]] = kernel.load %arg0 [i * 40 + j + -42] if %[[INSIDE]]
// CHECK: %[[E:.*]] = kernel.ew exp %[[X]]
// CHECK: kernel.ew where %[[INSIDE]], %[[E]]

// -----

trace.func @padded_sums(%x: tensor<30x40xf32>) {
  %v = trace.scalar 0 : tensor<f32>
  %0 = trace.sum %x {axis = array<i64: 1>, keepdims = false, dtype = f32, op = 0 : i32} : (tensor<30x40xf32>) -> tensor<30xf32>
  %1 = trace.pad %0, %v {low = array<i64: 1>, high = array<i64: 0>, interior = array<i64: 0>, op = 1 : i32} : (tensor<30xf32>, tensor<f32>) -> tensor<31xf32>
  trace.return %1 : tensor<31xf32>
}
// CHECK: trace.func @padded_sums{{.*}}grid_sync
// CHECK-COUNT-2: kernel.launch

// -----

// All points read lie in front of the border. The coordinate is a constant, and all the same it is what
// keeps the load of the maker inside.
trace.func @beyond(%x: tensor<64x64xf32>) {
  %v = trace.scalar 0 : tensor<f32>
  %0 = trace.relu %x {op = 0 : i32} : (tensor<64x64xf32>) -> tensor<64x64xf32>
  %1 = trace.pad %0, %v {low = array<i64: 8, 0>, high = array<i64: 0, 0>, interior = array<i64: 0, 0>, op = 1 : i32} : (tensor<64x64xf32>, tensor<f32>) -> tensor<72x64xf32>
  %2 = trace.windows %1 {axes = array<i64: 0>, size = array<i64: 1>, stride = array<i64: 100>, dilation = array<i64: 1>} : (tensor<72x64xf32>) -> tensor<1x64x1xf32>
  %3 = trace.exp %2 {op = 3 : i32} : (tensor<1x64x1xf32>) -> tensor<1x64x1xf32>
  trace.return %3 : tensor<1x64x1xf32>
}
// CHECK: trace.func @beyond
// CHECK: kernel.func
// CHECK: %[[NEVER:.*]] = kernel.inside [-8] of 64
// CHECK: kernel.load %arg0 [i + -512] if %[[NEVER]]
