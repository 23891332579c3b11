// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// All element functions: jit::scalar::NAME(emitter, operands...), named as the ops.
#pragma once

#include "runtime/scalar/Basic.h"
#include "runtime/scalar/Bits.h"
#include "runtime/scalar/Cast.h"
#include "runtime/scalar/Erf.h"
#include "runtime/scalar/Exp.h"
#include "runtime/scalar/Expm1.h"
#include "runtime/scalar/Hypot.h"
#include "runtime/scalar/InverseHyperbolic.h"
#include "runtime/scalar/InverseTrig.h"
#include "runtime/scalar/Log.h"
#include "runtime/scalar/Log1p.h"
#include "runtime/scalar/LogBases.h"
#include "runtime/scalar/Philox.h"
#include "runtime/scalar/Pow.h"
#include "runtime/scalar/Remainder.h"
#include "runtime/scalar/Storage.h"
#include "runtime/scalar/Trig.h"
#include "runtime/scalar/Truth.h"

// Those that are made of others, from the bodies of their records.
namespace jit::scalar {
#include "runtime/ops/ScalarBodies.inc"
} // namespace jit::scalar
