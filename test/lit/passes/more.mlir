// RUN: trace-opt --simplify --fold --cse --dce --layout --expand-rows --lift --dce --fuse --schedule --print-plan --split-input-file %s | FileCheck %s

trace.func @adam(%p: tensor<1000xf32>, %g: tensor<1000xf32>, %m: tensor<1000xf32>, %v: tensor<1000xf32>) {
  %b1 = trace.scalar 0 : tensor<f32>
  %b2 = trace.scalar 1 : tensor<f32>
  %lr = trace.scalar 2 : tensor<f32>
  %0 = trace.multiply %m, %b1 {op = 0 : i32} : (tensor<1000xf32>, tensor<f32>) -> tensor<1000xf32>
  %1 = trace.add %0, %g {op = 1 : i32} : (tensor<1000xf32>, tensor<1000xf32>) -> tensor<1000xf32>
  %2 = trace.square %g {op = 2 : i32} : (tensor<1000xf32>) -> tensor<1000xf32>
  %3 = trace.multiply %v, %b2 {op = 3 : i32} : (tensor<1000xf32>, tensor<f32>) -> tensor<1000xf32>
  %4 = trace.add %3, %2 {op = 4 : i32} : (tensor<1000xf32>, tensor<1000xf32>) -> tensor<1000xf32>
  %5 = trace.sqrt %4 {op = 5 : i32} : (tensor<1000xf32>) -> tensor<1000xf32>
  %6 = trace.divide %1, %5 {op = 6 : i32} : (tensor<1000xf32>, tensor<1000xf32>) -> tensor<1000xf32>
  %7 = trace.multiply %6, %lr {op = 7 : i32} : (tensor<1000xf32>, tensor<f32>) -> tensor<1000xf32>
  %8 = trace.subtract %p, %7 {op = 8 : i32} : (tensor<1000xf32>, tensor<1000xf32>) -> tensor<1000xf32>
  trace.return %8, %1, %4 : tensor<1000xf32>, tensor<1000xf32>, tensor<1000xf32>
}

// -----

trace.func @mlp_back(%x: tensor<64x784xf32>, %dy: tensor<64x512xf32>, %h: tensor<64x512xf32>) {
  %z = trace.scalar 0 : tensor<f32>
  %0 = trace.greater %h, %z {op = 0 : i32} : (tensor<64x512xf32>, tensor<f32>) -> tensor<64x512xi1>
  %1 = trace.where %0, %dy, %z {op = 1 : i32} : (tensor<64x512xi1>, tensor<64x512xf32>, tensor<f32>) -> tensor<64x512xf32>
  %2 = trace.sum %1 {axis = array<i64: 0>, keepdims = false, dtype = f32, op = 2 : i32} : (tensor<64x512xf32>) -> tensor<512xf32>
  %3 = trace.permute_dims %x {axes = array<i64: 1, 0>} : (tensor<64x784xf32>) -> tensor<784x64xf32>
  %4 = trace.matmul %3, %1 {op = 4 : i32} : (tensor<784x64xf32>, tensor<64x512xf32>) -> tensor<784x512xf32>
  trace.return %2, %4 : tensor<512xf32>, tensor<784x512xf32>
}

// -----

trace.func @attention(%q: tensor<2x8x16xf32>, %k: tensor<2x8x16xf32>) {
  %s = trace.scalar 0 : tensor<f32>
  %0 = trace.permute_dims %k {axes = array<i64: 0, 2, 1>} : (tensor<2x8x16xf32>) -> tensor<2x16x8xf32>
  %1 = trace.matmul %q, %0 {op = 0 : i32} : (tensor<2x8x16xf32>, tensor<2x16x8xf32>) -> tensor<2x8x8xf32>
  %2 = trace.multiply %1, %s {op = 1 : i32} : (tensor<2x8x8xf32>, tensor<f32>) -> tensor<2x8x8xf32>
  %3 = trace.softmax %2 {axis = 2 : i64, op = 2 : i32} : (tensor<2x8x8xf32>) -> tensor<2x8x8xf32>
  trace.return %3 : tensor<2x8x8xf32>
}

