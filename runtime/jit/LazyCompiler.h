// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LazyCompiler: the compiler from being asked for to being open. Asking is cheap; opening takes as
// long as LLVM needs, and is for the compile thread.
#pragma once

#include "runtime/jit/Compiler.h"

#include <tracejit/compiler.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace jit {

class LazyCompiler {
public:
  enum class Asked : std::uint8_t { refused, before, now };
  /// Notes that the library is there and fits, and that it shall be opened: soon if `soon`, else by
  /// the first get(). `before`: it is open, or somebody has asked and it will be. `refused` is
  /// logged once for each reason.
  Asked ask_for(bool soon);
  /// It is not opened soon after all, but by the first get().
  void put_off() noexcept;
  /// Plugs in a compiler that is open.
  void plug(std::unique_ptr<Compiler> compiler) noexcept;
  /// The compiler, opened at need. Null if that failed, which is logged. For the compile thread.
  Compiler *get();
  bool is_open() const noexcept {
    return state.load(std::memory_order_acquire) == CompilerState::ready;
  }
  CompilerStatus status() const;
  /// For the handlers of fork: nobody changes the message in between.
  void lock_for_fork() noexcept { lock.lock(); }
  void unlock_after_fork() noexcept { lock.unlock(); }

private:
  void fail(std::string why);

  std::unique_ptr<Compiler> compiler; ///< of the compile thread, once plugged in or opened
  std::atomic<CompilerState> state{CompilerState::off};
  mutable std::mutex lock; ///< of the message
  std::string message = "enable_compiler() was not called";
};

} // namespace jit
