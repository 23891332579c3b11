// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Container: a file of sections, each with its digest. Files of compiled programs are such.
//
//   0   "TJFILE1\n"
//   8   u32 sections, u32 zero
//   16  u64 bytes of the file
//   24  SHA-256 of the table of sections, then zeros up to 64
//   64  the table: of each section u32 kind, u32 target, u64 offset, u64 bytes, u32 flags, u32
//   zero,
//       SHA-256 of its bytes
// Sections follow in the order of the table, each at the next multiple of its alignment, and with
// the last one the file ends. What lies between them is zero. All numbers are little endian.
#pragma once

#include "runtime/base/Export.h"
#include "runtime/base/Result.h"
#include "runtime/base/Sha256.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace jit {

enum class SectionKind : std::uint32_t {
  key = 1,       ///< text: everything that the others follow from
  plan = 2,      ///< steps, buffers and constants (PlanBytes.h)
  kernels = 3,   ///< how the kernels of the plan are run
  code = 4,      ///< their code, to be executed
  constants = 5, ///< of tensors
  bundle = 6,    ///< list of functions (Bundle.cpp)
  trace = 7,     ///< text of a function's trace
  program = 8,   ///< a container: a program of a function
  profile = 9,   ///< list of paths (StoredProfile.cpp)
};

inline constexpr std::uint64_t max_container_bytes = std::uint64_t{1} << 40;
inline constexpr std::size_t max_container_sections = 4096;
inline constexpr std::size_t max_plan_bytes = std::size_t{16} << 20;
inline constexpr std::size_t max_code_bytes = std::size_t{64} << 20;

/// Readers that do not know the kind refuse the file. Without it they skip the section.
inline constexpr std::uint32_t section_is_required = 1;

struct Section {
  SectionKind kind{};       ///< may be one that this version does not know
  std::uint32_t target = 0; ///< of code and what belongs to it, numbered by who writes
  std::uint32_t flags = 0;
  std::uint64_t offset = 0;
  std::span<const std::byte> bytes;
  Digest digest{};
};

/// The sections of a file in memory, which stays the caller's.
class TRACEJIT_PRIVATE Container {
public:
  /// Checks all but the digests of the sections. Safe on any bytes; a message names the file, the
  /// offset and the rule.
  static Result<Container> read(std::span<const std::byte> file, std::string name);

  std::span<const Section> sections() const noexcept { return list; }
  /// The first of this kind and target, or null.
  const Section *find(SectionKind kind, std::uint32_t target = 0) const noexcept;
  /// What is wrong if the bytes do not have the digest.
  std::optional<std::string> verify(const Section &section) const;

private:
  std::string name;
  std::vector<Section> list;
};

/// Of the table of a file that Container::read takes.
Digest digest_of_table(std::span<const std::byte> file);

/// Equal sections give equal bytes.
class ContainerWriter {
public:
  /// The bytes stay the caller's until the file is made.
  ContainerWriter &add(SectionKind kind, std::span<const std::byte> bytes, std::uint32_t target = 0,
                       std::uint32_t flags = 0);
  std::vector<std::byte> file() const;

private:
  std::vector<Section> list;
};

} // namespace jit