// -----

trace.func @slices(%x: tensor<10x7xf32>) {
  %s0 = trace.scalar 0 : tensor<i64>
  %s1 = trace.scalar 1 : tensor<i64>
  %0 = trace.exp %x {op = 0 : i32} : (tensor<10x7xf32>) -> tensor<10x7xf32>
  %1 = trace.slice %0, %s0, %s1 {extents = array<i64: 3, 4>, steps = array<i64: 2, -1>} : (tensor<10x7xf32>, tensor<i64>, tensor<i64>) -> tensor<3x4xf32>
  %2 = trace.log %1 {op = 2 : i32} : (tensor<3x4xf32>) -> tensor<3x4xf32>
  trace.return %2 : tensor<3x4xf32>
}

// -----

trace.func @both_orders(%x: tensor<4x5x6xf32>, %y: tensor<0x3xf32>) {
  %0 = trace.mean %x {axis = array<i64: 0, 2>, keepdims = true, dtype = f32, op = 0 : i32} : (tensor<4x5x6xf32>) -> tensor<1x5x1xf32>
  %1 = trace.subtract %x, %0 {op = 1 : i32} : (tensor<4x5x6xf32>, tensor<1x5x1xf32>) -> tensor<4x5x6xf32>
  %2 = trace.square %1 {op = 2 : i32} : (tensor<4x5x6xf32>) -> tensor<4x5x6xf32>
  %3 = trace.sum %2 {axis = array<i64: 0, 1, 2>, keepdims = false, dtype = f32, op = 3 : i32} : (tensor<4x5x6xf32>) -> tensor<f32>
  %4 = trace.sum %y {axis = array<i64: 0>, keepdims = false, dtype = f32, op = 4 : i32} : (tensor<0x3xf32>) -> tensor<3xf32>
  %5 = trace.argmax %x {axis = array<i64: 1>, keepdims = false, op = 5 : i32} : (tensor<4x5x6xf32>) -> tensor<4x6xi64>
  %6 = trace.permute_dims %x {axes = array<i64: 2, 1, 0>} : (tensor<4x5x6xf32>) -> tensor<6x5x4xf32>
  trace.return %3, %4, %5, %6 : tensor<f32>, tensor<3xf32>, tensor<4x6xi64>, tensor<6x5x4xf32>
}

// -----

trace.func @labels(%l: tensor<64xi64>, %x: tensor<64x10xf32>) {
  %0 = trace.one_hot %l {depth = 10 : i64, dtype = f32, op = 0 : i32} : (tensor<64xi64>) -> tensor<64x10xf32>
  %1 = trace.softmax %x {axis = 1 : i64, op = 1 : i32} : (tensor<64x10xf32>) -> tensor<64x10xf32>
  %2 = trace.subtract %1, %0 {op = 2 : i32} : (tensor<64x10xf32>, tensor<64x10xf32>) -> tensor<64x10xf32>
  %3 = trace.logsumexp %x {axis = 1 : i64, op = 3 : i32} : (tensor<64x10xf32>) -> tensor<64xf32>
  %4 = trace.mean %3 {axis = array<i64: 0>, keepdims = false, dtype = f32, op = 4 : i32} : (tensor<64xf32>) -> tensor<f32>
  %5 = trace.arange {start = 0 : i64, stop = 10 : i64, step = 1 : i64, dtype = f32, op = 5 : i32} : () -> tensor<10xf32>
  %6 = trace.multiply %2, %5 {op = 6 : i32} : (tensor<64x10xf32>, tensor<10xf32>) -> tensor<64x10xf32>
  trace.return %6, %4 : tensor<64x10xf32>, tensor<f32>
}
