// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every option of the runtime: one table, read from the environment variable TRACEJIT.
#pragma once

#include "runtime/base/Export.h"

#include "runtime/base/ScheduleFields.h"

#include <tracejit/mode.h>

#include <atomic>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace jit {

enum class IsaChoice : std::uint8_t { automatic, v3, v4 };
/// `now`: without learning first which values are never needed, for tests.
enum class DeferChoice : std::uint8_t { off, on, now };
/// `automatic`: where that was seen to be quicker.
enum class GraphChoice : std::uint8_t { automatic, off, on };

struct Options {
  Mode mode = Mode::on;
  IsaChoice isa = IsaChoice::automatic;
  int threads = 0; ///< at most; 0: one for each CPU
  bool trial = true;
  bool budget = true;
  int threshold = -1;  ///< -1: TraceOptions::warmup decides
  int flush_every = 0; ///< 0: never
  int turns = 0;       ///< percent of matched ops
  DeferChoice defer = DeferChoice::on;
  int memory_percent = -1; ///< a program may hold above what its ops hold; -1: found out
  int packed_mib = 256;    ///< of matrices that are kept packed for products, in all
  std::vector<std::string> disable;
  ScheduleChanges schedule;
  std::string save;
  bool cuda = true;                                 ///< whether GPUs may be used
  bool cuda_sync = false;                           ///< wait after every launch
  GraphChoice cuda_graphs = GraphChoice::automatic; ///< launch a program as a graph
  std::string nvrtc;    ///< the library; empty: found where such libraries are
  std::string compiler; ///< empty: found beside libtracejit
  std::string cache;    ///< folder of compiled programs; empty: in the user's cache; "off": none
  std::string profile;  ///< file with programs of paths that are known; empty: none
  std::string report;   ///< file that is written at exit; empty: none

  bool operator==(const Options &) const = default;
};

/// A row of the table. `values` is what the help shows: "auto|v3|v4", "0..64", "PASS+PASS".
struct OptionInfo {
  std::string_view name;
  std::string_view values;
  std::string_view help;
  bool affects_code; ///< part of the key of compiled code
  /// What is wrong with the text, if so; empty: it is none of `values`.
  std::optional<std::string> (*set)(Options &options, std::string_view text);
  std::string (*get)(const Options &options);
};

std::span<const OptionInfo> option_table() noexcept;

/// Reads "check" or "mode=log,isa=v3,...": comma-separated, a bare word is a mode, later entries
/// win. On an error returns a message that names the word and the valid ones, and changes nothing.
std::optional<std::string> parse_options(std::string_view text, Options &options);

/// The inverse: every option that differs from its default, in the order of the table.
std::string to_text(const Options &options);

/// As to_text, of the options that affect code only, defaults included.
std::string code_key(const Options &options);

/// The options of this process. The first call reads TRACEJIT, TRACEJIT_SAVE, TRACEJIT_CACHE and
/// TRACEJIT_LOG; one that cannot be read counts as not set, and environment_error() says so.
inline const Options &options();
TRACEJIT_PRIVATE const std::optional<std::string> &environment_error();

/// For the start of a program and for tests: not while other threads run ops.
TRACEJIT_PRIVATE Options &mutable_options();

namespace detail {
TRACEJIT_PRIVATE extern constinit std::atomic<const Options *> known_options; ///< null: not read
TRACEJIT_PRIVATE const Options &read_options();
} // namespace detail

inline const Options &options() {
  const Options *const known = detail::known_options.load(std::memory_order_acquire);
  return known ? *known : detail::read_options();
}

} // namespace jit
