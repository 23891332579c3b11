// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Kernels run under the default floating-point environment, whatever the calling thread has set.
#pragma once

#include "runtime/base/Export.h"

#include <cstdint>
#include <immintrin.h>

namespace jit {

/// Round to nearest, denormals kept, all exceptions masked, no flag raised.
inline constexpr std::uint32_t default_mxcsr = 0x1F80;

namespace detail {
/// Sets the default and returns what was there.
TRACEJIT_PRIVATE std::uint32_t set_default_mxcsr() noexcept;
TRACEJIT_PRIVATE void restore_mxcsr(std::uint32_t value) noexcept;
} // namespace detail

/// Default MXCSR for a scope. Free of writes when it is set already; sticky flags do not count.
class MxcsrGuard {
public:
  MxcsrGuard() noexcept {
    if ((_mm_getcsr() & 0xFFC0) != default_mxcsr) [[unlikely]] {
      saved = detail::set_default_mxcsr();
      changed = true;
    }
  }
  ~MxcsrGuard() {
    if (changed) [[unlikely]]
      detail::restore_mxcsr(saved);
  }
  MxcsrGuard(const MxcsrGuard &) = delete;

private:
  std::uint32_t saved = 0;
  bool changed = false;
};

} // namespace jit
