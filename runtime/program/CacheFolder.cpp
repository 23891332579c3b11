// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Everything happens below a folder that was opened and looked at first.
#include "runtime/program/CacheFolder.h"

#include "runtime/base/OtherRights.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <dirent.h>
#include <fcntl.h>
#include <string_view>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace jit {
namespace {

constexpr std::string_view draft_ending = ".tmp";
constexpr const char *lock_name = "lock";
constexpr std::time_t day = 24 * 60 * 60, hour = 60 * 60;

/// Closes itself.
class Descriptor {
public:
  explicit Descriptor(int fd) noexcept : fd(fd) {}
  Descriptor(Descriptor &&other) noexcept : fd(std::exchange(other.fd, -1)) {}
  Descriptor &operator=(Descriptor &&) = delete;
  ~Descriptor() {
    if (fd >= 0)
      close(fd);
  }
  explicit operator bool() const noexcept { return fd >= 0; }
  operator int() const noexcept { return fd; }

private:
  int fd;
};

std::string failed(const std::string &path, const char *what) {
  return path + ": " + what + ": " + std::strerror(errno);
}

/// The folder, opened; a message if it is not ours alone.
Result<Descriptor> open_folder(const std::string &path) {
  Descriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  struct stat status;
  if (!folder || fstat(folder, &status) != 0)
    return Failure{failed(path, "cannot open the folder")};
  if (status.st_uid != geteuid())
    return Failure{path + ": the folder belongs to somebody else"};
  if ((status.st_mode & 0077) != 0)
    return Failure{path + ": others may use the folder: its mode must be 0700"};
  return folder;
}

/// What processes hold while they change more than one file, or one in more than one step.
Descriptor open_lock(int folder) {
  return Descriptor(openat(folder, lock_name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
}

/// Makes what is missing of the path, for the user alone.
void make_folders(const std::string &path) {
  for (std::size_t end = path.find('/', 1); end != path.npos; end = path.find('/', end + 1))
    mkdir(path.substr(0, end).c_str(), 0700);
  mkdir(path.c_str(), 0700);
}

Result<std::string> find_place(const std::string &wanted) {
  if (has_other_rights())
    return Failure{"the process has other rights than who started it"};
  if (wanted == "off")
    return Failure{"option cache is off"};
  if (!wanted.empty()) {
    if (wanted.front() == '/')
      return wanted;
    char here[4096];
    if (!getcwd(here, sizeof here))
      return Failure{failed(wanted, "cannot find the folder")};
    return std::string(here) + "/" + wanted;
  }
  // The standard of these folders has a relative one ignored.
  const auto absolute = [](const char *folder) { return folder && folder[0] == '/'; };
  if (const char *caches = std::getenv("XDG_CACHE_HOME"); absolute(caches))
    return std::string(caches) + "/tracejit";
  if (const char *home = std::getenv("HOME"); absolute(home))
    return std::string(home) + "/.cache/tracejit";
  return Failure{"there is no home folder"};
}

bool write_all(int fd, std::span<const std::byte> bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

bool read_all(int fd, std::span<std::byte> bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t count = ::read(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0)
      return false;
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

/// More would bring a signal, which is not blocked on every thread that writes.
bool may_write(std::size_t bytes) noexcept {
  rlimit most;
  if (getrlimit(RLIMIT_FSIZE, &most) != 0 || bytes <= most.rlim_cur)
    return true;
  errno = EFBIG;
  return false;
}

/// Whether it begins as the names of our files do; a user may have named a folder with others.
bool is_ours(std::string_view name) {
  constexpr std::size_t digits = 64;
  if (name.find_first_not_of("0123456789abcdef") != digits)
    return false;
  name.remove_prefix(digits);
  return name.starts_with(CacheFolder::ending) || name.starts_with(CacheFolder::profile_ending);
}

/// Calls `look` for the names of our files until it returns false.
template <class Look> void for_each_name(int folder, Look look) {
  const int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR *const list = copy >= 0 ? fdopendir(copy) : nullptr;
  if (!list) {
    if (copy >= 0)
      close(copy);
    return;
  }
  while (const dirent *item = readdir(list))
    if (is_ours(item->d_name) && !look(std::string(item->d_name)))
      break;
  closedir(list);
}

struct Entry {
  std::string name;
  std::uint64_t bytes;
  timespec used;
};

/// Its entries, least recently used first; drafts that nobody finishes are deleted.
std::vector<Entry> list_entries(int folder) {
  std::vector<Entry> entries;
  const std::time_t now = std::time(nullptr);
  for_each_name(folder, [&](const std::string &name) {
    struct stat status;
    if (fstatat(folder, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
        !S_ISREG(status.st_mode))
      return true;
    if (!name.ends_with(draft_ending))
      entries.push_back({name, static_cast<std::uint64_t>(status.st_size), status.st_mtim});
    else if (status.st_mtim.tv_sec < now - hour)
      unlinkat(folder, name.c_str(), 0);
    return true;
  });
  std::ranges::sort(entries, [](const Entry &a, const Entry &b) {
    return a.used.tv_sec != b.used.tv_sec ? a.used.tv_sec < b.used.tv_sec
                                          : a.used.tv_nsec < b.used.tv_nsec;
  });
  return entries;
}

} // namespace

Result<CacheFolder> CacheFolder::open(const std::string &wanted) {
  Result<std::string> place = find_place(wanted);
  if (!place)
    return Failure{place.message()};
  make_folders(*place);
  if (const Result<Descriptor> folder = open_folder(*place); !folder)
    return Failure{folder.message()};
  return CacheFolder(std::move(*place));
}

bool CacheFolder::is_empty() const {
  bool empty = true;
  if (const Result<Descriptor> folder = open_folder(place))
    for_each_name(*folder, [&](const std::string &name) {
      empty = !name.ends_with(ending);
      return empty;
    });
  return empty;
}

Result<std::vector<std::byte>> CacheFolder::read(const std::string &name) const {
  const Result<Descriptor> folder = open_folder(place);
  if (!folder)
    return Failure{folder.message()};
  std::vector<std::byte> bytes;
  const Descriptor file(
      openat(*folder, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status;
  if (!file || fstat(file, &status) != 0 || !S_ISREG(status.st_mode) ||
      static_cast<std::uint64_t>(status.st_size) > max_file_bytes)
    return bytes;
  bytes.resize(static_cast<std::size_t>(status.st_size));
  if (!read_all(file, bytes))
    return std::vector<std::byte>();
  if (status.st_mtim.tv_sec < std::time(nullptr) - day)
    futimens(file, nullptr); // used today
  return bytes;
}

std::optional<std::string> CacheFolder::write(const std::string &name,
                                              std::span<const std::byte> bytes) const {
  static std::atomic<unsigned> counter{0};
  const Result<Descriptor> folder = open_folder(place);
  if (!folder)
    return folder.message();
  if (!may_write(bytes.size()))
    return failed(place, "cannot write");
  const std::string draft = name + "." + std::to_string(getpid()) + "-" +
                            std::to_string(counter.fetch_add(1)) + std::string(draft_ending);
  const Descriptor file(
      openat(*folder, draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file)
    return failed(place, "cannot write");
  if (write_all(file, bytes) && renameat(*folder, draft.c_str(), *folder, name.c_str()) == 0)
    return std::nullopt;
  std::string problem = failed(place, "cannot write");
  unlinkat(*folder, draft.c_str(), 0);
  return problem;
}

Result<bool> CacheFolder::change(
    const std::string &name,
    const std::function<std::vector<std::byte>(std::span<const std::byte>)> &change) const {
  const Result<Descriptor> folder = open_folder(place);
  if (!folder)
    return Failure{folder.message()};
  const Descriptor lock = open_lock(*folder);
  if (!lock)
    return Failure{failed(place, "cannot write")};
  if (flock(lock, LOCK_EX | LOCK_NB) != 0)
    return false;
  const Result<std::vector<std::byte>> before = read(name);
  if (!before)
    return Failure{before.message()};
  const std::vector<std::byte> after = change(*before);
  if (after != *before)
    if (std::optional<std::string> problem = write(name, after))
      return Failure{std::move(*problem)};
  return true;
}

void CacheFolder::trim(std::uint64_t most) const noexcept try {
  const Result<Descriptor> folder = open_folder(place);
  if (!folder)
    return;
  const Descriptor lock = open_lock(*folder);
  if (!lock || flock(lock, LOCK_EX | LOCK_NB) != 0)
    return;
  const std::vector<Entry> entries = list_entries(*folder);
  std::uint64_t bytes = 0;
  for (const Entry &entry : entries)
    bytes += entry.bytes;
  for (const Entry &entry : entries) {
    if (bytes <= most)
      break;
    unlinkat(*folder, entry.name.c_str(), 0);
    bytes -= entry.bytes;
  }
} catch (const std::bad_alloc &) {
  // the next one trims
}

} // namespace jit
