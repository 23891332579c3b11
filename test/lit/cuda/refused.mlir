// RUN: not trace-opt --emit-cuda=sm_90 %s 2>&1 | FileCheck %s
// RUN: not trace-opt --emit-cuda=sm_75 %s 2>&1 | FileCheck --check-prefix=TARGET %s

// CHECK-DAG: error: sums: kernels of form chunk are not printed yet
// CHECK-DAG: error: centred: kernels of form row are not printed yet
// CHECK-DAG: // copy: form flat
// TARGET: error: --emit-cuda takes sm_80 and what came after it, not 'sm_75'
kernel.func @sums(%x: !kernel.buf<f32>, %y: !kernel.buf<f32>) space<i = 128 : parallel, j = 1024 : row> {
  %0 = kernel.load %x [i * 1024 + j] : <f32> -> <f32, [i, j]>
  %1 = kernel.reduce sum %0 order inner : (!kernel.val<f32, [i, j]>) -> !kernel.val<f32, [i]>
  kernel.store %1, %y [i] : <f32, [i]> -> <f32>
}
kernel.func @centred(%x: !kernel.buf<f32>, %y: !kernel.buf<f32>) space<i = 128 : parallel, j = 1024 : row> {
  %0 = kernel.load %x [i * 1024 + j] : <f32> -> <f32, [i, j]>
  %1 = kernel.reduce sum %0 order inner : (!kernel.val<f32, [i, j]>) -> !kernel.val<f32, [i]>
  %2 = kernel.ew subtract %0, %1 : (!kernel.val<f32, [i, j]>, !kernel.val<f32, [i]>) -> !kernel.val<f32, [i, j]>
  kernel.store %2, %y [i * 1024 + j] : <f32, [i, j]> -> <f32>
}
kernel.func @copy(%x: !kernel.buf<f32>, %y: !kernel.buf<f32>) space<i = 128 : parallel> {
  %0 = kernel.load %x [i] : <f32> -> <f32, [i]>
  kernel.store %0, %y [i] : <f32, [i]> -> <f32>
}
