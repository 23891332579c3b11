// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Attributes as text: "axis=[0,1] keepdims=true dtype=f32".
#include "runtime/ops/Attributes.h"

#include <charconv>

namespace jit {
namespace {

std::string list_text(Dims values) {
  std::string text = "[";
  for (std::int64_t value : values)
    text += (text.size() > 1 ? "," : "") + std::to_string(value);
  return text + "]";
}

std::string value_text(AttrKind kind, AttrReader &reader) {
  switch (kind) {
  case AttrKind::integer:
    return std::to_string(reader.integer());
  case AttrKind::boolean:
    return reader.boolean() ? "true" : "false";
  case AttrKind::dtype:
    return std::string(name(reader.dtype()));
  case AttrKind::list:
    return list_text(reader.list());
  }
  return {};
}

/// Reads one value after another off the front of a text.
class TextReader {
public:
  explicit TextReader(std::string_view text) : rest(text) {}

  bool at_end() const { return rest.empty(); }
  bool skip(std::string_view token) {
    if (!rest.starts_with(token))
      return false;
    rest.remove_prefix(token.size());
    return true;
  }
  bool integer(std::int64_t &value) {
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    return error == std::errc();
  }
  bool dtype(std::int64_t &value) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    const std::optional<DType> found = dtype_from_name(word);
    rest.remove_prefix(word.size());
    value = found ? static_cast<std::int64_t>(*found) : 0;
    return found.has_value();
  }
  bool list(std::vector<std::int64_t> &words) {
    const std::size_t length = words.size();
    words.push_back(0);
    if (!skip("["))
      return false;
    while (!skip("]")) {
      std::int64_t value;
      if (words[length] == max_rank || (words[length] > 0 && !skip(",")) || !integer(value))
        return false;
      words.push_back(value);
      ++words[length];
    }
    return true;
  }

  bool value(AttrKind kind, std::vector<std::int64_t> &words) {
    std::int64_t word = 0;
    bool good = true;
    switch (kind) {
    case AttrKind::integer:
      good = integer(word);
      break;
    case AttrKind::boolean:
      word = skip("true");
      good = word || skip("false");
      break;
    case AttrKind::dtype:
      good = dtype(word);
      break;
    case AttrKind::list:
      return list(words);
    }
    words.push_back(word);
    return good;
  }

private:
  std::string_view rest;
};

std::string_view expectation(AttrKind kind) {
  switch (kind) {
  case AttrKind::integer:
    return "an integer";
  case AttrKind::boolean:
    return "true or false";
  case AttrKind::dtype:
    return "a dtype";
  case AttrKind::list:
    return "a list of at most 8 integers";
  }
  return {};
}

} // namespace

std::string attrs_to_string(const OpInfo &op, AttrWords words) {
  AttrReader reader(words);
  std::string text;
  for (const AttrField &field : op.attrs) {
    if (!text.empty())
      text += ' ';
    text += field.name;
    text += '=';
    text += value_text(field.kind, reader);
  }
  return text;
}

std::optional<std::string> attrs_from_string(const OpInfo &op, std::string_view text,
                                             std::vector<std::int64_t> &words) {
  TextReader reader(text);
  words.clear();
  for (const AttrField &field : op.attrs) {
    const bool separated = &field == op.attrs.data() || reader.skip(" ");
    if (!separated || !reader.skip(field.name) || !reader.skip("="))
      return std::string(op.name) + ": expected attribute '" + std::string(field.name) + "'";
    if (!reader.value(field.kind, words))
      return std::string(op.name) + ": attribute '" + std::string(field.name) + "' must be " +
             std::string(expectation(field.kind));
  }
  if (!reader.at_end())
    return std::string(op.name) + ": unexpected text after the attributes";
  return std::nullopt;
}

} // namespace jit
