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
