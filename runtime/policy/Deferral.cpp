// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/policy/Deferral.h"

#include "runtime/policy/BackOff.h"

#include <new>

namespace jit {

Deferral::Use Deferral::use(std::uint32_t value, std::uint64_t at) const noexcept {
  if (at < first_probe)
    return Use::store;
  const Entry *const known = entries.load(std::memory_order_acquire);
  if (!known)
    return Use::probe;
  const Entry &entry = known[value];
  if (at < entry.stored_until.load(std::memory_order_relaxed))
    return Use::store;
  return entry.probed.load(std::memory_order_relaxed) < probes ? Use::probe : Use::defer;
}

bool Deferral::prepare(std::size_t values) noexcept {
  if (!made)
    made.reset(new (std::nothrow) Entry[values]);
  entries.store(made.get(), std::memory_order_release);
  return made != nullptr;
}

void Deferral::untouched(std::uint32_t value, std::size_t values, std::uint64_t at) noexcept {
  if (!prepare(values))
    return;
  Entry &entry = made[value];
  if (at >= entry.stored_until.load(std::memory_order_relaxed) && entry.probed < probes)
    entry.probed.store(static_cast<std::uint8_t>(entry.probed + 1), std::memory_order_relaxed);
}

void Deferral::touched(std::uint32_t value, std::size_t values, std::uint64_t at) noexcept {
  if (!prepare(values))
    return;
  Entry &entry = made[value];
  const std::uint64_t runs = back_off(first_stored, entry.times_touched++);
  entry.probed.store(0, std::memory_order_relaxed);
  entry.stored_until.store(at + runs, std::memory_order_relaxed);
}

} // namespace jit
