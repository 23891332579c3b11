// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What a debugger calls while the program stands still. Nothing is thrown into it.
#include "runtime/base/Export.h"
#include "runtime/base/WithDType.h"
#include "runtime/eager/Start.h"
#include "runtime/eager/VariableBox.h"
#include "runtime/jit/Segment.h"
#include "runtime/kernels/Mxcsr.h"
#include "runtime/tensor/Print.h"

#include <tracejit/debugger.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <source_location>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace jit {

using detail::Access;

namespace {

/// Writes what `text()` gives, or why it gives nothing. stderr: the program's own output is not
/// mixed up.
template <class F> void say(const char *function, F &&text) noexcept {
  try {
    const MxcsrGuard environment; // digits of denormals
    if (thread_trace.session && thread_trace.session->is_entered())
      throw Error(ErrorCode::unsupported,
                  "the thread stands inside tracejit; `finish` until it is in your code",
                  std::source_location());
    std::fprintf(stderr, "%s\n", std::string(text()).c_str());
  } catch (const std::exception &problem) {
    std::fprintf(stderr, "%s: %s\n", function, problem.what());
  }
}

[[noreturn]] void refuse(const std::string &why) {
  throw Error(ErrorCode::invalid_argument, why, std::source_location());
}

std::string text_of(const Impl &ready) {
  if (ready.meta->device != on_cpu) // the debugger has stopped the threads that a copy waits for
    return describe(*ready.meta) + " lies on a GPU";
  std::ostringstream text;
  print(text, ready.meta->dtype, ready.meta->dims(), ready.meta->strides(), ready.data());
  return std::move(text).str();
}

std::string text_of_any(const Impl &value) {
  const Where where = value.where.load(std::memory_order_acquire);
  if (where.state() == Where::ready)
    return text_of(value);
  if (where.state() == Where::pending && value.meta->device != on_cpu)
    return describe(*value.meta) + " is pending on a GPU";
  if (where.state() == Where::failed)
    return describe(*value.meta) + " failed: " + where.failure()->error().what();
  const Session::Peeked peeked = where.session()->peek(value);
  switch (peeked.outcome) {
  case Session::Peek::elsewhere: // another thread computed it just now
    return text_of_any(value);
  case Session::Peek::no_memory:
    return describe(*value.meta) + " is pending, and there is no memory to compute it";
  case Session::Peek::computed:
    break;
  }
  const Tensor copy = Access::tensor(peeked.copy);
  return "pending; computed aside:\n" + text_of(*peeked.copy);
}

// Elements from text -------------------------------------------------------------------------

std::vector<std::string_view> words_in(std::string_view text) {
  constexpr std::string_view between = " \t\n\r,;[](){}";
  std::vector<std::string_view> words;
  while (!text.empty()) {
    const std::size_t begin = text.find_first_not_of(between);
    if (begin == text.npos)
      break;
    const std::size_t end = text.find_first_of(between, begin);
    words.push_back(text.substr(begin, end == text.npos ? end : end - begin));
    text.remove_prefix(end == text.npos ? text.size() : end);
  }
  return words;
}

template <Element T> T element_from(std::string_view word) {
  T value{};
  if constexpr (std::same_as<T, bool>) {
    value = word == "true" || word == "1";
    if (value || word == "false" || word == "0")
      return value;
  } else {
    const char *const begin = word.data() + (word.size() > 1 && word[0] == '+' && word[1] != '-');
    const auto [end, error] = std::from_chars(begin, word.data() + word.size(), value);
    if (error == std::errc() && end == word.data() + word.size())
      return value;
  }
  refuse("\"" + std::string(word) + "\" is no element of " + std::string(name(dtype_of<T>)));
}

template <Element T> Tensor tensor_from(std::string_view text, const Meta &meta) {
  const std::vector<std::string_view> words = words_in(text);
  const auto size = static_cast<std::size_t>(meta.size);
  if (words.size() != 1 && words.size() != size)
    refuse(std::to_string(words.size()) + " elements given for " + describe(meta) + " of " +
           std::to_string(size) + "; give all, or one for all");
  const std::unique_ptr<T[]> elements(new T[size]);
  if (words.size() == 1)
    std::fill_n(elements.get(), size, element_from<T>(words[0]));
  else
    std::transform(words.begin(), words.end(), elements.get(), element_from<T>);
  return Tensor::copy_of(std::span<const T>(elements.get(), size), DimList(meta.dims()),
                         std::source_location());
}

Tensor tensor_from(const char *given, const Meta &meta) {
  const std::string_view text = given ? given : "";
  return with_dtype(meta.dtype,
                    [&]<class T>(std::type_identity<T>) { return tensor_from<T>(text, meta); });
}

} // namespace

void detail::print_in_debugger(const Tensor &tensor) noexcept {
  say("jit_print", [&]() -> std::string {
    const Impl *impl = Access::impl(tensor);
    return impl ? text_of_any(*impl) : "empty tensor";
  });
}

void detail::set_in_debugger(Tensor &tensor, const char *text) noexcept {
  say("jit_set", [&] {
    const Impl *old = Access::impl(tensor);
    if (!old)
      refuse("an empty tensor has neither dtype nor shape");
    Tensor made = tensor_from(text, *old->meta);
    Impl &impl = *Access::impl(made);
    // It may be what a Variable holds: tapes go on seeing it.
    impl.flags.fetch_or(old->flags.load() & Impl::trainable);
    tensor = std::move(made);
    return text_of(impl);
  });
}

void detail::set_in_debugger(Variable &variable, const char *text) noexcept {
  say("jit_set", [&] {
    variable = {tensor_from(text, *Access::impl(variable.value())->meta), std::source_location()};
    return text_of(*Access::impl(variable.value()));
  });
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Winvalid-offsetof"
/// Where tracejit-gdb.py finds things, in bytes, in its order: it reads core files too, and knows
/// no other debug information of this library. The first number is the version of this list and of
/// DType.
extern "C" {
TRACEJIT_PRIVATE extern const std::uint32_t jit_debug_layout[];
const std::uint32_t jit_debug_layout[] = {
    1,
    offsetof(Impl, where),
    offsetof(Impl, meta),
    offsetof(Meta, dtype),
    offsetof(Meta, rank),
    offsetof(Meta, dim_values),
    offsetof(Meta, stride_values),
    offsetof(ValueFailure, file),
    offsetof(ValueFailure, line),
    offsetof(Access::Box, value),
    offsetof(Access::Box, options.name),
};
}
#pragma GCC diagnostic pop

} // namespace jit
