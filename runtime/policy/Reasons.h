// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The closed lists of states and reasons: a name, a sentence, and what the user can do.
#pragma once

#include <cstdint>
#include <string_view>

namespace jit {

// Ends of a run that did not run a program.
#define TRACEJIT_EAGER_EXITS(X)                                                                    \
  X(eager_turn, "the run was an eager one, to be measured", "")                                    \
  X(mismatch, "an op differed from every recorded path",                                           \
    "branch less on shapes and on the kind of data")                                               \
  X(live_set, "values were alive that no program of the path stores",                              \
    "hold the same values in every call")                                                          \
  X(foreign, "another thread needed a pending value", "hand values over after the call")           \
  X(out_of_memory, "memory for the results could not be reserved",                                 \
    "smaller tensors, or fewer of them at once")

// Why a run ended.
#define TRACEJIT_EXIT_REASONS(X)                                                                   \
  X(complete, "the path was done and an op followed that does not continue it", "")                \
  X(boundary, "the path ends here in every run, and its next op begins another", "")               \
  X(settled, "the path goes on as one that runs eagerly", "")                                      \
  X(observe, "a value was read", "")                                                               \
  X(memory_limit, "the inputs held for the pending ops grew too large",                            \
    "put jit::trace around less")                                                                  \
  X(index_check, "an index operand had to be known before its op",                                 \
    "clip it, or make it by arange or argmax")                                                     \
  X(scope_end, "the outermost traced call returned", "")                                           \
  X(thread_exit, "the thread ended", "")                                                           \
  X(mode_change, "the mode was changed", "")                                                       \
  X(no_trace, "a NoTrace began", "")                                                               \
  X(forced, "option flush_every asked for it", "")                                                 \
  X(device, "an op on another device followed", "")                                                \
  TRACEJIT_EAGER_EXITS(X)

// Why a path is rejected.
#define TRACEJIT_REJECT_REASONS(X)                                                                 \
  X(none, "not rejected", "")                                                                      \
  X(too_long, "the path has more ops than the cap of 4,096",                                       \
    "put jit::trace around a smaller part, such as the body of the loop")                          \
  X(no_gain, "the compiled program was not faster",                                                \
    "larger tensors, or fewer values alive where it ends")                                         \
  X(compile_failed, "the compiler refused the path", "report it with what save_trace writes")      \
  X(untraceable, "an op has over 255 operands, or the tables of shapes and attributes are full",   \
    "pad shapes")

// Why a path runs eagerly now. Those for which it is rejected have the same numbers.
#define TRACEJIT_EAGER_REASONS(X)                                                                  \
  TRACEJIT_REJECT_REASONS(X)                                                                       \
  X(mode, "the mode is off or log, or check, where runs are eager ones that are compared",         \
    "jit::set_mode(jit::Mode::on)")                                                                \
  X(no_compiler, "there is no compiler, or it has stopped",                                        \
    "call jit::enable_compiler(); jit::compiler_status() says what is wrong")                      \
  X(paused, "compiling is paused", "jit::resume_compiling()")                                      \
  X(seen_once, "it has not come up often enough yet", "")                                          \
  X(queued, "its program waits for the compile thread", "jit::wait_compiled() in a warm-up")       \
  X(compiling, "its program is being compiled", "jit::wait_compiled() in a warm-up")               \
  X(evicted, "as many better paths as may be have programs", "a larger TraceOptions::max_paths")   \
  X(resting, "leaving known paths cost more than was gained",                                      \
    "fewer shapes or branches, or Traced::reset()")                                                \
  X(unfinished, "the run ended inside a known path", "")                                           \
  TRACEJIT_EAGER_EXITS(X)

#define TRACEJIT_PATH_STATES(X)                                                                    \
  X(watching, "seen, not yet hot")                                                                 \
  X(queued, "waits for the compile thread")                                                        \
  X(compiling, "being compiled")                                                                   \
  X(trial, "compiled; measured against eager on real calls")                                       \
  X(active, "compiled code runs")                                                                  \
  X(rejected, "runs eagerly, for the reason given")                                                \
  X(forgotten, "dropped by its starting point; whoever holds it lets it go")

// Why kernels stayed apart, where something can be done. The compiler has the whole list.
#define TRACEJIT_APART_ADVICE(X)                                                                   \
  X(peak_memory, "keep fewer values alive, or leave more memory free")

#define TRACEJIT_NAME(name, ...) name,
enum class ExitReason : std::uint8_t { TRACEJIT_EXIT_REASONS(TRACEJIT_NAME) };
enum class RejectReason : std::uint8_t { TRACEJIT_REJECT_REASONS(TRACEJIT_NAME) };
enum class EagerReason : std::uint8_t { TRACEJIT_EAGER_REASONS(TRACEJIT_NAME) };
enum class PathState : std::uint8_t { TRACEJIT_PATH_STATES(TRACEJIT_NAME) };
#undef TRACEJIT_NAME

#define TRACEJIT_COUNT(...) +1
inline constexpr int exit_reason_count = TRACEJIT_EXIT_REASONS(TRACEJIT_COUNT);
inline constexpr int reject_reason_count = TRACEJIT_REJECT_REASONS(TRACEJIT_COUNT);
inline constexpr int eager_reason_count = TRACEJIT_EAGER_REASONS(TRACEJIT_COUNT);
inline constexpr int path_state_count = TRACEJIT_PATH_STATES(TRACEJIT_COUNT);
#undef TRACEJIT_COUNT

constexpr EagerReason eager_reason(RejectReason reason) noexcept {
  return static_cast<EagerReason>(reason);
}

std::string_view name(ExitReason reason) noexcept;
std::string_view sentence(ExitReason reason) noexcept;
/// What the user can do; empty if nothing is to be done. So below.
std::string_view advice(ExitReason reason) noexcept;
std::string_view name(RejectReason reason) noexcept;
std::string_view sentence(RejectReason reason) noexcept;
std::string_view name(EagerReason reason) noexcept;
std::string_view sentence(EagerReason reason) noexcept;
std::string_view advice(EagerReason reason) noexcept;
std::string_view name(PathState state) noexcept;
/// What can be done about kernels that the compiler kept apart for the reason of this name.
std::string_view apart_advice(std::string_view reason) noexcept;

} // namespace jit
