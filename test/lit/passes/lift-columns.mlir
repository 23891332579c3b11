// RUN: trace-opt --lift --dce %s | FileCheck %s

// What is large and lies in columns is copied once by the library, whoever reads it.
// CHECK-LABEL: trace.func @columns
// CHECK: %[[T:.*]] = trace.permute_dims %arg0
// CHECK: %[[C:.*]] = trace.astype %[[T]]
// CHECK-NEXT: kernel.launch {{.*}}(%[[C]], %arg1)
// CHECK-NOT: trace.astype
// CHECK: kernel.launch {{.*}}(%[[C]])
trace.func @columns(%x: tensor<64x80xf32>, %y: tensor<80x64xf32>) {
  %0 = trace.permute_dims %x {axes = array<i64: 1, 0>} : (tensor<64x80xf32>) -> tensor<80x64xf32>
  %1 = trace.add %0, %y : (tensor<80x64xf32>, tensor<80x64xf32>) -> tensor<80x64xf32>
  %2 = trace.exp %0 : (tensor<80x64xf32>) -> tensor<80x64xf32>
  trace.return %1, %2 : tensor<80x64xf32>, tensor<80x64xf32>
}
