// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/trace/Sites.h"

#include "runtime/base/InternTable.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/base/SourceLine.h"

#include <algorithm>
#include <cstring>

namespace jit {
namespace {

struct FileName {
  std::string text;
};
constinit InternTable<FileName> file_names;

std::uint64_t hash_text(std::string_view text) noexcept {
  std::uint64_t hash = text.size();
  for (std::uint64_t word = 0; !text.empty(); word = 0) {
    const std::size_t bytes = std::min(text.size(), sizeof word);
    std::memcpy(&word, text.data(), bytes);
    hash = hash_word(hash, word);
    text.remove_prefix(bytes);
  }
  return hash;
}

} // namespace

const char *intern_file(std::string_view name) noexcept {
  const FileName *file = nullptr;
  if_memory([&] {
    file = file_names.find_or_add(
        hash_text(name), [&](const FileName &known) { return known.text == name; },
        [&] { return new FileName{std::string(name)}; });
  });
  return file ? file->text.c_str() : nullptr;
}

Site Site::of(const std::source_location &location, GradientMark gradient) noexcept {
  const char *file = location.line() ? intern_file(location.file_name()) : nullptr;
  return {file ? file : "", file ? location.line() : 0, gradient};
}

std::uint64_t site_key(const std::source_location &location, GradientMark gradient) noexcept {
  const std::uint64_t place = std::uint64_t{location.line()} << 32 | location.column();
  return hash_word(hash_word(hash_text(location.file_name()), place), gradient) | 1;
}

std::string describe(const Site &site) {
  std::string text;
  if (site.gradient)
    text = "gradient of " + std::string(info(gradient_of(site)).name) + " ";
  return text + (site.line ? line_text(site.file, site.line) : "unknown line");
}

} // namespace jit
