// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Constants of compiled files that lie in a file of their own.
#include "runtime/rt/WeightsFile.h"
#include "runtime/rt/rt.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jit::rt {
namespace {

using namespace weights_file;

constexpr std::size_t words = 5;

bool is_file(int file, const std::int64_t *wanted) {
  struct stat facts;
  char begin[sizeof magic + words * sizeof *wanted];
  return fstat(file, &facts) == 0 && S_ISREG(facts.st_mode) &&
         facts.st_size == static_cast<std::int64_t>(header_bytes) + wanted[0] &&
         pread(file, begin, sizeof begin, 0) == static_cast<ssize_t>(sizeof begin) &&
         std::memcmp(begin, magic, sizeof magic) == 0 &&
         std::memcmp(begin + sizeof magic, wanted, words * sizeof *wanted) == 0;
}

} // namespace
} // namespace jit::rt

extern "C" const void *tj_rt1_weights_open(const std::int64_t *wanted, const char *path) {
  using namespace jit::rt;
  const int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // no waiting for a pipe's writer
  if (file < 0)
    return nullptr;
  void *map = MAP_FAILED;
  int problem = EINVAL;
  if (is_file(file, wanted)) {
    const std::size_t bytes = header_bytes + static_cast<std::size_t>(wanted[0]);
    map = mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, file, 0);
    problem = errno;
  }
  close(file);
  if (map == MAP_FAILED) {
    errno = problem;
    return nullptr;
  }
  return static_cast<const char *>(map) + header_bytes;
}

extern "C" void tj_rt1_weights_close(const std::int64_t *file, const void *data) {
  using namespace jit::rt;
  if (data)
    munmap(static_cast<char *>(const_cast<void *>(data)) - header_bytes,
           header_bytes + static_cast<std::size_t>(file[0]));
}
