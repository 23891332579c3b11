// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The closed lists of trace states, exit reasons and reject reasons, a sentence each.
#pragma once

#include <cstdint>
#include <string_view>

namespace jit {

// name, sentence
#define TRACEJIT_EXIT_REASONS(X)                                                                   \
  X(complete, "the path was done and an op followed that does not continue it")                    \
  X(boundary, "the path ends here in every run, and its next op begins another")                   \
  X(settled, "the path goes on as one that runs eagerly")                                          \
  X(eager_turn, "the run was an eager one, to be measured")                                        \
  X(observe, "a value was read")                                                                   \
  X(mismatch, "an op differed from every recorded path")                                           \
  X(foreign, "another thread needed a pending value")                                              \
  X(memory_limit, "the inputs held for the pending ops grew too large")                            \
  X(live_set, "values were alive that no program of the path stores")                              \
  X(index_check, "an index operand had to be known before its op")                                 \
  X(scope_end, "the outermost traced call returned")                                               \
  X(thread_exit, "the thread ended")                                                               \
  X(out_of_memory, "memory for the results could not be reserved")                                 \
  X(mode_change, "the mode was changed")                                                           \
  X(forced, "option flush_every asked for it")

#define TRACEJIT_REJECT_REASONS(X)                                                                 \
  X(none, "not rejected")                                                                          \
  X(too_long, "the path has more ops than the cap of 4,096")                                       \
  X(no_gain, "the compiled program was not faster")                                                \
  X(compile_failed, "the compiler refused the path")                                               \
  X(untraceable, "an op has over 255 operands, or the tables of shapes and attributes are full: "  \
                 "pad shapes")

#define TRACEJIT_PATH_STATES(X)                                                                    \
  X(watching, "seen, not yet hot")                                                                 \
  X(queued, "waits for the compile thread")                                                        \
  X(compiling, "being compiled")                                                                   \
  X(trial, "compiled; measured against eager on real calls")                                       \
  X(active, "compiled code runs")                                                                  \
  X(rejected, "runs eagerly, for the reason given")

enum class ExitReason : std::uint8_t {
#define X(name, text) name,
  TRACEJIT_EXIT_REASONS(X)
#undef X
};
enum class RejectReason : std::uint8_t {
#define X(name, text) name,
  TRACEJIT_REJECT_REASONS(X)
#undef X
};
enum class PathState : std::uint8_t {
#define X(name, text) name,
  TRACEJIT_PATH_STATES(X)
#undef X
};

inline constexpr int exit_reason_count = 0
#define X(name, text) +1
    TRACEJIT_EXIT_REASONS(X)
#undef X
    ;

std::string_view name(ExitReason reason) noexcept;
std::string_view sentence(ExitReason reason) noexcept;
std::string_view name(RejectReason reason) noexcept;
std::string_view sentence(RejectReason reason) noexcept;
std::string_view name(PathState state) noexcept;

} // namespace jit
