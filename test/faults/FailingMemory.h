// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Memory that can be made to fail: operator new, realloc and mmap of this program. The n-th request
// of one kind gets none, once.
#pragma once

#include <cstdint>

namespace jit::faults {

enum class Request : std::uint8_t {
  user_new,    ///< operator new of threads in a `Counted` scope
  compile_new, ///< operator new of threads that are neither Counted nor Uncounted
  user_realloc,
};
/// Whether any of this works: under a sanitizer memory belongs to that.
extern const bool memory_can_fail;
inline constexpr const char *why_memory_cannot_fail = "memory belongs to the sanitizer";

/// The n-th request of the kind from now fails; 0: requests are only counted.
void arm(Request kind, std::uint64_t n) noexcept;
/// Requests of the kind seen since; at least n iff one failed.
std::uint64_t disarm() noexcept;

/// Whether every mmap of Counted scopes fails.
void fail_maps(bool fail) noexcept;

/// Blocks of operator new that are in use, without those of Uncounted scopes.
std::int64_t blocks_in_use() noexcept;

enum class Role : std::uint8_t { runtime, user, nobody };
/// What the requests of this thread count as, for a scope.
class RoleScope {
public:
  explicit RoleScope(Role role) noexcept;
  ~RoleScope();
  RoleScope(const RoleScope &) = delete;

private:
  Role outer;
};
struct Counted : RoleScope {
  Counted() noexcept : RoleScope(Role::user) {}
};
struct Uncounted : RoleScope {
  Uncounted() noexcept : RoleScope(Role::nobody) {}
};

} // namespace jit::faults
