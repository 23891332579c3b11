// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A handler of SIGSEGV and SIGBUS that jumps out of the body; elsewhere the signals do what they
// did.
#include "test/cuda/emu/Faults.h"
#include "test/cuda/emu/Sanitizers.h"

#include <csetjmp>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <sys/mman.h>

namespace jit::emu {
namespace {

// The handler may not allocate thread-local storage.
#define IN_HANDLER thread_local __attribute__((tls_model("initial-exec")))
IN_HANDLER sigjmp_buf *target = nullptr;
IN_HANDLER const void *volatile fault_address = nullptr;
IN_HANDLER bool has_stack = false;
struct sigaction previous_segv, previous_bus;

void on_signal(int signal, siginfo_t *info, void *) {
  if (target) {
    fault_address = info->si_addr;
    ::siglongjmp(*target, 1);
  }
  // Not ours: the access is made again, under the handler that was there.
  ::sigaction(signal, signal == SIGSEGV ? &previous_segv : &previous_bus, nullptr);
}

void install() {
  struct sigaction action = {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  ::sigaction(SIGSEGV, &action, &previous_segv);
  ::sigaction(SIGBUS, &action, &previous_bus);
}

/// A fiber that overruns its stack has none left for the handler. Threads that come here live as
/// long as the process, so the stack is not given back.
void give_stack() {
  stack_t stack = {};
  stack.ss_size = 64 << 10;
  stack.ss_sp =
      ::mmap(nullptr, stack.ss_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (stack.ss_sp == MAP_FAILED || ::sigaltstack(&stack, nullptr) != 0)
    std::abort();
  has_stack = true;
}

} // namespace

bool runs_without_fault(FunctionRef<void()> body, const void **address) {
  if (with_sanitizer) {
    body();
    return true;
  }
  static std::once_flag once;
  std::call_once(once, install);
  if (!has_stack)
    give_stack();
  sigjmp_buf here;
  if (sigsetjmp(here, 1)) {
    target = nullptr;
    *address = const_cast<const void *>(fault_address);
    return false;
  }
  target = &here;
  body();
  target = nullptr;
  return true;
}

} // namespace jit::emu
