// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// ZIP archives as NumPy writes them: the directory at the end says where each file begins; sizes of
// 64 bits stand in an extra field.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
#include "runtime/tensor/Npz.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <zlib.h>

namespace jit {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::uint32_t local_mark = 0x04034b50, entry_mark = 0x02014b50, end_mark = 0x06054b50;
constexpr std::uint32_t end64_mark = 0x06064b50, locator64_mark = 0x07064b50;
constexpr std::size_t local_bytes = 30, entry_bytes = 46, end_bytes = 22, locator64_bytes = 20;
constexpr std::size_t end64_bytes = 56;
constexpr std::uint64_t most_directory_bytes = std::uint64_t{64} << 20;
constexpr std::uint32_t in_extra_field =
    0xffffffff; ///< the number has 64 bits and stands elsewhere

/// Little-endian number of `count` bytes; the caller has checked that they are there.
std::uint64_t number(std::span<const std::byte> bytes, std::size_t at, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = count; i-- > 0;)
    value = value << 8 | std::to_integer<std::uint64_t>(bytes[at + i]);
  return value;
}

Failure malformed(const std::string &what) { return {"npz: malformed archive: " + what}; }

/// The directory and how many entries it has.
struct Directory {
  std::uint64_t offset = 0, bytes = 0, entries = 0;
};

Result<Directory> find_directory(const InputFile &file) {
  const std::uint64_t size = file.size();
  const auto tail_bytes =
      static_cast<std::size_t>(std::min<std::uint64_t>(size, end_bytes + 0xffff + locator64_bytes));
  Bytes tail(tail_bytes);
  if (std::optional<std::string> problem = file.read(size - tail_bytes, tail))
    return Failure{std::move(*problem)};
  std::size_t at = tail_bytes < end_bytes ? 0 : tail_bytes - end_bytes + 1;
  while (at > 0 && number(tail, at - 1, 4) != end_mark)
    --at;
  if (at == 0)
    return Failure{"npz: not a .npz file: it has no directory of a ZIP archive"};
  --at;
  Directory found{number(tail, at + 16, 4), number(tail, at + 12, 4), number(tail, at + 10, 2)};
  if (found.offset != in_extra_field && found.bytes != in_extra_field && found.entries != 0xffff)
    return found;
  if (at < locator64_bytes || number(tail, at - locator64_bytes, 4) != locator64_mark)
    return malformed("sizes of 64 bits are missing");
  const std::uint64_t end64 = number(tail, at - locator64_bytes + 8, 8);
  Bytes record(end64_bytes);
  if (end64 > size || size - end64 < end64_bytes)
    return malformed("its directory lies outside of it");
  if (std::optional<std::string> problem = file.read(end64, record))
    return Failure{std::move(*problem)};
  if (number(record, 0, 4) != end64_mark)
    return malformed("sizes of 64 bits are missing");
  return Directory{number(record, 48, 8), number(record, 40, 8), number(record, 32, 8)};
}

/// Numbers of 64 bits that stand in the extra field, in this order, where the 32 bits are all ones.
bool read_extra(std::span<const std::byte> extra, std::initializer_list<std::uint64_t *> numbers) {
  std::span<const std::byte> wide;
  while (extra.size() >= 4) {
    const auto bytes = static_cast<std::size_t>(number(extra, 2, 2));
    if (bytes > extra.size() - 4)
      return false;
    if (number(extra, 0, 2) == 1)
      wide = extra.subspan(4, bytes);
    extra = extra.subspan(4 + bytes);
  }
  for (std::uint64_t *value : numbers) {
    if (*value != in_extra_field)
      continue;
    if (wide.size() < 8)
      return false;
    *value = number(wide, 0, 8);
    wide = wide.subspan(8);
  }
  return true;
}

/// The entry at the front of `rest`, which it takes off.
Result<NpzMember> read_entry(std::span<const std::byte> &rest) {
  if (rest.size() < entry_bytes || number(rest, 0, 4) != entry_mark)
    return malformed("its directory ends early");
  const std::uint64_t flags = number(rest, 8, 2), method = number(rest, 10, 2);
  const auto name_bytes = static_cast<std::size_t>(number(rest, 28, 2));
  const auto extra_bytes = static_cast<std::size_t>(number(rest, 30, 2));
  const auto comment_bytes = static_cast<std::size_t>(number(rest, 32, 2));
  if (rest.size() - entry_bytes < name_bytes + extra_bytes + comment_bytes)
    return malformed("its directory ends early");
  NpzMember member;
  member.name.assign(reinterpret_cast<const char *>(rest.data()) + entry_bytes, name_bytes);
  member.crc = static_cast<std::uint32_t>(number(rest, 16, 4));
  member.packed_bytes = number(rest, 20, 4);
  member.bytes = number(rest, 24, 4);
  member.offset = number(rest, 42, 4);
  if (!read_extra(rest.subspan(entry_bytes + name_bytes, extra_bytes),
                  {&member.bytes, &member.packed_bytes, &member.offset}))
    return malformed("sizes of 64 bits are missing");
  if (flags & 1)
    return Failure{"npz: it is encrypted"};
  if (method != 0 && method != 8)
    return Failure{"npz: compression method " + std::to_string(method) +
                   " is not supported; 0 (stored) and 8 (deflated) are"};
  member.deflated = method == 8;
  rest = rest.subspan(entry_bytes + name_bytes + extra_bytes + comment_bytes);
  return member;
}

