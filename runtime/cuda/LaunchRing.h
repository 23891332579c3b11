// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// LaunchRing: the names of the last launches on a device. An error of the device is told by a later
// call, so that nobody knows which launch it was.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <string>
#include <vector>

namespace jit::gpu {

class LaunchRing {
public:
  /// Of a name that lives as long as the process.
  void add(const char *name) noexcept {
    names[count.fetch_add(1, std::memory_order_relaxed) % names.size()].store(
        name, std::memory_order_relaxed);
  }
  std::size_t total() const noexcept { return count.load(std::memory_order_relaxed); }
  /// The last different names, the newest first: "f3, add_f32_c, copy_4".
  std::string text() const {
    constexpr std::size_t most = 8;
    std::vector<const char *> seen;
    const std::size_t end = count.load(std::memory_order_relaxed);
    for (std::size_t i = 0; i < std::min(end, names.size()) && seen.size() < most; ++i) {
      const char *name = names[(end - 1 - i) % names.size()].load(std::memory_order_relaxed);
      if (name && std::ranges::find(seen, name) == seen.end())
        seen.push_back(name);
    }
    std::string text;
    for (const char *name : seen)
      text += (text.empty() ? "" : ", ") + std::string(name);
    return text;
  }

private:
  std::array<std::atomic<const char *>, 256> names{};
  std::atomic<std::size_t> count{0};
};

} // namespace jit::gpu
