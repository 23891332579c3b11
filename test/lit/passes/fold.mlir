// RUN: trace-opt --fold --dce %s | FileCheck %s

// CHECK-LABEL: trace.func @known
// CHECK-NEXT: %[[C:.*]] = trace.constant dense<[4, 25, 64]> : tensor<3xi64>
// CHECK-NEXT: trace.return %[[C]]
trace.func @known() {
  %0 = trace.arange {start = 2 : i64, stop = 11 : i64, step = 3 : i64, dtype = i64} : () -> tensor<3xi64>
  %1 = trace.square %0 : (tensor<3xi64>) -> tensor<3xi64>
  trace.return %1 : tensor<3xi64>
}
