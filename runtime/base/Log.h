// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// One line of log per event. No lock: nobody waits for a thread that logs.
#pragma once

#include "runtime/base/Export.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jit {

enum class LogLevel : std::uint8_t { off, error, info, debug };
enum class LogComponent : std::uint8_t { trace, compile, memory, runtime };

/// Errors are logged unless set otherwise.
bool log_enabled(LogComponent component, LogLevel level) noexcept;
void set_log_level(LogComponent component, LogLevel level) noexcept;

/// "trace=info,compile=debug"; a bare level counts for every component. On an error returns a
/// message that names the word and the valid ones, and changes nothing.
std::optional<std::string> set_log_levels(std::string_view text);

/// Writes `tracejit trace info: message` if enabled, by one write to standard error. Line breaks
/// become spaces; a line is cut at 4 KiB.
TRACEJIT_PRIVATE void log_line(LogComponent component, LogLevel level,
                               std::string_view message) noexcept;

/// Receives whole lines with their line break, from several threads at once.
struct LogSink {
  void (*write)(void *context, std::string_view line) noexcept;
  void *context;
};

/// nullptr: standard error. `sink` must live as long as anything may log.
void set_log_sink(const LogSink *sink) noexcept;

} // namespace jit
