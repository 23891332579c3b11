// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What may be set by hand in the schedule of a kernel, for experiments and tests. Known here so
// that a wrong name is noticed where it is given, without the compiler.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace jit {

/// A field, and the numbers it takes. What a kernel cannot do is left as it was chosen.
struct ScheduleField {
  std::string_view name;
  std::int64_t least, most;
  bool power_of_two;
};

enum class ScheduleKey : std::uint8_t {
  lanes,        ///< elements of a vector
  copies,       ///< of the body of a light loop
  accumulators, ///< vectors of a reduction that may be taken in any order
  block,        ///< elements of a unit of an elementwise kernel
  grain,        ///< units of a chunk
  stream,       ///< outputs go past the caches
  halves,       ///< both halves of a block side by side
  prefetch,     ///< bytes ahead, in a kernel that updates memory
  rows,         ///< the next row is asked for
  across,       ///< elements of the longest row whose neighbours share a vector with it
};

inline constexpr std::array<ScheduleField, 10> schedule_fields = {{{"lanes", 2, 64, true},
                                                                   {"copies", 1, 16, true},
                                                                   {"accumulators", 1, 16, true},
                                                                   {"block", 64, 1 << 20, true},
                                                                   {"grain", 1, 1 << 20, false},
                                                                   {"stream", 0, 1, false},
                                                                   {"halves", 0, 1, false},
                                                                   {"prefetch", 0, 65536, false},
                                                                   {"rows", 0, 1, false},
                                                                   {"across", 0, 64, false}}};

/// Fields that were set.
class ScheduleChanges {
public:
  std::optional<std::int64_t> operator[](ScheduleKey key) const {
    return values[static_cast<std::size_t>(key)];
  }
  void set(ScheduleKey key, std::int64_t value) { values[static_cast<std::size_t>(key)] = value; }
  bool operator==(const ScheduleChanges &) const = default;

  /// Reads "lanes:32+prefetch:4096". What is wrong with the text, if anything; then nothing
  /// changes.
  std::optional<std::string> read(std::string_view text);
  /// The inverse; empty if nothing is set.
  std::string text() const;

private:
  std::array<std::optional<std::int64_t>, schedule_fields.size()> values;
};

inline std::string ScheduleChanges::text() const {
  std::string result;
  for (std::size_t k = 0; k < schedule_fields.size(); ++k)
    if (values[k])
      result += (result.empty() ? "" : "+") + std::string(schedule_fields[k].name) + ":" +
                std::to_string(*values[k]);
  return result;
}

inline std::optional<std::string> ScheduleChanges::read(std::string_view text) {
  ScheduleChanges found;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find('+'));
    const std::string_view name = word.substr(0, word.find(':'));
    const auto field = std::ranges::find(schedule_fields, name, &ScheduleField::name);
    if (field == schedule_fields.end()) {
      std::string names;
      for (const ScheduleField &each : schedule_fields)
        names += " " + std::string(each.name);
      return "no such field: '" + std::string(name) + "'; fields are" + names;
    }
    const std::string_view digits = word.substr(std::min(name.size() + 1, word.size()));
    std::int64_t value = 0;
    const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || stop != digits.data() + digits.size() || value < field->least ||
        value > field->most || (field->power_of_two && (value & (value - 1)) != 0))
      return std::string(name) + " is " + (field->power_of_two ? "a power of two" : "a number") +
             " from " + std::to_string(field->least) + " to " + std::to_string(field->most);
    found.values[static_cast<std::size_t>(field - schedule_fields.begin())] = value;
    if (word.size() + 1 == text.size())
      return "nothing after the last +";
    text.remove_prefix(std::min(word.size() + 1, text.size()));
  }
  *this = found;
  return std::nullopt;
}

} // namespace jit
