// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The border to C: exceptions become codes and a text for tj_last_error.
#pragma once

#include <tracejit/c.h>
#include <tracejit/error.h>

#include <new>
#include <string>

namespace jit::c {

/// Keeps "FUNCTION: TEXT" for this thread; gives the code. Allocates nothing.
int failed(int code, const char *function, const char *text) noexcept;
const char *last_failure() noexcept;

[[noreturn]] inline void refuse(const std::string &text,
                                ErrorCode code = ErrorCode::invalid_argument) {
  throw Error(code, text, std::source_location());
}

/// TJ_OK after body(), or the code of what it throws.
template <class F> int guarded(const char *function, F &&body) noexcept {
  static_assert(TJ_INTERNAL == static_cast<int>(ErrorCode::internal) + 1);
  try {
    body();
    return TJ_OK;
  } catch (const Error &error) {
    return failed(static_cast<int>(error.code()) + 1, function, error.what());
  } catch (const std::bad_alloc &) {
    return failed(TJ_OUT_OF_MEMORY, function, "out of memory");
  } catch (const std::exception &error) {
    return failed(TJ_INTERNAL, function, error.what());
  } catch (...) {
    return failed(TJ_INTERNAL, function, "an exception of no known type");
  }
}

} // namespace jit::c
