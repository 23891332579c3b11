// RUN: trace-opt %s | trace-opt | FileCheck %s

// CHECK-LABEL: kernel.func @rows(
// CHECK-SAME: space<i = 128 : parallel, j = 1024 : row>
kernel.func @rows(%x: !kernel.buf<f32>, %y: !kernel.buf<f32>) space<i = 128 : parallel, j = 1024 : row> {
  // CHECK: kernel.load %{{.*}} [i * 1024 + j * -1 + 1023] : <f32> -> <f32, [i, j]>
  %0 = kernel.load %x [i * 1024 + j * -1 + 1023] : <f32> -> <f32, [i, j]>
  // CHECK: kernel.const 0x7F800000 : f32 -> <f32, []>
  %c = kernel.const 0x7F800000 : f32 -> <f32, []>
  // CHECK: kernel.arg 2 : <f32, []>
  %a = kernel.arg 2 : <f32, []>
  // CHECK: kernel.index j : <i64, [j]>
  %n = kernel.index j : <i64, [j]>
  %f = kernel.ew cast %n : (!kernel.val<i64, [j]>) -> !kernel.val<f32, [j]>
  // CHECK: kernel.ew clip %{{.*}}, %{{.*}}, %{{.*}} : (!kernel.val<f32, [i, j]>, !kernel.val<f32, []>, !kernel.val<f32, [j]>) -> !kernel.val<f32, [i, j]>
  %1 = kernel.ew clip %0, %c, %f : (!kernel.val<f32, [i, j]>, !kernel.val<f32, []>, !kernel.val<f32, [j]>) -> !kernel.val<f32, [i, j]>
  %2 = kernel.ew add %1, %a : (!kernel.val<f32, [i, j]>, !kernel.val<f32, []>) -> !kernel.val<f32, [i, j]>
  // CHECK: kernel.reduce {{ ?}}varmean %{{.*}} order {{ ?}}inner correction 1
  %v:2 = kernel.reduce varmean %2 order inner correction 1 : (!kernel.val<f32, [i, j]>) -> (!kernel.val<f32, [i]>, !kernel.val<f32, [i]>)
  // CHECK: kernel.keep
  %k = kernel.keep %2 : <f32, [i, j]> -> <f32, [i, j]>
  %3 = kernel.ew subtract %k, %v#1 : (!kernel.val<f32, [i, j]>, !kernel.val<f32, [i]>) -> !kernel.val<f32, [i, j]>
  // CHECK: kernel.store %{{.*}}, %{{.*}} [i * 1024 + j] : <f32, [i, j]> -> <f32>
  kernel.store %3, %y [i * 1024 + j] : <f32, [i, j]> -> <f32>
}

// Integers of every width, and what fills a chain of them.
// CHECK-LABEL: kernel.func @integers
kernel.func @integers(%x: !kernel.buf<i8>, %y: !kernel.buf<ui16>, %z: !kernel.buf<ui32>) space<i = 128 : parallel> {
  // CHECK: kernel.load %{{.*}} [i] : <i8> -> <i8, [i]>
  %0 = kernel.load %x [i] : <i8> -> <i8, [i]>
  // CHECK: kernel.ew cast %{{.*}} : (!kernel.val<i8, [i]>) -> !kernel.val<i32, [i]>
  %1 = kernel.ew cast %0 : (!kernel.val<i8, [i]>) -> !kernel.val<i32, [i]>
  %2 = kernel.load %y [i] : <ui16> -> <ui16, [i]>
  %3 = kernel.ew cast %2 : (!kernel.val<ui16, [i]>) -> !kernel.val<i32, [i]>
  %4 = kernel.ew add %1, %3 : (!kernel.val<i32, [i]>, !kernel.val<i32, [i]>) -> !kernel.val<i32, [i]>
  // CHECK: kernel.ew cast %{{.*}} : (!kernel.val<i32, [i]>) -> !kernel.val<ui32, [i]>
  %5 = kernel.ew cast %4 : (!kernel.val<i32, [i]>) -> !kernel.val<ui32, [i]>
  kernel.store %5, %z [i] : <ui32, [i]> -> <ui32>
}

