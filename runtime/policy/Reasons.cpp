// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/policy/Reasons.h"

#include <cstddef>

namespace jit {

namespace {
/// A row of a table.
struct Row {
  std::string_view name, sentence, advice = {};
};

#define X(name, ...) {#name, __VA_ARGS__},
constexpr Row exit_rows[] = {TRACEJIT_EXIT_REASONS(X)};
constexpr Row eager_rows[] = {TRACEJIT_EAGER_REASONS(X)};
constexpr Row state_rows[] = {TRACEJIT_PATH_STATES(X)};
#undef X

const Row &row(ExitReason reason) noexcept { return exit_rows[static_cast<std::size_t>(reason)]; }
const Row &row(EagerReason reason) noexcept { return eager_rows[static_cast<std::size_t>(reason)]; }
} // namespace

std::string_view name(ExitReason reason) noexcept { return row(reason).name; }
std::string_view sentence(ExitReason reason) noexcept { return row(reason).sentence; }
std::string_view advice(ExitReason reason) noexcept { return row(reason).advice; }
std::string_view name(RejectReason reason) noexcept { return name(eager_reason(reason)); }
std::string_view sentence(RejectReason reason) noexcept { return sentence(eager_reason(reason)); }
std::string_view name(EagerReason reason) noexcept { return row(reason).name; }
std::string_view sentence(EagerReason reason) noexcept { return row(reason).sentence; }
std::string_view advice(EagerReason reason) noexcept { return row(reason).advice; }
std::string_view name(PathState state) noexcept {
  return state_rows[static_cast<std::size_t>(state)].name;
}

std::string_view apart_advice(std::string_view reason) noexcept {
#define X(name, text)                                                                              \
  if (reason == #name)                                                                             \
    return text;
  TRACEJIT_APART_ADVICE(X)
#undef X
  return {};
}

} // namespace jit
