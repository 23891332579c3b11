// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Switching stacks on x86-64, and telling the sanitizers.
#include "test/cuda/emu/Fibers.h"
#include "test/cuda/emu/Sanitizers.h"

#include <cstdint>
#include <new>
#include <sys/mman.h>

// tj_emu_switch(void **save, void *load): what a call preserves by System V's ABI goes on the old
// stack and comes from the new one. tj_emu_begin is where a new stack begins: `begin` in rbx, the
// fiber in r12.
asm(R"(
.text
.hidden tj_emu_switch
.globl tj_emu_switch
.type tj_emu_switch,@function
tj_emu_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size tj_emu_switch, .-tj_emu_switch
.hidden tj_emu_begin
.globl tj_emu_begin
.type tj_emu_begin,@function
tj_emu_begin:
  movq %r12, %rdi
  callq *%rbx
  ud2
.size tj_emu_begin, .-tj_emu_begin
)");
extern "C" void tj_emu_switch(void **save, void *load);
extern "C" void tj_emu_begin();

namespace jit::emu {
namespace {

constexpr std::size_t page_bytes = 4096;
constexpr std::size_t stack_bytes = with_sanitizer ? 512 << 10 : 128 << 10;

} // namespace

Fiber::Fiber() {
  stack_ = ::mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (stack_ == MAP_FAILED)
    throw std::bad_alloc();
  ::mprotect(stack_, page_bytes, PROT_NONE);
}

Fiber::~Fiber() {
  tsan_destroy(tsan_fiber_);
  ::munmap(stack_, stack_bytes);
}

void Fiber::start(void (*body)(void *), void *argument) {
  body_ = body;
  argument_ = argument;
  if (!between_bodies_)
    prepare_stack();
}

void Fiber::prepare_stack() {
  fake_stack_ = nullptr;
  tsan_destroy(tsan_fiber_);
  tsan_fiber_ = tsan_create();
  asan_clear(static_cast<char *>(stack_) + page_bytes, stack_bytes - page_bytes);
  // The registers that tj_emu_switch takes, then its return address. At tj_emu_begin the stack is a
  // multiple of 16, as before any call.
  std::uint64_t *top = reinterpret_cast<std::uint64_t *>(static_cast<char *>(stack_) + stack_bytes);
  *--top = 0;
  *--top = 0;
  *--top = reinterpret_cast<std::uint64_t>(&tj_emu_begin);
  *--top = 0;                                       // rbp: the end of the frames, for a debugger
  *--top = reinterpret_cast<std::uint64_t>(&begin); // rbx
  *--top = reinterpret_cast<std::uint64_t>(this);   // r12
  *--top = 0;
  *--top = 0;
  *--top = 0;
  pointer_ = top;
}

void Fiber::begin(Fiber *self) {
  asan_finish(nullptr, &self->outside_stack_, &self->outside_bytes_);
  for (;;) {
    self->between_bodies_ = false;
    self->body_(self->argument_);
    self->between_bodies_ = true;
    self->leave();
  }
}

void Fiber::enter() {
  void *fake = nullptr;
  asan_start(&fake, static_cast<char *>(stack_) + page_bytes, stack_bytes - page_bytes);
  tsan_outside_ = tsan_current();
  tsan_switch(tsan_fiber_);
  tj_emu_switch(&outside_, pointer_);
  asan_finish(fake, nullptr, nullptr);
}

void Fiber::leave() {
  asan_start(&fake_stack_, outside_stack_, outside_bytes_);
  tsan_switch(tsan_outside_);
  tj_emu_switch(&pointer_, outside_);
  asan_finish(fake_stack_, &outside_stack_, &outside_bytes_);
}

} // namespace jit::emu
