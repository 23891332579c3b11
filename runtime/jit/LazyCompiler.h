// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LazyCompiler: the compiler from being asked for to being open. Asking is cheap; opening takes as
// long as LLVM needs, and is for the compile thread.
#pragma once

#include "runtime/jit/Compiler.h"

#include <tracejit/compiler.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

namespace jit {

class LazyCompiler {
public:
  /// Notes that the library is there and fits, and that it shall be opened: at once if `now`, else
  /// by the first get(). False if it does not, which is logged once for each reason.
  bool ask_for(bool now);
  /// Plugs in a compiler that is open.
  void plug(std::unique_ptr<Compiler> compiler) noexcept;
  /// The compiler, opened at need. Null if that failed, which is logged. For the compile thread.
  Compiler *get();
  bool is_open() const noexcept {
    return state.load(std::memory_order_acquire) == CompilerState::ready;
  }
  /// Nothing will be compiled any more, and why.
  void give_up(std::string why);

  CompilerStatus status() const;

private:
  bool fail(std::string why);

  std::unique_ptr<Compiler> compiler; ///< of the compile thread, once plugged in or opened
  std::atomic<CompilerState> state{CompilerState::off};
  mutable std::mutex lock; ///< of the message
  std::string message = "enable_compiler() was not called";
};

} // namespace jit
