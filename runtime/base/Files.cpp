// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Files by plain system calls; every failure names the path and the reason.
#include "runtime/base/Files.h"

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <sys/stat.h>
#include <unistd.h>

namespace jit {
namespace {

std::string failed(const std::filesystem::path &path, const char *what, int code) {
  return path.string() + ": " + what + ": " + std::strerror(code);
}

bool write_all(int fd, std::span<const std::byte> bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

} // namespace

Result<InputFile> InputFile::open(const std::filesystem::path &path) {
  InputFile file(path);
  // Not blocking: a pipe must be refused, not waited for.
  file.fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file.fd < 0)
    return Failure{failed(path, "cannot open", errno)};
  struct stat status;
  if (fstat(file.fd, &status) != 0)
    return Failure{failed(path, "cannot read", errno)};
  if (!S_ISREG(status.st_mode))
    return Failure{path.string() + ": not a regular file"};
  file.bytes = static_cast<std::uint64_t>(status.st_size);
  return file;
}

InputFile::InputFile(InputFile &&other) noexcept
    : name(std::move(other.name)), fd(std::exchange(other.fd, -1)), bytes(other.bytes) {}

InputFile::~InputFile() {
  if (fd >= 0)
    close(fd);
}

std::optional<std::string> InputFile::read(std::uint64_t offset,
                                           std::span<std::byte> target) const {
  while (!target.empty()) {
    const ssize_t count = pread(fd, target.data(), target.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return failed(name, "cannot read", errno);
    if (count == 0)
      return name.string() + ": file ends early";
    target = target.subspan(static_cast<std::size_t>(count));
    offset += static_cast<std::uint64_t>(count);
  }
  return std::nullopt;
}

Result<std::vector<std::byte>> read_file(const std::filesystem::path &path, std::size_t cap) {
  const Result<InputFile> file = InputFile::open(path);
  if (!file)
    return Failure{file.message()};
  if (file->size() > cap)
    return Failure{path.string() + ": " + std::to_string(file->size()) + " bytes, at most " +
                   std::to_string(cap) + " are read"};
  std::vector<std::byte> bytes;
  try {
    bytes.resize(static_cast<std::size_t>(file->size()));
  } catch (const std::bad_alloc &) {
    return Failure{path.string() + ": out of memory"};
  }
  if (std::optional<std::string> problem = file->read(0, bytes))
    return Failure{std::move(*problem)};
  return bytes;
}

std::optional<std::string> write_file(const std::filesystem::path &path,
                                      std::span<const std::span<const std::byte>> parts) {
  static std::atomic<unsigned> counter{0};
  const std::string draft = path.string() + "." + std::to_string(getpid()) + "-" +
                            std::to_string(counter.fetch_add(1)) + ".tmp";
  const int fd = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  if (fd < 0)
    return failed(path, "cannot write", errno);
  bool good = true;
  for (const std::span<const std::byte> part : parts)
    good = good && write_all(fd, part);
  int code = errno;
  if (close(fd) != 0 && good) {
    good = false;
    code = errno;
  }
  if (good && std::rename(draft.c_str(), path.c_str()) != 0) {
    good = false;
    code = errno;
  }
  if (good)
    return std::nullopt;
  unlink(draft.c_str());
  return failed(path, "cannot write", code);
}

} // namespace jit
