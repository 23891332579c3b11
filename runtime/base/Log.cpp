// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Log levels and the writing of lines.
#include "runtime/base/Log.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace jit {
namespace {

constexpr std::array<std::string_view, 4> level_names = {"off", "error", "info", "debug"};
constexpr std::array<std::string_view, 4> component_names = {"trace", "compile", "memory",
                                                             "runtime"};
constexpr std::size_t components = component_names.size();
using Levels = std::array<LogLevel, components>;

constinit std::array<std::atomic<LogLevel>, components> levels = {LogLevel::error, LogLevel::error,
                                                                  LogLevel::error, LogLevel::error};
constinit std::atomic<const LogSink *> sink{nullptr};

template <class Names>
std::optional<std::size_t> index_of(const Names &names, std::string_view word) {
  const auto found = std::find(names.begin(), names.end(), word);
  if (found == names.end())
    return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

std::optional<std::string> parse_entry(std::string_view entry, Levels &result) {
  const std::size_t equals = entry.find('=');
  const bool bare = equals == entry.npos;
  const auto level = index_of(level_names, bare ? entry : entry.substr(equals + 1));
  if (!level)
    return "TRACEJIT_LOG: '" + std::string(entry) +
           "': no such level; levels are off error info debug";
  if (bare) {
    result.fill(static_cast<LogLevel>(*level));
    return std::nullopt;
  }
  const auto component = index_of(component_names, entry.substr(0, equals));
  if (!component)
    return "TRACEJIT_LOG: '" + std::string(entry) +
           "': no such component; components are trace compile memory runtime";
  result[*component] = static_cast<LogLevel>(*level);
  return std::nullopt;
}

// A line of bounded size, built without allocation.
class Line {
public:
  void append(std::string_view part) noexcept {
    const std::size_t count = std::min(part.size(), text.size() - 1 - used);
    std::memcpy(text.data() + used, part.data(), count);
    used += count;
  }
  std::string_view finish() noexcept {
    std::replace(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(used), '\n', ' ');
    text[used++] = '\n';
    return {text.data(), used};
  }

private:
  std::array<char, 4096> text;
  std::size_t used = 0;
};

} // namespace

bool log_enabled(LogComponent component, LogLevel level) noexcept {
  return level != LogLevel::off &&
         level <= levels[static_cast<std::size_t>(component)].load(std::memory_order_relaxed);
}

void set_log_level(LogComponent component, LogLevel level) noexcept {
  levels[static_cast<std::size_t>(component)].store(level, std::memory_order_relaxed);
}

std::optional<std::string> set_log_levels(std::string_view text) {
  Levels result;
  for (std::size_t i = 0; i < components; ++i)
    result[i] = levels[i].load(std::memory_order_relaxed);
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    if (std::optional<std::string> error = parse_entry(text.substr(0, end), result))
      return error;
    if (end + 1 == text.size())
      return "TRACEJIT_LOG: nothing after the last comma";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  for (std::size_t i = 0; i < components; ++i)
    set_log_level(static_cast<LogComponent>(i), result[i]);
  return std::nullopt;
}

void log_line(LogComponent component, LogLevel level, std::string_view message) noexcept {
  if (!log_enabled(component, level))
    return;
  Line line;
  for (const std::string_view part :
       {std::string_view("tracejit "), component_names[static_cast<std::size_t>(component)],
        std::string_view(" "), level_names[static_cast<std::size_t>(level)], std::string_view(": "),
        message})
    line.append(part);
  const std::string_view text = line.finish();
  if (const LogSink *target = sink.load(std::memory_order_acquire)) {
    target->write(target->context, text);
    return;
  }
  const int saved = errno; // the caller's program did not ask for this call
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
  errno = saved;
}

void set_log_sink(const LogSink *target) noexcept { sink.store(target, std::memory_order_release); }

} // namespace jit
