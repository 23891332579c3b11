// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A fiber: a stack of its own that its thread enters and leaves.
#pragma once

#include <cstddef>

namespace jit::emu {

class Fiber {
public:
  Fiber();
  ~Fiber();
  Fiber(const Fiber &) = delete;
  Fiber &operator=(const Fiber &) = delete;

  /// The next enter() calls body(argument). What the fiber was doing is abandoned.
  void start(void (*body)(void *), void *argument);
  /// Goes on in the fiber, and returns when it leaves or `body` returns.
  void enter();
  /// Called inside of the fiber.
  void leave();

private:
  static void begin(Fiber *self);
  void prepare_stack();

  void *stack_ = nullptr;   // lowest address, a page that nothing may touch
  void *pointer_ = nullptr; // where the fiber goes on
  void *outside_ = nullptr; // where leave() goes on
  void (*body_)(void *) = nullptr;
  void *argument_ = nullptr;
  bool between_bodies_ = false;
  // For the sanitizers.
  void *fake_stack_ = nullptr;
  const void *outside_stack_ = nullptr;
  std::size_t outside_bytes_ = 0;
  void *tsan_fiber_ = nullptr;
  void *tsan_outside_ = nullptr;
};

} // namespace jit::emu
