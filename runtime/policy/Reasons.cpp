// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/policy/Reasons.h"

namespace jit {

#define X(name, text) #name,
static constexpr std::string_view exit_names[] = {TRACEJIT_EXIT_REASONS(X)};
static constexpr std::string_view reject_names[] = {TRACEJIT_REJECT_REASONS(X)};
static constexpr std::string_view state_names[] = {TRACEJIT_PATH_STATES(X)};
#undef X
#define X(name, text) text,
static constexpr std::string_view exit_sentences[] = {TRACEJIT_EXIT_REASONS(X)};
static constexpr std::string_view reject_sentences[] = {TRACEJIT_REJECT_REASONS(X)};
#undef X

template <class E> static constexpr std::size_t at(E value) {
  return static_cast<std::size_t>(value);
}

std::string_view name(ExitReason reason) noexcept { return exit_names[at(reason)]; }
std::string_view sentence(ExitReason reason) noexcept { return exit_sentences[at(reason)]; }
std::string_view name(RejectReason reason) noexcept { return reject_names[at(reason)]; }
std::string_view sentence(RejectReason reason) noexcept { return reject_sentences[at(reason)]; }
std::string_view name(PathState state) noexcept { return state_names[at(state)]; }

} // namespace jit
