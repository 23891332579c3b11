// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What compiled kernels call for large angles, in the order of scalar::outside_table. Not in the
// namespace of the rest, since the code of the ISA levels calls it too.
#include "runtime/scalar/LargeAngle.h"

namespace jit::scalar {

template <class T> using OutsideRun = void (*)(const T *, T *, std::int64_t) noexcept;

extern "C" const OutsideFunction tj_rt1_outside[outside_functions] = {
    reinterpret_cast<OutsideFunction>(static_cast<OutsideRun<float>>(sin_outside)),
    reinterpret_cast<OutsideFunction>(static_cast<OutsideRun<float>>(cos_outside)),
    reinterpret_cast<OutsideFunction>(static_cast<OutsideRun<float>>(tan_outside)),
    reinterpret_cast<OutsideFunction>(static_cast<OutsideRun<double>>(sin_outside)),
    reinterpret_cast<OutsideFunction>(static_cast<OutsideRun<double>>(cos_outside)),
    reinterpret_cast<OutsideFunction>(static_cast<OutsideRun<double>>(tan_outside))};

} // namespace jit::scalar
