// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// TextLine: one line of a trace file, read from the left, with the place of the first problem.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/base/Meta.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace jit {

/// Readers take what they expect off the front and return whether it was there. The first failure
/// is kept; nothing is read after it.
class TextLine {
public:
  explicit TextLine(std::string_view text) : text(text) {}

  std::size_t position() const noexcept { return at; }
  std::string_view rest() const noexcept { return text.substr(at); }
  bool at_end() const noexcept { return at == text.size(); }
  bool failed() const noexcept { return !problem.empty(); }
  const std::string &message() const noexcept { return problem; }

  /// Always false, so that readers can return it.
  bool fail(std::string message) { return fail_at(at, std::move(message)); }
  bool fail_at(std::size_t position, std::string message);

  /// Takes the token if it is next; its absence is no failure.
  bool skip(std::string_view token) noexcept;
  bool expect(std::string_view token);
  bool expect_end();
  /// Letters, digits and '_'; may be empty.
  std::string_view word() noexcept;
  bool index(std::uint32_t &value);
  bool integer(std::int64_t &value);
  /// "0x" and sixteen digits.
  bool bits(std::uint64_t &value);
  /// A string in double quotes: \" \\ and \xHH stand for one byte each.
  bool quoted(std::string &value);
  bool list(DimList &values);
  /// "f32[2,3]" or "f32[2,3] strides=[1,2]": sizes are checked, also those of the block that the
  /// strides span.
  bool type(const Meta *&meta);

  /// "FILE:LINE:COLUMN: error: MESSAGE", the line and a caret under the column.
  std::string report(std::string_view file, std::size_t number) const;

private:
  std::string_view text;
  std::size_t at = 0;
  std::size_t problem_at = 0;
  std::string problem;
};

/// What TextLine::quoted and TextLine::type read.
TRACEJIT_PRIVATE std::string quote(std::string_view text);
std::string type_text(const Meta &meta);

} // namespace jit
