// RUN: trace-opt --dce %s | FileCheck %s

// CHECK-LABEL: trace.func @unused
// CHECK-NEXT: trace.return
trace.func @unused(%x: tensor<4xf32>) {
  %0 = trace.exp %x : (tensor<4xf32>) -> tensor<4xf32>
  %1 = trace.log %0 : (tensor<4xf32>) -> tensor<4xf32>
  trace.return %x : tensor<4xf32>
}
