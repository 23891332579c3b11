// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The affinity mask, and the quotas of control groups. What cannot be read limits nothing.
#include "runtime/base/AvailableCpus.h"

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstring>
#include <memory>
#include <sched.h>
#include <string_view>
#include <unistd.h>

namespace jit {
namespace {

constexpr std::size_t longest = 1024; ///< of a path or a line; longer ones are not understood
using Text = char[longest];

/// The mask of the first thread, which tools set and show as that of the process. Other threads may
/// be bound to a part.
bool read_mask(cpu_set_t &set) noexcept {
  CPU_ZERO(&set);
  return sched_getaffinity(getpid(), sizeof set, &set) == 0;
}

int cpus_in_mask() noexcept {
  cpu_set_t set;
  if (read_mask(set))
    return CPU_COUNT(&set);
  return static_cast<int>(std::max(sysconf(_SC_NPROCESSORS_ONLN), 1L)); // more than a mask holds
}

struct CloseFile {
  void operator()(std::FILE *file) const noexcept { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// False if there was no room for all of it.
template <class... Parts> bool format(Text &text, const char *form, Parts... parts) noexcept {
  const int length = std::snprintf(text, longest, form, parts...);
  return length >= 0 && static_cast<std::size_t>(length) < longest;
}

File open(const char *root, const char *path) noexcept {
  Text whole;
  return File(format(whole, "%s%s", root, path) ? std::fopen(whole, "re") : nullptr);
}

/// The next line of `file` without its end; false behind the last one.
bool read_line(const File &file, Text &line) noexcept {
  if (!std::fgets(line, longest, file.get()))
    return false;
  line[std::strcspn(line, "\n")] = 0;
  return true;
}

/// Whether `word` is an entry of the comma list.
bool lists(std::string_view list, std::string_view word) noexcept {
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    if (list.substr(0, end) == word)
      return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

int rounded_up(long long quota, long long period) noexcept {
  if (quota <= 0 || period <= 0)
    return INT_MAX;
  return static_cast<int>(std::min<long long>((quota - 1) / period + 1, INT_MAX));
}

/// "150000 100000", or "max 100000" without a limit.
int quota_v2(const char *root, const char *folder) noexcept {
  Text path, line;
  long long quota = 0, period = 0;
  if (!format(path, "%s/cpu.max", folder))
    return INT_MAX;
  const File file = open(root, path);
  if (!file || !read_line(file, line) || std::sscanf(line, "%lld %lld", &quota, &period) != 2)
    return INT_MAX;
  return rounded_up(quota, period);
}

/// A file each; the quota is -1 without a limit.
int quota_v1(const char *root, const char *folder) noexcept {
  long long numbers[2] = {0, 0};
  const char *const names[2] = {"cpu.cfs_quota_us", "cpu.cfs_period_us"};
  for (int i = 0; i < 2; ++i) {
    Text path, line;
    if (!format(path, "%s/%s", folder, names[i]))
      return INT_MAX;
    const File file = open(root, path);
    if (!file || !read_line(file, line) || std::sscanf(line, "%lld", &numbers[i]) != 1)
      return INT_MAX;
  }
  return rounded_up(numbers[0], numbers[1]);
}

/// The group of this process in the hierarchy of version 2 or in that of version 1 that counts CPU
/// time, as /proc/self/cgroup has it: "0::/a/b" or "4:cpu,cpuacct:/a/b".
bool find_group(const char *root, bool v2, Text &group) noexcept {
  const File file = open(root, "/proc/self/cgroup");
  Text line;
  while (file && read_line(file, line)) {
    char *names = std::strchr(line, ':');
    char *path = names ? std::strchr(names + 1, ':') : nullptr;
    if (!path)
      continue;
    *path = 0;
    if (v2 ? std::strcmp(line, "0:") == 0 : lists(names + 1, "cpu"))
      return format(group, "%s", path + 1);
  }
  return false;
}

/// Where a hierarchy is mounted, and which of its groups is at that place.
struct Mount {
  Text place, top;
};

/// A line of /proc/self/mountinfo: "ID PARENT DEVICE TOP PLACE OPTIONS... - TYPE SOURCE OPTIONS".
bool find_mount(const char *root, bool v2, Mount &mount) noexcept {
  const File file = open(root, "/proc/self/mountinfo");
  Text line, options;
  while (file && read_line(file, line)) {
    char type[16] = "";
    *options = 0;
    const char *rest = std::strstr(line, " - ");
    if (!rest || std::sscanf(rest, " - %15s %*s %1023s", type, options) < 1 ||
        std::strcmp(type, v2 ? "cgroup2" : "cgroup") != 0 || (!v2 && !lists(options, "cpu")))
      continue;
    if (std::sscanf(line, "%*s %*s %*s %1023s %1023s", mount.top, mount.place) == 2)
      return true;
  }
  return false;
}

/// The least quota of the group and of all above it that can be seen.
int quota(const char *root, bool v2) noexcept {
  Text group, folder;
  Mount mount;
  if (!find_group(root, v2, group) || !find_mount(root, v2, mount))
    return INT_MAX;
  // In a container the mount may show the container's own group at its top.
  const std::size_t above = std::strcmp(mount.top, "/") == 0 ? 0 : std::strlen(mount.top);
  const bool inside =
      std::strncmp(group, mount.top, above) == 0 && (group[above] == '/' || group[above] == 0);
  if (!format(folder, "%s%s", mount.place, inside ? group + above : ""))
    return INT_MAX;
  const std::size_t top = std::strlen(mount.place);
  int least = INT_MAX;
  for (std::size_t length = std::strlen(folder); length >= top && length > 0;) {
    folder[length] = 0;
    least = std::min(least, v2 ? quota_v2(root, folder) : quota_v1(root, folder));
    while (length > 0 && folder[--length] != '/')
      ;
  }
  return least;
}

} // namespace

const CpuSource &system_cpus() noexcept {
  static constexpr CpuSource source{cpus_in_mask, ""};
  return source;
}

void leave_cpus_of_creator() noexcept {
  cpu_set_t set;
  if (read_mask(set))
    sched_setaffinity(0, sizeof set, &set);
}

int available_cpus(const CpuSource &source) noexcept {
  return std::max(
      std::min({source.affinity(), quota(source.root, true), quota(source.root, false)}), 1);
}

} // namespace jit
