// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Everything a program needs for eager tensors and jit::trace.
#pragma once

#include <tracejit/autograd.h>
#include <tracejit/compare.h>
#include <tracejit/debugger.h>
#include <tracejit/device.h>
#include <tracejit/dims.h>
#include <tracejit/dtype.h>
#include <tracejit/dtype_info.h>
#include <tracejit/error.h>
#include <tracejit/io.h>
#include <tracejit/losses.h>
#include <tracejit/memory.h>
#include <tracejit/methods.h>
#include <tracejit/mode.h>
#include <tracejit/ops.h>
#include <tracejit/optimizers.h>
#include <tracejit/options.h>
#include <tracejit/random.h>
#include <tracejit/report.h>
#include <tracejit/scalar.h>
#include <tracejit/tensor.h>
#include <tracejit/threads.h>
#include <tracejit/trace.h>
