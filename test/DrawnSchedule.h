// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A schedule set by hand at random: whatever it is, bits are the same.
#pragma once

#include "runtime/base/ScheduleFields.h"

#include <bit>
#include <random>

namespace jit::test {

/// About half of the fields are set.
inline ScheduleChanges drawn_schedule(std::mt19937_64 &random) {
  ScheduleChanges changes;
  for (std::size_t k = 0; k < schedule_fields.size(); ++k) {
    if (random() % 2)
      continue;
    const ScheduleField &field = schedule_fields[k];
    const auto count = static_cast<std::uint64_t>(field.most - field.least + 1);
    std::int64_t value = field.least + static_cast<std::int64_t>(random() % count);
    if (field.power_of_two) {
      const int doublings = std::countr_zero(static_cast<std::uint64_t>(field.most / field.least));
      value = field.least << random() % static_cast<unsigned>(doublings + 1);
    }
    changes.set(static_cast<ScheduleKey>(k), value);
  }
  return changes;
}

} // namespace jit::test
