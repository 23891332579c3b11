// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Liveness: what of a session's values handles hold when its segment ends, and what those need.
#pragma once

#include "runtime/base/ReservedList.h"
#include "runtime/jit/Cursor.h"
#include "runtime/jit/PendingValues.h"

namespace jit {

struct Liveness {
  bool make_room(const PathSize &most) noexcept {
    return live.reserve(most.values) && needed.reserve(most.values) &&
           needed_values.reserve(most.values) && pinned_input.reserve(most.inputs) &&
           wanted.reserve(most.values) && last_use.reserve(most.values);
  }
  /// Nothing is needed, and so many values may be.
  void clear(std::size_t values, std::size_t inputs) noexcept;
  /// After `find`, if no live value is a view: the next `clear` finds all bytes 0 and leaves them.
  void unset() noexcept;
  /// Bytes were set that `unset` does not know of.
  void forget_unset() noexcept { unset_values = unset_inputs = 0; }
  /// Finds the values with a handle, takes a reference to each, and finds the values whose blocks
  /// they need. Returns how many there are.
  std::size_t find(const Cursor &cursor, const PendingValues &pending) noexcept;
  /// Notes that the block under a live value is needed: a view needs its base.
  void need(OperandCode code, const Cursor &cursor, const PendingValues &pending) noexcept;

  /// For a replay of `cursor.nodes`: what has to be computed for the live values, and how long
  /// each is read.
  void find_wanted(const Cursor &cursor) noexcept;

  ReservedList<std::uint8_t> live;                ///< by value: held by a handle
  ReservedList<std::uint8_t> needed;              ///< by value: live, or the base of a live view
  ReservedList<std::uint32_t> needed_values;      ///< the same as a list
  ReservedList<std::uint8_t> pinned_input;        ///< by input: a live view shows it
  bool live_view = false;                         ///< a live value is a view
  std::size_t unset_values = 0, unset_inputs = 0; ///< so many bytes are 0 between two runs
  // In a replay:
  ReservedList<std::uint8_t> wanted;    ///< by value: live, or a live one needs it
  ReservedList<std::uint32_t> last_use; ///< by value: the last op that reads it

private:
  void take(std::uint32_t value, const Cursor &cursor, const PendingValues &pending) noexcept;
};

} // namespace jit
