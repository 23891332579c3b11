// RUN: trace-opt --lift --dce --split-input-file %s | FileCheck %s
// RUN: trace-opt --lift --dce --fuse --dissolve-joins --split-input-file %s | FileCheck %s --check-prefix=FUSED
// RUN: trace-opt --lift --dce --dissolve-joins --split-input-file %s | FileCheck %s --check-prefix=ALONE

// What is computed here is written where it will lie; an argument is copied there.
trace.func @joined(%x: tensor<4x20xf32>, %y: tensor<4x3xf32>) {
  %0 = trace.exp %x {op = 0 : i32} : (tensor<4x20xf32>) -> tensor<4x20xf32>
  %1 = trace.concat %0, %y {axis = 1 : i64, op = 1 : i32} : (tensor<4x20xf32>, tensor<4x3xf32>) -> tensor<4x23xf32>
  trace.return %1 : tensor<4x23xf32>
}
// CHECK-LABEL: trace.func @joined
// CHECK: kernel.launch @k0
// CHECK: kernel.launch @k1
// CHECK: kernel.launch @k2
// CHECK: kernel.join(%{{.*}}, %{{.*}}) axis 1 op 1 : (tensor<4x20xf32>, tensor<4x3xf32>) -> tensor<4x23xf32>
// CHECK: kernel.store %{{.*}}, %arg1 [i * 23 + j]
// CHECK: kernel.store %{{.*}}, %arg1 [i * 23 + j + 20]
// FUSED-LABEL: trace.func @joined
// FUSED-COUNT-2: kernel.launch
// FUSED-NOT: kernel.launch
// FUSED: kernel.join
// Without fusion the library copies both parts at once.
// ALONE-LABEL: trace.func @joined
// ALONE: %[[E:.*]] = kernel.launch @k0(%arg0)
// ALONE-NEXT: trace.concat %[[E]], %arg1 {axis = 1 : i64, op = 1 : i32}
// ALONE: kernel.func @k0
// ALONE-NOT: kernel.func @k1
// ALONE: trace.func @narrow

// -----

// The runs of a computed part would leave lanes idle.
trace.func @narrow(%x: tensor<400x3xf32>, %y: tensor<400x30xf32>) {
  %0 = trace.exp %x {op = 0 : i32} : (tensor<400x3xf32>) -> tensor<400x3xf32>
  %1 = trace.concat %0, %y {axis = 1 : i64, op = 1 : i32} : (tensor<400x3xf32>, tensor<400x30xf32>) -> tensor<400x33xf32>
  trace.return %1 : tensor<400x33xf32>
}
// CHECK-LABEL: trace.func @narrow
// CHECK: trace.concat

// -----

// Nothing is computed here.
trace.func @arguments(%x: tensor<400x30xf32>) {
  %0 = trace.concat %x, %x {axis = 0 : i64, op = 0 : i32} : (tensor<400x30xf32>, tensor<400x30xf32>) -> tensor<800x30xf32>
  trace.return %0 : tensor<800x30xf32>
}
// CHECK-LABEL: trace.func @arguments
// CHECK: trace.concat

// -----

// The second product stores its rows behind the copy of the first, which it reads.
trace.func @product(%x: tensor<64x32xf32>, %w: tensor<32x64xf32>) {
  %0 = trace.matmul %x, %w {op = 0 : i32} : (tensor<64x32xf32>, tensor<32x64xf32>) -> tensor<64x64xf32>
  %1 = trace.matmul %0, %x {op = 1 : i32} : (tensor<64x64xf32>, tensor<64x32xf32>) -> tensor<64x32xf32>
  %2 = trace.reshape %0 {shape = array<i64: 128, 32>} : (tensor<64x64xf32>) -> tensor<128x32xf32>
  %3 = trace.concat %2, %1 {axis = 0 : i64, op = 2 : i32} : (tensor<128x32xf32>, tensor<64x32xf32>) -> tensor<192x32xf32>
  trace.return %3 : tensor<192x32xf32>
}
// FUSED-LABEL: trace.func @product
// FUSED: %[[X:.*]] = kernel.launch @k0(
// FUSED: %[[A:.*]] = kernel.launch @k2(
// FUSED: %[[B:.*]] = kernel.launch @f0(
// FUSED: kernel.join(%[[A]], %[[B]]) axis 0
// FUSED: kernel.contract
// FUSED: kernel.contract
// FUSED: kernel.store %{{.*}}, %arg2 [i * 32 + j + 4096]

// -----

// A pad by nothing is a copy; what is joined is its transpose.
trace.func @turned(%x: tensor<64x64xf32>, %y: tensor<64x64xf32>) {
  %v = trace.scalar 0 : tensor<f32>
  %0 = trace.pad %x, %v {low = array<i64: 0, 0>, high = array<i64: 0, 0>, interior = array<i64: 0, 0>, op = 0 : i32} : (tensor<64x64xf32>, tensor<f32>) -> tensor<64x64xf32>
  %1 = trace.permute_dims %0 {axes = array<i64: 1, 0>} : (tensor<64x64xf32>) -> tensor<64x64xf32>
  %2 = trace.concat %1, %y {axis = 0 : i64, op = 1 : i32} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<128x64xf32>
  trace.return %2 : tensor<128x64xf32>
}
// FUSED-LABEL: trace.func @turned
// FUSED: kernel.join
// FUSED: kernel.load %arg0 [i + j * 64]
// FUSED: kernel.store %{{.*}}, %arg1 [i * 64 + j]
