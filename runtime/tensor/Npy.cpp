// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The .npy format: magic, version, length, a Python dict literal, the elements.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#include "runtime/tensor/Npy.h"

#include "runtime/base/Meta.h"
#include "runtime/base/WithDType.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <new>
#include <string_view>

static_assert(std::endian::native == std::endian::little);

namespace jit {
namespace {

constexpr std::string_view magic = "\x93NUMPY";

std::string_view as_text(std::span<const std::byte> bytes) noexcept {
  return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

// Text from a file, fit to be shown.
std::string quote(std::string_view text) {
  std::string shown = "'";
  for (const char c : text.substr(0, 32))
    shown += c >= ' ' && c <= '~' ? c : '?';
  return shown + (text.size() > 32 ? "...'" : "'");
}

struct TypeName {
  std::string_view code;
  DType dtype;
};
constexpr std::array<TypeName, 10> type_names = {{{"b1", DType::boolean},
                                                  {"i1", DType::i8},
                                                  {"u1", DType::u8},
                                                  {"i2", DType::i16},
                                                  {"u2", DType::u16},
                                                  {"i4", DType::i32},
                                                  {"u4", DType::u32},
                                                  {"i8", DType::i64},
                                                  {"f4", DType::f32},
                                                  {"f8", DType::f64}}};

Result<DType> dtype_from_descr(std::string_view descr) {
  if (!descr.empty() && std::string_view("<>|=").find(descr.front()) != std::string_view::npos)
    for (const TypeName &type : type_names)
      if (descr.substr(1) == type.code)
        return type.dtype;
  return Failure{
      "npy: dtype " + quote(descr) +
      " is not supported; bool, int8 to int64, uint8 to uint32, float32 and float64 are"};
}

// The dict literal. It has no nesting beyond one tuple, so there is no recursion to exhaust.
class DictParser {
public:
  explicit DictParser(std::string_view text) : rest(text) {}

  Result<NpyHeader> run() {
    if (!accept('{'))
      return fail("expected '{'");
    while (!accept('}')) {
      if (!entry())
        return Failure{error};
      if (accept(','))
        continue;
      if (!accept('}'))
        return fail("expected ',' or '}'");
      break;
    }
    skip_space();
    if (!rest.empty())
      return fail("text after the closing '}'");
    if (!seen_descr || !seen_order || !seen_shape)
      return Failure{"npy: header needs the keys 'descr', 'fortran_order' and 'shape'"};
    return header;
  }

private:
  bool entry() {
    std::string_view key;
    if (!string(key) || !accept(':'))
      return explain("expected a quoted key and ':'");
    if (key == "descr")
      return once(seen_descr, key) && descr();
    if (key == "fortran_order")
      return once(seen_order, key) && order();
    if (key == "shape")
      return once(seen_shape, key) && shape();
    return set_error("npy: unknown header key " + quote(key));
  }

  bool descr() {
    std::string_view text;
    if (!string(text))
      return set_error("npy: 'descr' must be a quoted dtype; structured dtypes are not supported");
    const Result<DType> dtype = dtype_from_descr(text);
    if (!dtype)
      return set_error(dtype.message());
    header.dtype = *dtype;
    header.big_endian = text.front() == '>';
    return true;
  }

  bool order() {
    skip_space();
    for (const bool value : {false, true}) {
      const std::string_view word = value ? "True" : "False";
      if (rest.starts_with(word)) {
        rest.remove_prefix(word.size());
        header.fortran_order = value;
        return true;
      }
    }
    return set_error("npy: 'fortran_order' must be True or False");
  }

  bool shape() {
    if (!accept('('))
      return set_error("npy: 'shape' must be a tuple of integers");
    while (!accept(')')) {
      std::int64_t extent = 0;
      skip_space();
      const auto [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), extent);
      if (code == std::errc::result_out_of_range)
        return set_error("npy: an extent does not fit 64 bits");
      if (code != std::errc())
        return set_error("npy: 'shape' must be a tuple of integers");
      if (extent < 0)
        return set_error("npy: negative extent " + std::to_string(extent));
      if (header.shape.size() == max_rank)
        return set_error("npy: rank above " + std::to_string(max_rank));
      rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
      accept('L'); // Python 2 wrote long integers so
      header.shape.push_back(extent);
      if (!accept(',')) {
        if (!accept(')'))
          return explain("expected ',' or ')'");
        break;
      }
    }
    return true;
  }

  bool string(std::string_view &text) {
    skip_space();
    if (rest.empty() || (rest.front() != '\'' && rest.front() != '"'))
      return false;
    const std::size_t end = rest.find(rest.front(), 1);
    if (end == std::string_view::npos)
      return false;
    text = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    return true;
  }

  bool accept(char c) {
    skip_space();
    if (rest.empty() || rest.front() != c)
      return false;
    rest.remove_prefix(1);
    return true;
  }

  void skip_space() {
    rest.remove_prefix(std::min(rest.find_first_not_of(" \t\r\n"), rest.size()));
  }

  bool once(bool &seen, std::string_view key) {
    if (seen)
      return set_error("npy: header key " + quote(key) + " appears twice");
    return seen = true;
  }
  bool set_error(std::string message) {
    error = std::move(message);
    return false;
  }
  bool explain(std::string_view problem) {
    return set_error("npy: malformed header: " + std::string(problem) + " at " + quote(rest));
  }
  Failure fail(std::string_view problem) {
    explain(problem);
    return {error};
  }

  std::string_view rest;
  NpyHeader header;
  std::string error;
  bool seen_descr = false, seen_order = false, seen_shape = false;
};

// Bytes before the dict and of the dict.
struct Prefix {
  std::size_t fixed = 0, dict = 0;
};

Result<Prefix> parse_prefix(std::span<const std::byte> start) {
  if (start.size() < 10 || !as_text(start).starts_with(magic))
    return Failure{"npy: not a .npy file: it does not begin with \\x93NUMPY"};
  const auto at = [&](std::size_t i) { return std::to_integer<std::size_t>(start[i]); };
  const std::size_t major = at(6), minor = at(7);
  if (major < 1 || major > 3 || minor != 0)
    return Failure{"npy: version " + std::to_string(major) + "." + std::to_string(minor) +
                   " is not supported; 1.0, 2.0 and 3.0 are"};
  const std::size_t fixed = major == 1 ? 10 : 12;
  if (start.size() < fixed)
    return Failure{"npy: file ends in its header"};
  std::size_t dict = at(8) | at(9) << 8;
  if (major > 1)
    dict |= at(10) << 16 | at(11) << 24;
  if (dict > max_npy_header_bytes)
    return Failure{"npy: header of " + std::to_string(dict) + " bytes; at most " +
                   std::to_string(max_npy_header_bytes) + " are read"};
  if (start.size() < fixed + dict)
    return Failure{"npy: file ends in its header"};
  return Prefix{fixed, dict};
}

template <std::size_t Bytes>
void copy_from_fortran(Dims shape, const std::byte *source, std::byte *target) noexcept {
  const std::size_t rank = shape.size(), last = rank - 1;
  std::array<std::size_t, max_rank> strides{}, index{};
  std::size_t stride = Bytes;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    strides[axis] = stride;
    stride *= static_cast<std::size_t>(shape[axis]);
  }
  for (;;) {
    std::size_t from = 0;
    for (std::size_t axis = 0; axis < last; ++axis)
      from += index[axis] * strides[axis];
    for (std::int64_t i = 0; i < shape[last]; ++i, target += Bytes, from += strides[last])
      std::memcpy(target, source + from, Bytes);
    std::size_t axis = last;
    while (axis > 0 && ++index[axis - 1] == static_cast<std::size_t>(shape[axis - 1]))
      index[--axis] = 0;
    if (axis == 0)
      return;
  }
}

/// What elements in row-major order need to be those of this machine.
void finish_elements(const NpyHeader &header, std::byte *target) noexcept {
  const std::size_t size = itemsize(header.dtype);
  if (header.big_endian && size > 1)
    for (std::size_t i = 0; i < header.data_bytes; i += size)
      std::reverse(target + i, target + i + size);
  if (header.dtype == DType::boolean)
    for (std::size_t i = 0; i < header.data_bytes; ++i)
      target[i] = std::byte{target[i] != std::byte{0}};
}

} // namespace

