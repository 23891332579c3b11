// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Work that is done at its first use, without the guards of the C++ library.
#pragma once

#include <atomic>
#include <immintrin.h>

namespace jit::rt {

class Once {
public:
  /// Returns when `work` has run, which takes microseconds at most: other threads wait awake.
  template <class Work> void run(Work work) noexcept {
    if (state.load(std::memory_order_acquire) == State::done) [[likely]]
      return;
    State expected = State::untouched;
    if (state.compare_exchange_strong(expected, State::running, std::memory_order_acquire)) {
      work();
      state.store(State::done, std::memory_order_release);
      return;
    }
    while (state.load(std::memory_order_acquire) != State::done)
      _mm_pause();
  }

private:
  enum class State : unsigned char { untouched, running, done };
  std::atomic<State> state{State::untouched};
};

} // namespace jit::rt