Result<std::vector<NpzMember>> read_directory(const InputFile &file) {
  const Result<Directory> directory = find_directory(file);
  if (!directory)
    return Failure{directory.message()};
  if (directory->offset > file.size() || directory->bytes > file.size() - directory->offset ||
      directory->bytes > most_directory_bytes)
    return malformed("its directory lies outside of it");
  Bytes entries(static_cast<std::size_t>(directory->bytes));
  if (std::optional<std::string> problem = file.read(directory->offset, entries))
    return Failure{std::move(*problem)};
  std::vector<NpzMember> members;
  std::span<const std::byte> rest = entries;
  for (std::uint64_t i = 0; i < directory->entries; ++i) {
    Result<NpzMember> member = read_entry(rest);
    if (!member)
      return Failure{member.message()};
    if (!member->name.ends_with(".npy"))
      continue; // no array
    member->name.resize(member->name.size() - 4);
    members.push_back(*std::move(member));
  }
  return members;
}

/// A deflate stream without a frame; false unless it gives exactly these bytes.
bool inflate_into(std::span<const std::byte> packed, std::span<std::byte> target) {
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK)
    return false;
  constexpr std::size_t step = std::size_t{1} << 28; // zlib counts in 32 bits
  int code = Z_OK;
  std::byte beyond{}; // room for a byte too many
  while (code == Z_OK) {
    if (stream.avail_in == 0) {
      const std::size_t count = std::min(packed.size(), step);
      stream.next_in = reinterpret_cast<Bytef *>(const_cast<std::byte *>(packed.data()));
      stream.avail_in = static_cast<uInt>(count);
      packed = packed.subspan(count);
    }
    const std::span<std::byte> room = target.empty() ? std::span(&beyond, 1) : target;
    const auto count = static_cast<uInt>(std::min(room.size(), step));
    stream.next_out = reinterpret_cast<Bytef *>(room.data());
    stream.avail_out = count;
    code = inflate(&stream, Z_NO_FLUSH);
    const std::size_t done = count - stream.avail_out;
    if (target.empty() && done > 0)
      break; // more than was said
    target = target.subspan(done);
  }
  inflateEnd(&stream);
  return code == Z_STREAM_END && target.empty();
}

std::uint32_t crc_of(std::span<const std::byte> bytes, std::uint32_t crc = 0) {
  if (bytes.empty())
    return crc; // zlib would begin anew
  return static_cast<std::uint32_t>(
      crc32_z(crc, reinterpret_cast<const Bytef *>(bytes.data()), bytes.size()));
}

} // namespace

Result<NpzFile> NpzFile::open(const std::filesystem::path &path) {
  Result<InputFile> file = InputFile::open(path);
  if (!file)
    return Failure{file.message()};
  Result<std::vector<NpzMember>> members = read_directory(*file);
  if (!members)
    return Failure{path.string() + ": " + members.message()};
  return NpzFile(*std::move(file), *std::move(members));
}

Result<Bytes> NpzFile::read(const NpzMember &member) const {
  const auto failed = [&](const std::string &why) {
    return Failure{file.path().string() + ": npz: array '" + member.name + "' " + why};
  };
  std::array<std::byte, local_bytes> head;
  if (member.offset > file.size() || file.size() - member.offset < local_bytes)
    return failed("lies outside of the file");
  if (std::optional<std::string> problem = file.read(member.offset, head))
    return Failure{std::move(*problem)};
  const std::uint64_t begin =
      member.offset + local_bytes + number(head, 26, 2) + number(head, 28, 2);
  if (number(head, 0, 4) != local_mark || begin > file.size() ||
      member.packed_bytes > file.size() - begin)
    return failed("lies outside of the file");
  // Deflate never expands by more than 1032 to 1.
  if (member.deflated ? member.bytes / 1032 > member.packed_bytes + 64
                      : member.bytes != member.packed_bytes)
    return failed("has an impossible size");
  Bytes packed(static_cast<std::size_t>(member.packed_bytes));
  if (std::optional<std::string> problem = file.read(begin, packed))
    return Failure{std::move(*problem)};
  Bytes bytes;
  if (member.deflated) {
    bytes.resize(static_cast<std::size_t>(member.bytes));
    if (!inflate_into(packed, bytes))
      return failed("cannot be decompressed");
  } else {
    bytes = std::move(packed);
  }
  if (crc_of(bytes) != member.crc)
    return failed("is damaged: its checksum differs");
  return bytes;
}

