// RUN: trace-opt --cse --dce %s | FileCheck %s

// Equal up to their graph op number; other attributes count.
// CHECK-LABEL: trace.func @equal
// CHECK-COUNT-2: trace.sum
// CHECK-NOT: trace.sum
// CHECK: trace.return
trace.func @equal(%x: tensor<4x4xf32>) {
  %0 = trace.sum %x {axis = array<i64: 0>, keepdims = false, dtype = f32, op = 0 : i32} : (tensor<4x4xf32>) -> tensor<4xf32>
  %1 = trace.sum %x {axis = array<i64: 1>, keepdims = false, dtype = f32, op = 1 : i32} : (tensor<4x4xf32>) -> tensor<4xf32>
  %2 = trace.sum %x {axis = array<i64: 0>, keepdims = false, dtype = f32, op = 2 : i32} : (tensor<4x4xf32>) -> tensor<4xf32>
  %3 = trace.exp %x {op = 3 : i32} : (tensor<4x4xf32>) -> tensor<4x4xf32>
  trace.return %0, %1, %2 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}
