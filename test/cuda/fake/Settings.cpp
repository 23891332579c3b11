// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Reading TRACEJIT_FAKE_CUDA, and the log.
#include "test/cuda/fake/Settings.h"
#include "runtime/cuda/NvrtcTypes.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>

namespace jit::gpu::fake {
namespace {

[[noreturn]] void refuse(std::string_view word, const char *why) {
  std::fprintf(stderr, "TRACEJIT_FAKE_CUDA: `%.*s`: %s\n", static_cast<int>(word.size()),
               word.data(), why);
  std::_Exit(2);
}

template <class T> T number(std::string_view word, std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size())
    refuse(word, "wants a number");
  return value;
}

/// What stands before the next `mark`; `text` keeps what follows it.
std::string_view next(std::string_view &text, char mark) {
  const std::size_t end = text.find(mark);
  const std::string_view first = text.substr(0, end);
  text = end == text.npos ? std::string_view() : text.substr(end + 1);
  return first;
}

bool is_entry(std::string_view name) {
#define TRACEJIT_NAME(name, ...) #name,
#define TRACEJIT_NVRTC_NAME(name, ...) "nvrtc" #name,
  static constexpr std::string_view names[] = {
      TRACEJIT_CUDA_ENTRY_POINTS(TRACEJIT_NAME) TRACEJIT_NVRTC_ENTRY_POINTS(TRACEJIT_NVRTC_NAME)};
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

Failure read_failure(std::string_view word, std::string_view text) {
  Failure failure;
  failure.entry = next(text, ':');
  if (!is_entry(failure.entry))
    refuse(word, "no such entry point");
  std::string_view first = next(text, ':');
  failure.all_after = first.ends_with('+');
  if (failure.all_after)
    first.remove_suffix(1);
  failure.first = number<std::uint64_t>(word, first);
  if (!text.empty())
    failure.code = number<int>(word, text);
  return failure;
}

void read_order(Settings &settings, std::string_view word, std::string_view text) {
  const std::string_view kind = next(text, ':');
  if (kind == "ascending")
    settings.order = emu::Order::ascending;
  else if (kind == "descending")
    settings.order = emu::Order::descending;
  else if (kind == "shuffled")
    settings.order = emu::Order::shuffled;
  else
    refuse(word, "wants ascending, descending or shuffled");
  if (!text.empty())
    settings.order_seed = number<std::uint64_t>(word, text);
}

Protection read_protection(std::string_view word, std::string_view text) {
  if (text == "key")
    return Protection::key;
  if (text == "window")
    return Protection::window;
  if (text == "none")
    return Protection::none;
  refuse(word, "wants key, window or none");
}

void read_word(Settings &settings, std::string_view word) {
  std::string_view text = word;
  const std::string_view key = next(text, '=');
  const auto is_number = [&](const char *name, auto &value) {
    if (key != name)
      return false;
    value = number<std::remove_reference_t<decltype(value)>>(word, text);
    return true;
  };
  if (is_number("memory", settings.memory) || is_number("devices", settings.devices) ||
      is_number("driver", settings.driver) || is_number("capability", settings.capability) ||
      is_number("multiprocessors", settings.multiprocessors) ||
      is_number("registers", settings.registers) || is_number("local", settings.local_bytes) ||
      is_number("edges", settings.edge_blocks) || is_number("seed", settings.seed) ||
      is_number("delay", settings.delay_us) || is_number("nvrtc", settings.nvrtc_version))
    return;
  if (key == "fail") {
    settings.failures.push_back(read_failure(word, text));
  } else if (key == "nvrtc-fail") {
    settings.failures.push_back(
        {"nvrtcCompileProgram", number<std::uint64_t>(word, text), false, {}});
  } else if (key == "nvrtc-targets") {
    while (!text.empty())
      settings.nvrtc_targets.push_back(number<int>(word, next(text, ':')));
  } else if (key == "async") {
    settings.async_at = number<std::uint64_t>(word, next(text, ':'));
    if (!text.empty())
      settings.async_status = static_cast<Status>(number<int>(word, text));
  } else if (key == "order") {
    read_order(settings, word, text);
  } else if (key == "protect") {
    settings.protection = read_protection(word, text);
  } else if (key == "log") {
    settings.log = text;
  } else if (word == "stub") {
    settings.stub = true;
  } else if (word == "sparse") {
    settings.sparse = true;
  } else {
    refuse(word, "unknown");
  }
}

} // namespace

Settings Settings::read(std::string_view text) {
  Settings settings;
  while (!text.empty())
    if (const std::string_view word = next(text, ','); !word.empty())
      read_word(settings, word);
  if (settings.memory == 0)
    settings.memory = std::size_t{settings.sparse ? 512u : 8u} << 30;
  return settings;
}

const Settings &Settings::of_environment() {
  static const Settings &settings = *new Settings(read([] {
    const char *const text = std::getenv("TRACEJIT_FAKE_CUDA");
    return std::string_view(text ? text : "");
  }()));
  return settings;
}

std::optional<int> failure_of(const Settings &settings, std::string_view entry, std::uint64_t count,
                              int otherwise) {
  for (const Failure &failure : settings.failures)
    if (failure.entry == entry &&
        (failure.all_after ? count >= failure.first : count == failure.first))
      return failure.code.value_or(otherwise);
  return std::nullopt;
}

void log_line(const std::string &line) {
  const std::string &path = Settings::of_environment().log;
  if (path.empty())
    return;
  static const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const std::string whole = line + '\n';
  if (file < 0 || ::write(file, whole.data(), whole.size()) < 0)
    std::perror(path.c_str());
}

} // namespace jit::gpu::fake
