// RUN: trace-opt --simplify --dce %s | FileCheck %s

// CHECK-LABEL: trace.func @signs(%arg0: tensor<4xf32>, %arg1: tensor<4xf32>)
// CHECK-NEXT: %[[SUM:.*]] = trace.subtract %arg0, %arg1
// CHECK-NEXT: %[[PRODUCT:.*]] = trace.multiply %arg0, %arg1
// CHECK-NEXT: trace.return %[[SUM]], %[[PRODUCT]], %arg0
trace.func @signs(%x: tensor<4xf32>, %y: tensor<4xf32>) {
  %0 = trace.negative %x : (tensor<4xf32>) -> tensor<4xf32>
  %1 = trace.negative %y : (tensor<4xf32>) -> tensor<4xf32>
  %2 = trace.add %x, %1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %3 = trace.multiply %0, %1 : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  %4 = trace.negative %0 : (tensor<4xf32>) -> tensor<4xf32>
  trace.return %2, %3, %4 : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}

// f32 -> f64 -> f32 is nothing; f64 -> f32 -> f64 rounds and stays.
// CHECK-LABEL: trace.func @casts
// CHECK-NEXT: trace.astype
// CHECK-NEXT: %[[BACK:.*]] = trace.astype
// CHECK-NEXT: trace.return %arg0, %[[BACK]]
trace.func @casts(%x: tensor<4xf32>, %y: tensor<4xf64>) {
  %0 = trace.astype %x {dtype = f64} : (tensor<4xf32>) -> tensor<4xf64>
  %1 = trace.astype %0 {dtype = f32} : (tensor<4xf64>) -> tensor<4xf32>
  %2 = trace.astype %y {dtype = f32} : (tensor<4xf64>) -> tensor<4xf32>
  %3 = trace.astype %2 {dtype = f64} : (tensor<4xf32>) -> tensor<4xf64>
  trace.return %1, %3 : tensor<4xf32>, tensor<4xf64>
}

// i8 -> f32 -> i32 is i8 -> i32; but f32 saturates where integers wrap, and u16 -> f32 -> i8 stays.
// CHECK-LABEL: trace.func @casts_of_integers
// CHECK-NEXT: %[[WIDE:.*]] = trace.astype %arg0 {{.*}} -> tensor<4xi32>
// CHECK-NEXT: %[[FLOAT:.*]] = trace.astype %arg1 {{.*}} -> tensor<4xf32>
// CHECK-NEXT: %[[NARROW:.*]] = trace.astype %[[FLOAT]] {{.*}} -> tensor<4xi8>
// CHECK-NEXT: %[[CUT:.*]] = trace.astype %arg1 {{.*}} -> tensor<4xi8>
// CHECK-NEXT: trace.return %[[WIDE]], %[[NARROW]], %[[CUT]]
trace.func @casts_of_integers(%x: tensor<4xi8>, %y: tensor<4xui16>) {
  %0 = trace.astype %x {dtype = f32} : (tensor<4xi8>) -> tensor<4xf32>
  %1 = trace.astype %0 {dtype = i32} : (tensor<4xf32>) -> tensor<4xi32>
  %2 = trace.astype %y {dtype = f32} : (tensor<4xui16>) -> tensor<4xf32>
  %3 = trace.astype %2 {dtype = i8} : (tensor<4xf32>) -> tensor<4xi8>
  %4 = trace.astype %y {dtype = i32} : (tensor<4xui16>) -> tensor<4xi32>
  %5 = trace.astype %4 {dtype = i8} : (tensor<4xi32>) -> tensor<4xi8>
  trace.return %1, %3, %5 : tensor<4xi32>, tensor<4xi8>, tensor<4xi8>
}

// u8 wraps: |-9| is 247; and -9 as an i64 is 247 as well.
// CHECK-LABEL: trace.func @wrapped
// CHECK-NEXT: %[[NEGATIVE:.*]] = trace.negative %arg0
// CHECK-NEXT: %[[ABS:.*]] = trace.abs %[[NEGATIVE]]
// CHECK-NEXT: %[[SQUARE:.*]] = trace.square %arg0
// CHECK-NEXT: %[[SUM:.*]] = trace.add %arg1, %[[NEGATIVE]]
// CHECK-NEXT: trace.return %[[ABS]], %[[SQUARE]], %[[SUM]]
trace.func @wrapped(%x: tensor<4xui8>, %y: tensor<4xi64>) {
  %0 = trace.negative %x : (tensor<4xui8>) -> tensor<4xui8>
  %1 = trace.abs %0 : (tensor<4xui8>) -> tensor<4xui8>
  %2 = trace.square %0 : (tensor<4xui8>) -> tensor<4xui8>
  %3 = trace.add %y, %0 : (tensor<4xi64>, tensor<4xui8>) -> tensor<4xi64>
  trace.return %1, %2, %3 : tensor<4xui8>, tensor<4xui8>, tensor<4xi64>
}

// -x of bool is x, but x + x is x and x - x is false.
// CHECK-LABEL: trace.func @truths
// CHECK-NEXT: %[[NEGATIVE:.*]] = trace.negative %arg0
// CHECK-NEXT: %[[SUM:.*]] = trace.add %arg0, %[[NEGATIVE]]
// CHECK-NEXT: %[[DIFFERENCE:.*]] = trace.subtract %arg0, %[[NEGATIVE]]
// CHECK-NEXT: trace.return %[[SUM]], %[[DIFFERENCE]]
trace.func @truths(%x: tensor<4xi1>) {
  %0 = trace.negative %x : (tensor<4xi1>) -> tensor<4xi1>
  %1 = trace.add %x, %0 : (tensor<4xi1>, tensor<4xi1>) -> tensor<4xi1>
  %2 = trace.subtract %x, %0 : (tensor<4xi1>, tensor<4xi1>) -> tensor<4xi1>
  trace.return %1, %2 : tensor<4xi1>, tensor<4xi1>
}
