// RUN: trace-opt --lift --dce %s | FileCheck %s

// Reduced axes of extent 1 do not count; the order follows from the logical shape alone.
trace.func @reductions(%x: tensor<4x5x6xf32>, %i: tensor<3xi64>) attributes {strides = [array<i64: 1, 4, 20>, array<i64: 1>]} {
  %0 = trace.sum %x {axis = array<i64: 1>, keepdims = false, dtype = f32} : (tensor<4x5x6xf32>) -> tensor<4x6xf32>
  %1 = trace.mean %x {axis = array<i64: 2>, keepdims = true, dtype = f32} : (tensor<4x5x6xf32>) -> tensor<4x5x1xf32>
  %2 = trace.take %x, %i {axis = 0 : i64} : (tensor<4x5x6xf32>, tensor<3xi64>) -> tensor<3x5x6xf32>
  trace.return %0, %1, %2 : tensor<4x6xf32>, tensor<4x5x1xf32>, tensor<3x5x6xf32>
}
// CHECK: kernel.launch @k0
// CHECK: kernel.launch @k1
// CHECK: kernel.launch @k2
// CHECK: kernel.func @k0{{.*}} space<i = 4 : parallel, j = 6 : parallel, k = 5 : row>
// CHECK-NEXT: kernel.load %arg0 [i + j * 20 + k * 4]
// CHECK-NEXT: kernel.reduce {{ ?}}sum %{{.*}} order {{ ?}}outer
// CHECK: kernel.store %{{.*}}, %arg1 [i * 6 + j]
// CHECK: kernel.func @k1{{.*}} space<i = 4 : parallel, j = 5 : parallel, k = 6 : row>
// CHECK: kernel.reduce {{ ?}}sum %{{.*}} order {{ ?}}inner
// CHECK-NEXT: %[[N:.*]] = kernel.const 6.000000e+00
// CHECK-NEXT: kernel.ew divide %{{.*}}, %[[N]]
// The axes of the index stand where the axis was; what is taken keeps the strides of x.
// CHECK: kernel.func @k2{{.*}} space<i = 3 : parallel, j = 5 : parallel, k = 6 : parallel>
// CHECK-NEXT: %[[I:.*]] = kernel.load %arg0 [i] : <i64>
// CHECK-NEXT: kernel.gather %arg1 [j * 4 + k * 20] at %[[I]] * 1 of 4 : <f32>, <i64, [i]> -> <f32, [i, j, k]>
// CHECK-NEXT: kernel.store %{{.*}}, %arg2 [i * 30 + j * 6 + k]
