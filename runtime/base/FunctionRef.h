// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A reference to a callable: two words, no allocation. The callable must outlive it.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

namespace jit {

template <class Signature> class FunctionRef;

template <class Result, class... Args> class FunctionRef<Result(Args...)> {
public:
  constexpr FunctionRef() noexcept = default;

  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef> &&
             std::is_object_v<std::remove_reference_t<F>> &&
             std::is_invocable_r_v<Result, F &, Args...>)
  FunctionRef(F &&callable) noexcept
      : target(const_cast<void *>(static_cast<const void *>(std::addressof(callable)))),
        invoke([](void *f, Args... args) -> Result {
          return (*static_cast<std::remove_reference_t<F> *>(f))(std::forward<Args>(args)...);
        }) {}

  Result operator()(Args... args) const { return invoke(target, std::forward<Args>(args)...); }

  /// The same for callables of one type only, or none.
  std::uintptr_t type() const noexcept { return reinterpret_cast<std::uintptr_t>(invoke); }

private:
  void *target = nullptr;
  Result (*invoke)(void *, Args...) = nullptr;
};

} // namespace jit
