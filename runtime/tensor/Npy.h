// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// NumPy's .npy files, versions 1 to 3, of all supported dtypes; big endian ones are only read.
// Safe on hostile input: nothing is allocated from what a header says, and every size is checked.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/base/Files.h"

#include <tracejit/dims.h>
#include <tracejit/dtype.h>

namespace jit {

struct NpyHeader {
  DType dtype = DType::f32;
  DimList shape;
  bool fortran_order = false, big_endian = false;
  std::size_t data_offset = 0; ///< where the elements begin
  std::size_t data_bytes = 0;
};

inline constexpr std::size_t max_npy_header_bytes = std::size_t{64} << 10;

/// Reads the header of a file of `file_bytes` bytes from its first bytes: all of them, or at least
/// max_npy_header_bytes + 12. The file holds exactly the elements, or at least them if more arrays
/// may follow. The message names the rule that is broken.
enum class NpyRest : std::uint8_t { nothing, more_arrays };
Result<NpyHeader> parse_npy(std::span<const std::byte> start, std::uint64_t file_bytes,
                            NpyRest rest = NpyRest::nothing);
TRACEJIT_PRIVATE Result<NpyHeader> parse_npy(std::span<const std::byte> file);

/// Puts the elements into row-major order and the bytes into that of this machine. `elements` has
/// header.data_bytes bytes, as has `target`, and the two do not overlap. Booleans become 0 or 1.
TRACEJIT_PRIVATE void decode_npy(const NpyHeader &header, const std::byte *elements,
                                 std::byte *target) noexcept;

/// A file whose header has been read. The caller allocates header().data_bytes for read().
class TRACEJIT_PRIVATE NpyFile {
public:
  static Result<NpyFile> open(const std::filesystem::path &path);
  /// The array at `offset` of a file that may hold several.
  static Result<NpyFile> open_at(const std::filesystem::path &path, std::uint64_t offset);
  /// Where the next array begins, or the file's size.
  std::uint64_t end() const noexcept { return begin + head.data_offset + head.data_bytes; }
  bool is_last() const noexcept { return end() == file.size(); }
  const NpyHeader &header() const noexcept { return head; }
  std::optional<std::string> read(std::byte *target) const;

private:
  NpyFile(InputFile input, NpyHeader header, std::uint64_t begin)
      : file(std::move(input)), begin(begin), head(header) {}
  static Result<NpyFile> open(const std::filesystem::path &path, std::uint64_t offset,
                              NpyRest rest);

  InputFile file;
  std::uint64_t begin; ///< of the array
  NpyHeader head;
};

/// Header of a version 1 file for row-major elements, padded to a multiple of 64 bytes.
std::string npy_header(DType dtype, Dims shape);

struct NpyArray {
  DType dtype;
  DimList shape;
  const std::byte *data; ///< row-major
};
/// Writes arrays of supported dtypes one after the other. A message if that fails.
std::optional<std::string> write_npy(const std::filesystem::path &path,
                                     std::span<const NpyArray> arrays);
/// Writes row-major elements of a supported dtype. A message if that fails.
std::optional<std::string> write_npy(const std::filesystem::path &path, DType dtype, Dims shape,
                                     const std::byte *data);

} // namespace jit
