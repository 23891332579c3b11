// RUN: not trace-opt --emit-cuda=sm_75 %s 2>&1 | FileCheck %s

// CHECK: error: --emit-cuda takes sm_80 and what came after it, not 'sm_75'
kernel.func @copy(%x: !kernel.buf<f32>, %y: !kernel.buf<f32>) space<i = 128 : parallel> {
  %0 = kernel.load %x [i] : <f32> -> <f32, [i]>
  kernel.store %0, %y [i] : <f32, [i]> -> <f32>
}
