// RUN: trace-opt --split-input-file --verify-diagnostics %s

// expected-error @below {{has axes out of order}}
kernel.func @order(%x: !kernel.buf<f32>) space<i = 2 : row, j = 3 : parallel> {
}

// -----

kernel.func @twice(%x: !kernel.buf<f32>, %y: !kernel.buf<f32>) space<i = 2 : parallel, j = 3 : parallel> {
  %0 = kernel.load %x [i * 3 + j] : <f32> -> <f32, [i, j]>
  // expected-error @below {{may write an element twice}}
  kernel.store %0, %y [i + j] : <f32, [i, j]> -> <f32>
}

// -----

kernel.func @axes(%x: !kernel.buf<f32>) space<i = 2 : parallel, j = 3 : parallel> {
  // expected-error @below {{ranges over other axes than its map}}
  %0 = kernel.load %x [i] : <f32> -> <f32, [j]>
}

// -----

kernel.func @rows(%x: !kernel.buf<f32>) space<i = 2 : parallel> {
  %0 = kernel.load %x [i] : <f32> -> <f32, [i]>
  // expected-error @below {{needs a row axis}}
  %1 = kernel.reduce sum %0 order inner : (!kernel.val<f32, [i]>) -> !kernel.val<f32, [i]>
}

// -----

// expected-error @below {{stores once to an output and never loads it}}
kernel.func @both(%x: !kernel.buf<f32>) space<i = 2 : parallel> {
  %0 = kernel.load %x [i] : <f32> -> <f32, [i]>
  kernel.store %0, %x [i] : <f32, [i]> -> <f32>
}

// -----

trace.func @launch(%x: tensor<2xf32>) {
  // expected-error @below {{lacks the operands of its product}}
  %0 = kernel.launch @product then @epilogue(%x) slots [] ops [0] : (tensor<2xf32>) -> tensor<2xf32>
  trace.return %0 : tensor<2xf32>
}

// -----

kernel.func @gather(%x: !kernel.buf<f32>, %n: !kernel.buf<i1>) space<i = 2 : parallel> {
  %0 = kernel.load %n [i] : <i1> -> <i1, [i]>
  // expected-error @below {{takes an index of integers}}
  %1 = kernel.gather %x [0] at %0 * 1 of 2 : <f32>, <i1, [i]> -> <f32, [i]>
}

// -----

kernel.func @gather(%x: !kernel.buf<f32>, %n: !kernel.buf<i64>) space<i = 2 : parallel> {
  %0 = kernel.load %n [i] : <i64> -> <i64, [i]>
  // expected-error @below {{ranges over other axes than its map and its operands}}
  %1 = kernel.gather %x [0] at %0 * 1 of 2 : <f32>, <i64, [i]> -> <f32, []>
}

// -----

kernel.func @gather(%x: !kernel.buf<f32>, %n: !kernel.buf<i64>) space<i = 2 : parallel> {
  %0 = kernel.load %n [i] : <i64> -> <i64, [i]>
  // expected-error @below {{has no place for an index}}
  %1 = kernel.gather %x [0] at %0 * 1 of 0 : <f32>, <i64, [i]> -> <f32, [i]>
}

// -----

kernel.func @guard(%x: !kernel.buf<f32>, %n: !kernel.buf<i64>) space<i = 2 : parallel> {
  %0 = kernel.load %n [i] : <i64> -> <i64, [i]>
  // expected-error @below {{has a guard that is no truth}}
  %1 = kernel.load %x [i] if %0 : <f32>, !kernel.val<i64, [i]> -> <f32, [i]>
}

// -----

kernel.func @inside() space<i = 2 : parallel, j = 3 : parallel> {
  // expected-error @below {{gives i1 over the axes of its coordinate}}
  %0 = kernel.inside [i] of 2 -> <i1, [i, j]>
}
