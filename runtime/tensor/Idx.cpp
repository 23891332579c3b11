// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The IDX format: two zero bytes, element type, rank, extents as big-endian 32 bits, the elements.
// http://yann.lecun.com/exdb/mnist
#include "runtime/tensor/Idx.h"

#include "runtime/base/Files.h"
#include "runtime/base/Meta.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <string>
#include <zlib.h>

namespace jit {
namespace {

// Where the bytes of the file come from. read() delivers exactly as many as asked, or fails.
class Source {
public:
  virtual ~Source() = default;
  virtual bool read(std::uint8_t *target, std::size_t bytes) = 0;
  virtual bool at_end() = 0;
  virtual std::uint64_t most_bytes_left() const = 0;
};

class PlainSource final : public Source {
public:
  explicit PlainSource(std::span<const std::byte> file) : rest(file) {}

  bool read(std::uint8_t *target, std::size_t bytes) override {
    if (bytes > rest.size())
      return false;
    if (bytes > 0)
      std::memcpy(target, rest.data(), bytes);
    rest = rest.subspan(bytes);
    return true;
  }
  bool at_end() override { return rest.empty(); }
  std::uint64_t most_bytes_left() const override { return rest.size(); }

private:
  std::span<const std::byte> rest;
};

class GzipSource final : public Source {
public:
  explicit GzipSource(std::span<const std::byte> file) : rest(file) {
    good = inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK; // 16: gzip framing only
  }
  ~GzipSource() override { inflateEnd(&stream); }
  GzipSource(const GzipSource &) = delete;

  bool read(std::uint8_t *target, std::size_t bytes) override {
    return decode(target, bytes) == bytes;
  }
  bool at_end() override {
    std::uint8_t extra;
    return decode(&extra, 1) == 0 && ended && rest.empty() && stream.avail_in == 0;
  }
  // Deflate never expands by more than 1032 to 1.
  std::uint64_t most_bytes_left() const override {
    return (std::uint64_t{rest.size()} + stream.avail_in + 64) * 1032;
  }

private:
  std::size_t decode(std::uint8_t *target, std::size_t bytes) {
    constexpr std::size_t step = std::size_t{1} << 28; // zlib counts in 32 bits
    std::size_t done = 0;
    while (good && !ended && done < bytes) {
      if (stream.avail_in == 0) {
        const std::size_t count = std::min(rest.size(), step);
        stream.next_in = reinterpret_cast<Bytef *>(const_cast<std::byte *>(rest.data()));
        stream.avail_in = static_cast<uInt>(count);
        rest = rest.subspan(count);
      }
      const auto room = static_cast<uInt>(std::min(bytes - done, step));
      stream.next_out = target + done;
      stream.avail_out = room;
      const int code = inflate(&stream, Z_NO_FLUSH);
      done += room - stream.avail_out;
      ended = code == Z_STREAM_END;
      good = code == Z_OK || ended; // Z_BUF_ERROR: the input is cut off
    }
    return done;
  }

  std::span<const std::byte> rest;
  z_stream stream{};
  bool good = false;
  bool ended = false;
};

Result<IdxArray> decode(Source &source) {
  std::array<std::uint8_t, 4> word{};
  if (!source.read(word.data(), 4) || word[0] != 0 || word[1] != 0)
    return Failure{"idx: not an IDX file: it does not begin with two zero bytes, type and rank"};
  if (word[2] != 0x08)
    return Failure{"idx: element type " + std::to_string(word[2]) +
                   " is not supported; 8 (unsigned byte) is"};
  const std::size_t rank = word[3];
  if (rank > max_rank)
    return Failure{"idx: rank " + std::to_string(rank) + " is above " + std::to_string(max_rank)};
  IdxArray array;
  for (std::size_t axis = 0; axis < rank; ++axis) {
    if (!source.read(word.data(), 4))
      return Failure{"idx: file ends in its header"};
    const std::uint32_t extent = std::uint32_t{word[0]} << 24 | std::uint32_t{word[1]} << 16 |
                                 std::uint32_t{word[2]} << 8 | word[3];
    array.shape.push_back(extent);
  }
  const std::optional<std::int64_t> checked = checked_size(DType::u8, array.shape);
  if (!checked || *checked > static_cast<std::int64_t>(max_idx_bytes))
    return Failure{"idx: more than " + std::to_string(max_idx_bytes) + " elements"};
  const auto size = static_cast<std::uint64_t>(*checked);
  const std::string needs = "idx: the header says " + std::to_string(size) + " elements, the file ";
  if (size > source.most_bytes_left())
    return Failure{needs + "is too short for them"};
  try {
    array.data.resize(static_cast<std::size_t>(size));
  } catch (const std::bad_alloc &) {
    return Failure{"idx: out of memory"};
  }
  if (!source.read(array.data.data(), array.data.size()))
    return Failure{needs + "ends before or is damaged"};
  if (!source.at_end())
    return Failure{needs + "goes on or is damaged"};
  return array;
}

} // namespace

Result<IdxArray> parse_idx(std::span<const std::byte> file) {
  if (file.size() >= 2 && file[0] == std::byte{0x1F} && file[1] == std::byte{0x8B}) {
    GzipSource source(file);
    return decode(source);
  }
  PlainSource source(file);
  return decode(source);
}

Result<IdxArray> read_idx(const std::filesystem::path &path) {
  const Result<std::vector<std::byte>> file = read_file(path, max_idx_bytes + 64);
  if (!file)
    return Failure{file.message()};
  Result<IdxArray> array = parse_idx(*file);
  if (!array)
    return Failure{path.string() + ": " + array.message()};
  return array;
}

} // namespace jit
