// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Programs that run with rights that who started them has not: their environment is not to be
// believed.
#pragma once

#include <sys/auxv.h>

namespace jit {

/// setuid, setgid or file capabilities, as the kernel says.
inline bool has_other_rights() noexcept { return getauxval(AT_SECURE) != 0; }

} // namespace jit
