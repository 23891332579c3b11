// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Any bytes as a container: refused with a message, or sections within the file. Digests are
// repaired first, so that what lies behind them is reached.
#include "runtime/program/Container.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

/// Gives the table the digest that it has, if there is a table.
static void seal(std::vector<std::byte> &file) {
  std::uint32_t sections;
  if (file.size() < 64)
    return;
  std::memcpy(&sections, file.data() + 8, sizeof sections);
  const std::size_t table = std::size_t{64} * sections;
  if (table > file.size() - 64)
    return;
  const jit::Digest digest = jit::sha256(std::span(file).subspan(64, table));
  std::ranges::copy(digest, file.begin() + 24);
}

static void check(std::span<const std::byte> file) {
  const jit::Result<jit::Container> container = jit::Container::read(file, "fuzz");
  if (!container) {
    if (!container.message().starts_with("fuzz: at byte "))
      std::abort();
    return;
  }
  jit::ContainerWriter again;
  bool good = true;
  for (const jit::Section &section : container->sections()) {
    if (!section.bytes.empty() &&
        (section.bytes.data() < file.data() ||
         section.bytes.data() + section.bytes.size() > file.data() + file.size()))
      std::abort();
    good = good && !container->verify(section);
    again.add(section.kind, section.bytes, section.target, section.flags);
  }
  if (good && !std::ranges::equal(again.file(), file))
    std::abort(); // there is one file of these sections
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size) {
  const std::span<const std::byte> file(reinterpret_cast<const std::byte *>(data), size);
  check(file);
  std::vector<std::byte> sealed(file.begin(), file.end());
  seal(sealed);
  check(sealed);
  return 0;
}
