// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/base/MappedFile.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jit {

/// The mapping outlives the descriptor.
static Result<std::span<const std::byte>> map(int fd, const std::filesystem::path &path) {
  struct stat status;
  if (fstat(fd, &status) != 0)
    return Failure{path.string() + ": cannot read: " + std::strerror(errno)};
  if (!S_ISREG(status.st_mode))
    return Failure{path.string() + ": not a regular file"};
  const auto bytes = static_cast<std::size_t>(status.st_size);
  if (bytes == 0)
    return std::span<const std::byte>();
  void *memory = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, fd, 0);
  if (memory == MAP_FAILED)
    return Failure{path.string() + ": cannot be mapped: " + std::strerror(errno)};
  return std::span(static_cast<const std::byte *>(memory), bytes);
}

Result<MappedFile> MappedFile::open(const std::filesystem::path &path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return Failure{path.string() + ": cannot open: " + std::strerror(errno)};
  const Result<std::span<const std::byte>> mapped = map(fd, path);
  close(fd);
  if (!mapped)
    return Failure{mapped.message()};
  return MappedFile(*mapped);
}

MappedFile::~MappedFile() {
  if (!view.empty())
    munmap(const_cast<std::byte *>(view.data()), view.size());
}

} // namespace jit
