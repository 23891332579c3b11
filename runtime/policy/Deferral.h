// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Deferral: which values of a path need not be stored although handles hold them when it ends,
// because nobody looks at them again.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace jit {

/// What the runs of one path have shown about its values, by number. A value is *probed* first: it
/// is stored, and handed out when somebody needs it, which shows whether anybody does. One that
/// nobody has needed in four runs is deferred: not stored, and computed if somebody needs it after
/// all. A value that was needed is stored for 1,000 runs, then probed again; each time four times
/// as long.
///
/// `at` is the number of compiled runs of the path so far. Readers need no lock; of those who write
/// there is one at a time, as the caller sees to.
class Deferral {
public:
  static constexpr std::uint64_t first_probe = 16; ///< runs before which everything is stored
  static constexpr std::uint32_t probes = 4;
  static constexpr std::uint64_t first_stored = 1'000;

  enum class Use : std::uint8_t { store, probe, defer };

  Use use(std::uint32_t value, std::uint64_t at) const noexcept;
  /// A probed run is over and nobody has needed the value. Without memory nothing is learned.
  void untouched(std::uint32_t value, std::size_t values, std::uint64_t at) noexcept;
  /// Somebody needed it.
  void touched(std::uint32_t value, std::size_t values, std::uint64_t at) noexcept;

private:
  struct Entry {
    std::atomic<std::uint64_t> stored_until{0};
    std::atomic<std::uint8_t> probed{0};
    std::uint32_t times_touched = 0;
  };
  bool prepare(std::size_t values) noexcept;

  std::unique_ptr<Entry[]> made;
  std::atomic<Entry *> entries{nullptr}; ///< null: nothing was seen yet
};

} // namespace jit