namespace {

/// Appends little-endian numbers and text.
class Writer {
public:
  Writer &add(std::uint64_t value, int count) {
    for (int i = 0; i < count; ++i)
      bytes.push_back(static_cast<std::byte>(value >> 8 * i & 0xff));
    return *this;
  }
  Writer &add(std::string_view text) {
    const auto span = std::as_bytes(std::span(text.data(), text.size()));
    bytes.insert(bytes.end(), span.begin(), span.end());
    return *this;
  }
  Bytes bytes;
};

/// What a local header and a directory entry have in common.
void add_facts(Writer &writer, const NpzMember &member) {
  constexpr std::uint64_t version = 20, first_of_1980 = 0x21;
  writer.add(version, 2).add(0, 2).add(member.deflated ? 8 : 0, 2);
  writer.add(0, 2).add(first_of_1980, 2); // so that equal arrays give equal files
  writer.add(member.crc, 4).add(member.packed_bytes, 4).add(member.bytes, 4);
  writer.add(member.name.size() + 4, 2).add(0, 2);
}

std::optional<Bytes> deflated_bytes(std::span<const std::span<const std::byte>> parts) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK)
    return std::nullopt;
  Bytes packed;
  std::array<std::byte, 1 << 16> room;
  int code = Z_OK;
  for (std::size_t part = 0; part < parts.size(); ++part) {
    stream.next_in = reinterpret_cast<Bytef *>(const_cast<std::byte *>(parts[part].data()));
    stream.avail_in = static_cast<uInt>(parts[part].size());
    const int flush = part + 1 == parts.size() ? Z_FINISH : Z_NO_FLUSH;
    do {
      stream.next_out = reinterpret_cast<Bytef *>(room.data());
      stream.avail_out = static_cast<uInt>(room.size());
      code = deflate(&stream, flush);
      packed.insert(packed.end(), room.begin(), room.end() - stream.avail_out);
    } while (stream.avail_out == 0);
  }
  deflateEnd(&stream);
  return code == Z_STREAM_END ? std::optional(std::move(packed)) : std::nullopt;
}

} // namespace

std::optional<std::string> write_npz(const std::filesystem::path &path,
                                     std::span<const NpzArray> arrays, bool deflated) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
  const auto failed = [&](const NpzArray &array, const std::string &why) {
    return path.string() + ": npz: array '" + array.name + "' " + why;
  };
  std::vector<Bytes> owned; // headers, and what was deflated
  std::vector<std::span<const std::byte>> parts;
  owned.reserve(3 * arrays.size() + 1); // spans of them must stay
  const auto own = [&](Bytes bytes) {
    owned.push_back(std::move(bytes));
    parts.push_back(owned.back());
  };
  Writer directory;
  std::uint64_t offset = 0;
  for (const NpzArray &array : arrays) {
    if (!is_supported(array.dtype))
      return failed(array, "has dtype " + std::string(name(array.dtype)));
    if (array.name.size() > 0xff00)
      return failed(array, "has too long a name");
    Writer head;
    head.add(npy_header(array.dtype, array.shape));
    std::size_t data_bytes = itemsize(array.dtype);
    for (const std::int64_t extent : array.shape)
      data_bytes *= static_cast<std::size_t>(extent);
    const std::array<std::span<const std::byte>, 2> content = {
        std::span<const std::byte>(head.bytes), {array.data, data_bytes}};
    NpzMember member{.name = array.name, .offset = offset, .deflated = deflated};
    member.bytes = member.packed_bytes = head.bytes.size() + data_bytes;
    if (member.bytes >= most)
      return failed(array, "has 4 GiB or more; save it as .npy");
    member.crc = crc_of(content[1], crc_of(content[0]));
    std::optional<Bytes> packed;
    if (deflated) {
      packed = deflated_bytes(content);
      if (!packed)
        return failed(array, "cannot be compressed");
      member.packed_bytes = packed->size();
    }
    Writer local;
    local.add(local_mark, 4);
    add_facts(local, member);
    local.add(array.name).add(".npy");
    directory.add(entry_mark, 4).add(20, 2);
    add_facts(directory, member);
    directory.add(0, 2).add(0, 2).add(0, 2).add(0, 4).add(offset, 4).add(array.name).add(".npy");
    offset += local.bytes.size() + member.packed_bytes;
    if (offset >= most)
      return failed(array, "makes the archive 4 GiB or more");
    own(std::move(local.bytes));
    if (packed) {
      own(std::move(*packed));
    } else {
      own(std::move(head.bytes));
      parts.push_back(content[1]);
    }
  }
  const std::uint64_t directory_bytes = directory.bytes.size();
  if (arrays.size() >= 0xffff || offset + directory_bytes >= most)
    return path.string() + ": npz: too many arrays";
  directory.add(end_mark, 4).add(0, 4).add(arrays.size(), 2).add(arrays.size(), 2);
  directory.add(directory_bytes, 4).add(offset, 4).add(0, 2);
  own(std::move(directory.bytes));
  return write_file(path, parts);
}

} // namespace jit
