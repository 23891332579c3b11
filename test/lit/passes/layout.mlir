// RUN: trace-opt --layout --dce %s | FileCheck %s

// CHECK-LABEL: trace.func @cancel
// CHECK-NEXT: %[[Y:.*]] = trace.exp %arg0 : (tensor<2x3xf32>) -> tensor<2x3xf32>
// CHECK-NEXT: trace.return %[[Y]]
trace.func @cancel(%x: tensor<2x3xf32>) {
  %0 = trace.permute_dims %x {axes = array<i64: 1, 0>} : (tensor<2x3xf32>) -> tensor<3x2xf32>
  %1 = trace.exp %0 : (tensor<3x2xf32>) -> tensor<3x2xf32>
  %2 = trace.permute_dims %1 {axes = array<i64: 1, 0>} : (tensor<3x2xf32>) -> tensor<2x3xf32>
  trace.return %2 : tensor<2x3xf32>
}

// A gradient of a weight that is stored [out, in]: the product is computed as the update wants it.
// CHECK-LABEL: trace.func @exchange
// CHECK-NEXT: %[[T:.*]] = trace.permute_dims %arg1 {axes = array<i64: 1, 0>} : (tensor<8x3xf32>) -> tensor<3x8xf32>
// CHECK-NEXT: %[[G:.*]] = trace.matmul %[[T]], %arg0 : (tensor<3x8xf32>, tensor<8x4xf32>) -> tensor<3x4xf32>
// CHECK-NEXT: %[[W:.*]] = trace.subtract %arg2, %[[G]]
// CHECK-NEXT: trace.return %[[W]]
trace.func @exchange(%x: tensor<8x4xf32>, %dy: tensor<8x3xf32>, %w: tensor<3x4xf32>) {
  %0 = trace.permute_dims %x {axes = array<i64: 1, 0>} : (tensor<8x4xf32>) -> tensor<4x8xf32>
  %1 = trace.matmul %0, %dy : (tensor<4x8xf32>, tensor<8x3xf32>) -> tensor<4x3xf32>
  %2 = trace.permute_dims %1 {axes = array<i64: 1, 0>} : (tensor<4x3xf32>) -> tensor<3x4xf32>
  %3 = trace.subtract %w, %2 : (tensor<3x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>
  trace.return %3 : tensor<3x4xf32>
}

// The batch stays where it is; an operand of fewer axes has its last two swapped all the same.
// CHECK-LABEL: trace.func @exchange_batch
// CHECK-DAG: %[[B:.*]] = trace.permute_dims %arg1 {axes = array<i64: 1, 0>}
// CHECK-DAG: %[[A:.*]] = trace.permute_dims %arg0 {axes = array<i64: 0, 2, 1>}
// CHECK: trace.matmul %[[B]], %[[A]] : (tensor<3x8xf32>, tensor<5x8x4xf32>) -> tensor<5x3x4xf32>
// CHECK-NEXT: trace.exp
trace.func @exchange_batch(%x: tensor<5x4x8xf32>, %y: tensor<8x3xf32>) {
  %0 = trace.matmul %x, %y : (tensor<5x4x8xf32>, tensor<8x3xf32>) -> tensor<5x4x3xf32>
  %1 = trace.permute_dims %0 {axes = array<i64: 0, 2, 1>} : (tensor<5x4x3xf32>) -> tensor<5x3x4xf32>
  %2 = trace.exp %1 : (tensor<5x3x4xf32>) -> tensor<5x3x4xf32>
  trace.return %2 : tensor<5x3x4xf32>
}

// Nothing is gained where the product is stored as it is, or where its transpose is multiplied.
// CHECK-LABEL: trace.func @keep
// CHECK: trace.matmul %arg0, %arg1
// CHECK: trace.matmul %arg1, %arg0
// CHECK: trace.matmul
trace.func @keep(%x: tensor<4x4xf32>, %y: tensor<4x4xf32>) {
  %0 = trace.matmul %x, %y : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %1 = trace.permute_dims %0 {axes = array<i64: 1, 0>} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = trace.exp %1 : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %3 = trace.matmul %y, %x : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  %4 = trace.permute_dims %3 {axes = array<i64: 1, 0>} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  %5 = trace.matmul %x, %4 : (tensor<4x4xf32>, tensor<4x4xf32>) -> tensor<4x4xf32>
  trace.return %0, %2, %5 : tensor<4x4xf32>, tensor<4x4xf32>, tensor<4x4xf32>
}
