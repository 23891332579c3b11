// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "test/faults/FailingMemory.h"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

namespace jit::faults {
namespace {

constinit thread_local Role role = Role::runtime;
constinit std::atomic<std::int64_t> in_use{0};

constinit std::atomic<bool> armed{false};
constinit std::atomic<Request> armed_kind{};
constinit std::atomic<std::uint64_t> seen{0}, failing{0};
constinit std::atomic<bool> no_maps{false};

#ifndef SANITIZED
bool fails(Request kind) noexcept {
  if (!armed.load(std::memory_order_relaxed) || armed_kind.load(std::memory_order_relaxed) != kind)
    return false;
  return seen.fetch_add(1, std::memory_order_relaxed) + 1 == failing.load();
}

bool new_fails() noexcept {
  if (role == Role::nobody)
    return false;
  return fails(role == Role::user ? Request::user_new : Request::compile_new);
}

// Lies before every block of operator new, and keeps its alignment.
struct alignas(16) Header {
  bool counted;
};

void *allocate(std::size_t bytes, std::size_t alignment) {
  if (new_fails())
    throw std::bad_alloc();
  alignment = alignment < sizeof(Header) ? sizeof(Header) : alignment;
  const std::size_t whole = (bytes + 2 * alignment - 1) / alignment * alignment;
  auto *base = static_cast<std::byte *>(std::aligned_alloc(alignment, whole));
  if (!base)
    throw std::bad_alloc();
  const bool counted = role != Role::nobody;
  if (counted)
    in_use.fetch_add(1, std::memory_order_relaxed);
  new (base + alignment - sizeof(Header)) Header{counted};
  return base + alignment;
}

void deallocate(void *block, std::size_t alignment) noexcept {
  if (!block)
    return;
  alignment = alignment < sizeof(Header) ? sizeof(Header) : alignment;
  auto *bytes = static_cast<std::byte *>(block);
  if (reinterpret_cast<Header *>(bytes - sizeof(Header))->counted)
    in_use.fetch_sub(1, std::memory_order_relaxed);
  std::free(bytes - alignment);
}
#endif

} // namespace

void arm(Request kind, std::uint64_t n) noexcept {
  armed_kind = kind;
  seen = 0;
  failing = n;
  armed = true;
}

std::uint64_t disarm() noexcept {
  armed = false;
  return seen;
}

void fail_maps(bool fail) noexcept { no_maps = fail; }

std::int64_t blocks_in_use() noexcept { return in_use; }

RoleScope::RoleScope(Role now) noexcept : outer(std::exchange(role, now)) {}
RoleScope::~RoleScope() { role = outer; }

} // namespace jit::faults

#ifdef SANITIZED
const bool jit::faults::memory_can_fail = false;
#else
const bool jit::faults::memory_can_fail = true;

void *operator new(std::size_t bytes) { return jit::faults::allocate(bytes, 0); }
void *operator new[](std::size_t bytes) { return jit::faults::allocate(bytes, 0); }
void *operator new(std::size_t bytes, std::align_val_t alignment) {
  return jit::faults::allocate(bytes, static_cast<std::size_t>(alignment));
}
void *operator new[](std::size_t bytes, std::align_val_t alignment) {
  return jit::faults::allocate(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void *block) noexcept { jit::faults::deallocate(block, 0); }
void operator delete[](void *block) noexcept { jit::faults::deallocate(block, 0); }
void operator delete(void *block, std::size_t) noexcept { jit::faults::deallocate(block, 0); }
void operator delete[](void *block, std::size_t) noexcept { jit::faults::deallocate(block, 0); }
void operator delete(void *block, std::align_val_t alignment) noexcept {
  jit::faults::deallocate(block, static_cast<std::size_t>(alignment));
}
void operator delete[](void *block, std::align_val_t alignment) noexcept {
  jit::faults::deallocate(block, static_cast<std::size_t>(alignment));
}
void operator delete(void *block, std::size_t, std::align_val_t alignment) noexcept {
  jit::faults::deallocate(block, static_cast<std::size_t>(alignment));
}
void operator delete[](void *block, std::size_t, std::align_val_t alignment) noexcept {
  jit::faults::deallocate(block, static_cast<std::size_t>(alignment));
}

// The library's calls come here, the C library's own do not.
extern "C" {
void *__libc_realloc(void *block, std::size_t bytes);

void *realloc(void *block, std::size_t bytes) {
  using namespace jit::faults;
  if (role == Role::user && fails(Request::user_realloc))
    return errno = ENOMEM, nullptr;
  return __libc_realloc(block, bytes);
}

void *mmap(void *address, std::size_t bytes, int protection, int flags, int file,
           off_t offset) noexcept {
  using namespace jit::faults;
  if (role == Role::user && no_maps)
    return errno = ENOMEM, MAP_FAILED;
  return reinterpret_cast<void *>(
      syscall(SYS_mmap, address, bytes, protection, flags, file, offset));
}
}
#endif
