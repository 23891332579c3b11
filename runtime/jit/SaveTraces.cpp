// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/jit/SaveTraces.h"

#include "runtime/base/Files.h"
#include "runtime/base/Log.h"
#include "runtime/base/Options.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/trace/Text.h"

#include <cctype>

namespace jit {

/// The name with everything but letters, digits and '-' replaced: it becomes part of a file's name.
static std::string file_stem(const Path &path) {
  std::string stem = path.graph.name.empty() ? "trace" : path.graph.name;
  for (char &c : stem)
    if (!std::isalnum(static_cast<unsigned char>(c)) && c != '-')
      c = '_';
  return stem + "-" + std::to_string(path.id) + ".trace";
}

static bool save(const Path &path, const std::filesystem::path &file) {
  const std::string text = to_text(path.graph);
  const std::span<const std::byte> bytes = std::as_bytes(std::span(text));
  const auto message = write_file(file, {&bytes, 1});
  if (message)
    log_line(LogComponent::trace, LogLevel::error, *message);
  return !message;
}

void save_compiled(const Path &path) noexcept {
  if (!options().save.empty())
    if_memory([&] { save(path, std::filesystem::path(options().save) / file_stem(path)); });
}

std::string save_mismatch(const Path &path) {
  const std::filesystem::path folder = options().save.empty() ? "." : options().save;
  const std::filesystem::path file = folder / ("mismatch-" + file_stem(path));
  return save(path, file) ? file.string() : "";
}

} // namespace jit
