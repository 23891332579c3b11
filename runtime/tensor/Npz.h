// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// .npz files: ZIP archives of .npy files, stored or deflated. Safe on hostile input, as Npy.h is.
#pragma once

#include "runtime/tensor/Npy.h"

namespace jit {

/// One array of an archive as its directory describes it.
struct NpzMember {
  std::string name;         ///< without ".npy"
  std::uint64_t offset = 0; ///< of its local header
  std::uint64_t packed_bytes = 0, bytes = 0;
  std::uint32_t crc = 0;
  bool deflated = false;
};

/// An archive whose directory has been read.
class TRACEJIT_PRIVATE NpzFile {
public:
  static Result<NpzFile> open(const std::filesystem::path &path);
  const std::vector<NpzMember> &members() const noexcept { return list; }
  /// The .npy file that a member is.
  Result<std::vector<std::byte>> read(const NpzMember &member) const;

private:
  NpzFile(InputFile input, std::vector<NpzMember> members)
      : file(std::move(input)), list(std::move(members)) {}

  InputFile file;
  std::vector<NpzMember> list;
};

struct NpzArray {
  std::string name;
  DType dtype;
  DimList shape;
  const std::byte *data; ///< row-major
};

/// Writes an archive, deflated if asked for. A message if that fails, or if an array or the archive
/// has 4 GiB or more.
std::optional<std::string> write_npz(const std::filesystem::path &path,
                                     std::span<const NpzArray> arrays, bool deflated);

} // namespace jit
