// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The thread pool that kernels know, by what the caller brought.
#include "runtime/rt/CurrentCaller.h"

#include "runtime/kernels/ThreadPool.h"

#include <utility>

namespace jit {
namespace rt {
namespace {

/// Null: everything runs on this thread.
[[gnu::tls_model("initial-exec")]] constinit thread_local const Caller *current = nullptr;

void run_chunk(void *body, std::int64_t chunk) {
  // The thread may be one that waits for pieces of its own.
  const Caller *const before = std::exchange(current, nullptr);
  (*static_cast<FunctionRef<void(std::int64_t)> *>(body))(chunk);
  current = before;
}

} // namespace

CurrentCaller::CurrentCaller(const Caller &caller) noexcept
    : caller(caller), before(std::exchange(current, &this->caller)) {}
CurrentCaller::~CurrentCaller() { current = before; }

} // namespace rt

void parallel_for(std::int64_t chunks, FunctionRef<void(std::int64_t)> body,
                  std::uint64_t) noexcept {
  if (const rt::Caller *caller = rt::current)
    return caller->run(chunks, rt::run_chunk, &body);
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk)
    body(chunk);
}

// How many CPUs there are is the caller's affair.
constinit std::atomic<Sharing> detail::sharing{Sharing{1, true, false}};
Sharing detail::first_sharing() noexcept { return {1, true, false}; }
void refresh_sharing() noexcept {}

} // namespace jit