Result<NpyHeader> parse_npy(std::span<const std::byte> start, std::uint64_t file_bytes,
                            NpyRest rest) {
  const Result<Prefix> prefix = parse_prefix(start);
  if (!prefix)
    return Failure{prefix.message()};
  Result<NpyHeader> header = DictParser(as_text(start.subspan(prefix->fixed, prefix->dict))).run();
  if (!header)
    return header;
  const std::optional<std::int64_t> size = checked_size(header->dtype, header->shape);
  if (!size)
    return Failure{"npy: the bytes of " + describe(header->dtype, header->shape) +
                   " do not fit 64 bits"};
  header->data_offset = prefix->fixed + prefix->dict;
  header->data_bytes = static_cast<std::size_t>(*size) * itemsize(header->dtype);
  const std::uint64_t there = file_bytes - header->data_offset;
  if (there < header->data_bytes || (rest == NpyRest::nothing && there != header->data_bytes))
    return Failure{"npy: " + describe(header->dtype, header->shape) + " needs " +
                   std::to_string(header->data_bytes) + " bytes, the file has " +
                   std::to_string(there) +
                   (there > header->data_bytes ? "; load_all reads several arrays" : "")};
  return header;
}

Result<NpyHeader> parse_npy(std::span<const std::byte> file) {
  return parse_npy(file, file.size());
}

