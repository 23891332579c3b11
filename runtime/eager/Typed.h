// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One exception type for users: what standard containers throw becomes an Error.
#pragma once

#include <tracejit/error.h>

#include <new>
#include <string>
#include <string_view>

namespace jit::detail {

[[noreturn]] inline void throw_out_of_memory(std::string_view function,
                                             const std::source_location &site) {
  throw Error(ErrorCode::out_of_memory, std::string(function) + ": out of memory", site);
}

/// What f returns. Without memory for its book-keeping an Error that names the public function.
template <class F>
decltype(auto) typed(std::string_view function, const std::source_location &site, F &&f) {
  try {
    return f();
  } catch (const std::bad_alloc &) {
    throw_out_of_memory(function, site);
  }
}

} // namespace jit::detail
