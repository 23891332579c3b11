// RUN: trace-opt --lift --dce --fuse --cut --merge-axes --split-input-file %s | FileCheck %s

// What follows a product is an epilogue, whose argument 0 is the product. Its columns stay an axis of
// their own, batch and rows become one. The product keeps its axes: they are what it tells.
trace.func @batch(%x: tensor<4x5x3xf32>, %w: tensor<3x7xf32>, %b: tensor<7xf32>) {
  %0 = trace.matmul %x, %w : (tensor<4x5x3xf32>, tensor<3x7xf32>) -> tensor<4x5x7xf32>
  %1 = trace.add %0, %b : (tensor<4x5x7xf32>, tensor<7xf32>) -> tensor<4x5x7xf32>
  trace.return %1 : tensor<4x5x7xf32>
}
// CHECK: kernel.launch @[[P:.*]] then @[[E:.*]](%arg0, %arg1, %arg2) slots
// CHECK: kernel.func @[[P]]({{.*}}) space<i = 4 : parallel, j = 5 : parallel, k = 7 : parallel, l = 3 : inner>
// CHECK-NEXT: kernel.load %arg0 [i * 15 + j * 3 + l]
// CHECK-NEXT: kernel.load %arg1 [k + l * 7]
// CHECK-NEXT: kernel.contract
// CHECK-NEXT: kernel.store %{{.*}}, %arg2 [i * 35 + j * 7 + k]
// CHECK-NEXT: }
// CHECK: kernel.func @[[E]]({{.*}}) space<i = 20 : parallel, j = 7 : parallel>
// CHECK-NEXT: kernel.load %arg0 [i * 7 + j]
// CHECK-NEXT: kernel.load %arg1 [j]
// CHECK-NEXT: kernel.ew add
// CHECK-NEXT: kernel.store %{{.*}}, %arg2 [i * 7 + j]

// -----

trace.func @alone(%x: tensor<5x3xf32>, %w: tensor<3x7xf32>) {
  %0 = trace.matmul %x, %w : (tensor<5x3xf32>, tensor<3x7xf32>) -> tensor<5x7xf32>
  trace.return %0 : tensor<5x7xf32>
}
// CHECK: kernel.launch @[[P:.*]](%arg0, %arg1) slots
// CHECK-COUNT-1: kernel.func @[[P]]
// CHECK-NOT: kernel.func

// -----

// Both sides of the product, and its epilogue, read the same tensor.
trace.func @square(%x: tensor<5x5xf32>) {
  %0 = trace.matmul %x, %x : (tensor<5x5xf32>, tensor<5x5xf32>) -> tensor<5x5xf32>
  %1 = trace.add %0, %x : (tensor<5x5xf32>, tensor<5x5xf32>) -> tensor<5x5xf32>
  trace.return %0, %1 : tensor<5x5xf32>, tensor<5x5xf32>
}
// CHECK: %[[R:.*]]:2 = kernel.launch {{.*}} then @[[E:.*]](%arg0, %arg0, %arg0) slots
// CHECK: kernel.func @[[E]](%arg0: {{.*}}, %arg1: {{.*}}, %arg2: {{.*}}, %arg3: {{.*}}) space<i = 5 : parallel, j = 5 : parallel>
// CHECK-DAG: kernel.store %{{.*}}, %arg2
// CHECK-DAG: kernel.store %{{.*}}, %arg3

// -----

// One column is no axis: rows are all there is.
trace.func @vector(%x: tensor<64x784xf32>, %w: tensor<784xf32>) {
  %0 = trace.matmul %x, %w : (tensor<64x784xf32>, tensor<784xf32>) -> tensor<64xf32>
  %1 = trace.relu %0 : (tensor<64xf32>) -> tensor<64xf32>
  trace.return %1 : tensor<64xf32>
}
// CHECK: kernel.func @{{.*}}({{.*}}) space<i = 64 : parallel, j = 1 : parallel, k = 784 : inner>
// CHECK: kernel.func @{{.*}}({{.*}}) space<i = 64 : parallel>
// CHECK-NEXT: kernel.load %arg0 [i]
