// RUN: trace-opt --expand-rows %s | FileCheck %s

// CHECK-LABEL: trace.func @softmax
// CHECK: trace.max %arg0 {axis = array<i64: 1>, keepdims = true, op = 7 : i32}
// CHECK-NEXT: trace.subtract
// CHECK-NEXT: trace.exp
// CHECK: trace.divide
// CHECK: trace.multiply
// Over another axis the library runs it.
// CHECK: trace.softmax
trace.func @softmax(%x: tensor<2x3xf32>) {
  %0 = trace.softmax %x {axis = 1 : i64, op = 7 : i32} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = trace.softmax %x {axis = 0 : i64} : (tensor<2x3xf32>) -> tensor<2x3xf32>
  trace.return %0, %1 : tensor<2x3xf32>, tensor<2x3xf32>
}

// Elementwise ops with a body, in the dtype that they compute in.
// CHECK-LABEL: trace.func @silu
// CHECK: %[[S:.*]] = trace.sigmoid %arg0
// CHECK-NEXT: %[[Y:.*]] = trace.multiply %arg0, %[[S]]
// CHECK: %[[F:.*]] = trace.astype %arg1 {dtype = f32} : (tensor<3xi64>) -> tensor<3xf32>
// CHECK: trace.sigmoid
// CHECK-NOT: trace.silu
trace.func @silu(%x: tensor<2x3xf32>, %i: tensor<3xi64>) {
  %0 = trace.silu %x : (tensor<2x3xf32>) -> tensor<2x3xf32>
  %1 = trace.silu %i : (tensor<3xi64>) -> tensor<3xf32>
  trace.return %0, %1 : tensor<2x3xf32>, tensor<3xf32>
}