// CHECK-LABEL: kernel.func @gathers
kernel.func @gathers(%x: !kernel.buf<f32>, %n: !kernel.buf<i32>, %y: !kernel.buf<f32>) space<i = 3 : parallel, j = 4 : parallel> {
  %0 = kernel.load %n [i] : <i32> -> <i32, [i]>
  // CHECK: kernel.gather %{{.*}} [j + 5] at %{{.*}} * 8 of 7 : <f32>, <i32, [i]> -> <f32, [i, j]>
  %1 = kernel.gather %x [j + 5] at %0 * 8 of 7 : <f32>, <i32, [i]> -> <f32, [i, j]>
  kernel.store %1, %y [i * 4 + j] : <f32, [i, j]> -> <f32>
}

// CHECK-LABEL: kernel.func @guards
kernel.func @guards(%x: !kernel.buf<f32>, %n: !kernel.buf<i64>, %y: !kernel.buf<f32>) space<i = 9 : parallel> {
  // CHECK: kernel.inside [i * 2 + -3] of 7 -> <i1, [i]>
  %0 = kernel.inside [i * 2 + -3] of 7 -> <i1, [i]>
  // CHECK: kernel.load %{{.*}} [i * 2 + -3] if %{{.*}} : <i64>, !kernel.val<i1, [i]> -> <i64, [i]>
  %1 = kernel.load %n [i * 2 + -3] if %0 : <i64>, !kernel.val<i1, [i]> -> <i64, [i]>
  // CHECK: kernel.gather %{{.*}} [0] at %{{.*}} * 1 of 5 if %{{.*}} : <f32>, <i64, [i]>, !kernel.val<i1, [i]> -> <f32, [i]>
  %2 = kernel.gather %x [0] at %1 * 1 of 5 if %0 : <f32>, <i64, [i]>, !kernel.val<i1, [i]> -> <f32, [i]>
  kernel.store %2, %y [i] : <f32, [i]> -> <f32>
}

// CHECK-LABEL: kernel.func @contraction
kernel.func @contraction(%a: !kernel.buf<f64>, %b: !kernel.buf<f64>, %c: !kernel.buf<f64>) space<i = 3 : parallel, j = 4 : parallel, k = 5 : inner> {
  %0 = kernel.load %a [i * 5 + k] : <f64> -> <f64, [i, k]>
  %1 = kernel.load %b [j + k * 4] : <f64> -> <f64, [j, k]>
  // CHECK: kernel.contract
  %2 = kernel.contract %0, %1 : (!kernel.val<f64, [i, k]>, !kernel.val<f64, [j, k]>) -> !kernel.val<f64, [i, j]>
  kernel.store %2, %c [i * 4 + j] : <f64, [i, j]> -> <f64>
}

// CHECK-LABEL: trace.func @launches
trace.func @launches(%x: tensor<3x5xf64>, %w: tensor<5x4xf64>, %b: tensor<4xf64>) {
  // CHECK: kernel.launch @contraction(%arg0, %arg1) slots [] ops [0] : (tensor<3x5xf64>, tensor<5x4xf64>) -> tensor<3x4xf64>
  %0 = kernel.launch @contraction(%x, %w) slots [] ops [0] : (tensor<3x5xf64>, tensor<5x4xf64>) -> tensor<3x4xf64>
  // CHECK: kernel.launch @contraction then @epilogue(%arg0, %arg1, %arg2) slots [1] ops [1, 2]
  %1 = kernel.launch @contraction then @epilogue(%x, %w, %b) slots [1] ops [1, 2] : (tensor<3x5xf64>, tensor<5x4xf64>, tensor<4xf64>) -> tensor<3x4xf64>
  // CHECK: kernel.join(%{{.*}}, %{{.*}}) axis 0 op 3 : (tensor<3x4xf64>, tensor<3x4xf64>) -> tensor<6x4xf64>
  %2 = kernel.join(%0, %1) axis 0 op 3 : (tensor<3x4xf64>, tensor<3x4xf64>) -> tensor<6x4xf64>
  trace.return %2 : tensor<6x4xf64>
}
