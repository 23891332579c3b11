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
