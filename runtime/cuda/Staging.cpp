// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/cuda/Staging.h"

#include "runtime/base/OutOfMemory.h"

#include <algorithm>
#include <chrono>
#include <cstring>

namespace jit::gpu {

Status wait_for(const Driver &driver, Event event) noexcept {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::microseconds polled{50};
  const Clock::time_point begin = Clock::now();
  do
    if (const Status status = driver.EventQuery(event); status != Status::not_ready)
      return status;
  while (Clock::now() - begin < polled);
  return driver.EventSynchronize(event);
}

Status Staging::make(Chunk &chunk) noexcept {
  if (!chunk.event)
    if (const Status status =
            driver.EventCreate(&chunk.event, event_blocking_sync | event_disable_timing);
        status != Status::success)
      return status;
  if (chunk.memory)
    return Status::success;
  void *memory = nullptr;
  const Status status = driver.MemHostAlloc(&memory, chunk_bytes, host_portable);
  chunk.memory = static_cast<std::byte *>(memory);
  return status;
}

/// Waits for the copies that use the chunk.
Status Staging::finish(Chunk &chunk) noexcept {
  if (!chunk.is_in_use)
    return Status::success;
  const Status status = wait_for(driver, chunk.event);
  chunk.is_in_use = false;
  chunk.used = 0;
  return status;
}

/// A chunk with room: one that is free, a new one, or the one that has been in use for longest.
Status Staging::next_upload_chunk(Chunk *&chunk) noexcept {
  if (!up.empty() && up[current].used < chunk_bytes) {
    chunk = &up[current];
    return Status::success;
  }
  const std::size_t oldest = up.empty() ? 0 : (current + 1) % up.size();
  const bool is_free = !up.empty() && (!up[oldest].is_in_use ||
                                       driver.EventQuery(up[oldest].event) == Status::success);
  if (!is_free && up.size() < most_upload_chunks) {
    Chunk made;
    // Behind the current one, so that the order of use stays that of the list.
    const std::size_t place = up.empty() ? 0 : current + 1;
    const Status status = make(made);
    if (status == Status::success &&
        if_memory([&] { up.insert(up.begin() + static_cast<std::ptrdiff_t>(place), made); })) {
      current = place;
      chunk = &up[current];
      return Status::success;
    }
    if (made.memory)
      driver.MemFreeHost(made.memory); // the event is not worth a list
    if (up.empty())
      return status == Status::success ? Status::out_of_memory : status;
  }
  current = oldest;
  chunk = &up[current];
  return finish(*chunk);
}

Status Staging::upload(DeviceAddress to, const std::byte *from, std::size_t bytes) noexcept {
  const std::lock_guard guard(uploads);
  while (bytes > 0) {
    Chunk *chunk = nullptr;
    if (const Status status = next_upload_chunk(chunk); status != Status::success)
      return status;
    constexpr std::size_t step = 16; // copies begin at multiples of it
    const std::size_t piece = std::min(bytes, chunk_bytes - chunk->used);
    std::byte *const memory = chunk->memory + chunk->used;
    std::memcpy(memory, from, piece);
    if (const Status status = driver.MemcpyHtoDAsync(to, memory, piece, stream);
        status != Status::success)
      return status;
    chunk->used = std::min(chunk_bytes, (chunk->used + piece + step - 1) / step * step);
    if (const Status status = driver.EventRecord(chunk->event, stream); status != Status::success)
      return status;
    chunk->is_in_use = true;
    to += piece;
    from += piece;
    bytes -= piece;
  }
  return Status::success;
}

Status Staging::fetch(Chunk &chunk, DeviceAddress from, std::size_t bytes) noexcept {
  Status status = make(chunk);
  if (status == Status::success)
    status = driver.MemcpyDtoHAsync(chunk.memory, from, bytes, stream);
  if (status != Status::success)
    return status;
  chunk.is_in_use = true;
  return driver.EventRecord(chunk.event, stream);
}

/// While one piece is copied out of its chunk, the next travels to the other.
Status Staging::download(std::byte *to, DeviceAddress from, std::size_t bytes) noexcept {
  const std::lock_guard guard(downloads);
  const std::size_t pieces = (bytes + chunk_bytes - 1) / chunk_bytes;
  const auto size_of = [&](std::size_t piece) {
    return std::min(chunk_bytes, bytes - piece * chunk_bytes);
  };
  Status failed = Status::success;
  const auto note = [&](Status status) {
    if (failed == Status::success)
      failed = status;
  };
  if (pieces > 0)
    note(fetch(down[0], from, size_of(0)));
  for (std::size_t piece = 0; piece < pieces && failed == Status::success; ++piece) {
    Chunk &chunk = down[piece % download_chunks];
    if (piece + 1 < pieces)
      note(fetch(down[(piece + 1) % download_chunks], from + (piece + 1) * chunk_bytes,
                 size_of(piece + 1)));
    note(finish(chunk));
    if (failed == Status::success)
      std::memcpy(to + piece * chunk_bytes, chunk.memory, size_of(piece));
  }
  for (Chunk &chunk : down)
    finish(chunk);
  return failed;
}

} // namespace jit::gpu