void decode_npy(const NpyHeader &header, const std::byte *elements, std::byte *target) noexcept {
  if (header.data_bytes == 0)
    return;
  if (!header.fortran_order || header.shape.size() < 2)
    std::memcpy(target, elements, header.data_bytes);
  else
    with_dtype(header.dtype, [&]<class T>(std::type_identity<T>) {
      copy_from_fortran<sizeof(T)>(header.shape, elements, target);
    });
  finish_elements(header, target);
}

Result<NpyFile> NpyFile::open(const std::filesystem::path &path, std::uint64_t offset,
                              NpyRest rest) {
  Result<InputFile> file = InputFile::open(path);
  if (!file)
    return Failure{file.message()};
  const std::uint64_t left = file->size() - std::min(file->size(), offset);
  std::vector<std::byte> start(
      static_cast<std::size_t>(std::min<std::uint64_t>(left, max_npy_header_bytes + 12)));
  if (std::optional<std::string> problem = file->read(offset, start))
    return Failure{std::move(*problem)};
  const Result<NpyHeader> header = parse_npy(start, left, rest);
  if (!header)
    return Failure{path.string() + ": " + header.message()};
  return NpyFile(*std::move(file), *header, offset);
}
Result<NpyFile> NpyFile::open(const std::filesystem::path &path) {
  return open(path, 0, NpyRest::nothing);
}
Result<NpyFile> NpyFile::open_at(const std::filesystem::path &path, std::uint64_t offset) {
  return open(path, offset, NpyRest::more_arrays);
}

std::optional<std::string> NpyFile::read(std::byte *target) const {
  const bool in_place = !head.fortran_order || head.shape.size() < 2;
  if (in_place) {
    if (std::optional<std::string> problem =
            file.read(begin + head.data_offset, {target, head.data_bytes}))
      return problem;
    finish_elements(head, target);
    return std::nullopt;
  }
  const std::unique_ptr<std::byte[]> elements(new (std::nothrow) std::byte[head.data_bytes]);
  if (!elements)
    return file.path().string() + ": out of memory";
  if (std::optional<std::string> problem =
          file.read(begin + head.data_offset, {elements.get(), head.data_bytes}))
    return problem;
  decode_npy(head, elements.get(), target);
  return std::nullopt;
}

std::string npy_header(DType dtype, Dims shape) {
  std::string descr;
  for (const TypeName &type : type_names)
    if (type.dtype == dtype)
      descr = (itemsize(dtype) == 1 ? "|" : "<") + std::string(type.code);
  std::string dict = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (";
  for (std::size_t axis = 0; axis < shape.size(); ++axis)
    dict += (axis > 0 ? ", " : "") + std::to_string(shape[axis]);
  dict += shape.size() == 1 ? ",), }" : "), }";
  constexpr std::size_t fixed = 10;
  const std::size_t total = (fixed + dict.size() + 1 + 63) / 64 * 64;
  dict.append(total - fixed - dict.size() - 1, ' ');
  dict += '\n';
  std::string header(magic);
  header +=
      {'\1', '\0', static_cast<char>(dict.size() & 0xFF), static_cast<char>(dict.size() >> 8)};
  return header + dict;
}

std::optional<std::string> write_npy(const std::filesystem::path &path, DType dtype, Dims shape,
                                     const std::byte *data) {
  const NpyArray array{dtype, shape, data};
  return write_npy(path, {&array, 1});
}

std::optional<std::string> write_npy(const std::filesystem::path &path,
                                     std::span<const NpyArray> arrays) {
  std::vector<std::string> headers;
  std::vector<std::span<const std::byte>> parts;
  headers.reserve(arrays.size()); // spans of them must stay
  for (const NpyArray &array : arrays) {
    if (!is_supported(array.dtype))
      return path.string() + ": npy: dtype " + std::string(name(array.dtype)) + " is not supported";
    std::size_t bytes = itemsize(array.dtype);
    for (const std::int64_t extent : array.shape)
      bytes *= static_cast<std::size_t>(extent);
    headers.push_back(npy_header(array.dtype, array.shape));
    parts.push_back(std::as_bytes(std::span(headers.back())));
    parts.emplace_back(array.data, bytes);
  }
  return write_file(path, parts);
}

} // namespace jit
