// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A value, or the message that says why there is none. For code that must not throw.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace jit {

struct Failure {
  std::string message;
};

template <class T> class Result {
public:
  Result(T value) : content(std::in_place_index<0>, std::move(value)) {}
  Result(Failure failure) : content(std::in_place_index<1>, std::move(failure)) {}

  explicit operator bool() const noexcept { return content.index() == 0; }
  T &operator*() & noexcept { return assert(*this), *std::get_if<0>(&content); }
  const T &operator*() const & noexcept { return assert(*this), *std::get_if<0>(&content); }
  T &&operator*() && noexcept { return assert(*this), std::move(*std::get_if<0>(&content)); }
  T *operator->() noexcept { return &**this; }
  const T *operator->() const noexcept { return &**this; }
  const std::string &message() const noexcept {
    assert(!*this);
    return std::get_if<1>(&content)->message;
  }

private:
  std::variant<T, Failure> content;
};

} // namespace jit
