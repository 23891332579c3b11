// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/trace/TextLine.h"

#include "runtime/trace/Span.h"

#include <algorithm>
#include <charconv>

namespace jit {

static bool is_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool TextLine::fail_at(std::size_t position, std::string message) {
  if (problem.empty()) {
    problem_at = position;
    problem = std::move(message);
  }
  return false;
}

bool TextLine::skip(std::string_view token) noexcept {
  if (!rest().starts_with(token))
    return false;
  at += token.size();
  return true;
}

bool TextLine::expect(std::string_view token) {
  return skip(token) || fail("expected '" + std::string(token) + "'");
}

bool TextLine::expect_end() { return at_end() || fail("unexpected text"); }

std::string_view TextLine::word() noexcept {
  const std::size_t begin = at;
  while (at < text.size() && is_word(text[at]))
    ++at;
  return text.substr(begin, at - begin);
}

template <class T>
static bool read_number(std::string_view text, T &value, int base, std::size_t &length) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  length = static_cast<std::size_t>(end - text.data());
  return error == std::errc();
}

bool TextLine::index(std::uint32_t &value) {
  std::size_t length;
  if (!read_number(rest(), value, 10, length))
    return fail(length ? "the number does not fit 32 bits" : "expected a number");
  at += length;
  return true;
}

bool TextLine::integer(std::int64_t &value) {
  std::size_t length;
  if (!read_number(rest(), value, 10, length))
    return fail(length ? "the integer does not fit 64 bits" : "expected an integer");
  at += length;
  return true;
}

bool TextLine::bits(std::uint64_t &value) {
  constexpr std::string_view expected = "expected 0x and sixteen hexadecimal digits";
  std::size_t length;
  if (!rest().starts_with("0x") || rest().size() < 18 ||
      !read_number(rest().substr(2, 16), value, 16, length) || length != 16)
    return fail(std::string(expected));
  at += 18;
  return true;
}

bool TextLine::quoted(std::string &value) {
  value.clear();
  if (!expect("\""))
    return false;
  while (!skip("\"")) {
    if (at_end())
      return fail("the string does not end on this line");
    unsigned char byte = static_cast<unsigned char>(text[at]);
    if (skip("\\x")) {
      std::size_t length;
      if (rest().size() < 2 || !read_number(rest().substr(0, 2), byte, 16, length) || length != 2)
        return fail("expected two hexadecimal digits after \\x");
      at += 2;
    } else {
      if (skip("\\") && rest().substr(0, 1) != "\\" && rest().substr(0, 1) != "\"")
        return fail("expected \\\", \\\\ or \\xHH");
      byte = static_cast<unsigned char>(text[at++]);
    }
    value += static_cast<char>(byte);
  }
  return true;
}

bool TextLine::list(DimList &values) {
  values = {};
  if (!expect("["))
    return false;
  while (!skip("]")) {
    std::int64_t value;
    if (values.size() == max_rank)
      return fail("more than " + std::to_string(max_rank) + " entries");
    if ((values.size() > 0 && !expect(",")) || !integer(value))
      return false;
    values.push_back(value);
  }
  return true;
}

bool TextLine::type(const Meta *&meta) {
  const std::size_t begin = at;
  const std::string_view word = this->word();
  const std::optional<DType> dtype = dtype_from_name(word);
  if (!dtype)
    return fail_at(begin, "expected a type such as f32[2,3]");
  if (!is_supported(*dtype))
    return fail_at(begin, "dtype " + std::string(word) + " is not supported");
  DimList dims, strides;
  if (!list(dims))
    return false;
  if (!checked_size(*dtype, dims))
    return fail_at(begin, describe(*dtype, dims) + " has a negative extent or is too large");
  strides = row_major_strides(dims);
  if (skip(" strides=")) {
    const std::size_t strides_begin = at;
    if (!list(strides))
      return false;
    if (strides.size() != dims.size())
      return fail_at(strides_begin, "a stride is needed for every axis");
    if (!span_of(*dtype, dims, strides))
      return fail_at(strides_begin, "the strides reach too far");
  }
  meta = intern_meta(*dtype, dims, strides);
  if (meta->interned)
    return true;
  release_meta(meta);
  return fail_at(begin, "too many different types in one process");
}

std::string TextLine::report(std::string_view file, std::size_t number) const {
  constexpr std::size_t width = 100, before = 60;
  const std::size_t begin = problem_at < width ? 0 : problem_at - before;
  std::string shown(text.substr(begin, width));
  std::replace_if(shown.begin(), shown.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return std::string(file) + ":" + std::to_string(number) + ":" + std::to_string(problem_at + 1) +
         ": error: " + problem + "\n" + shown + "\n" + std::string(problem_at - begin, ' ') + "^";
}

std::string quote(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 0x7f) {
      out += "\\x";
      out += digits[byte >> 4];
      out += digits[byte & 15];
      continue;
    }
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + '"';
}

std::string type_text(const Meta &meta) {
  std::string text = describe(meta.dtype, meta.dims()); // a trace names no device
  if (meta.contiguous)
    return text;
  for (std::size_t i = 0; i < meta.rank; ++i)
    text += (i ? "," : " strides=[") + std::to_string(meta.strides()[i]);
  return text + "]";
}

} // namespace jit
