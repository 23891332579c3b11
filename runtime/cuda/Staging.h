// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Staging: pinned memory of the host through which bytes travel to a GPU and back, since a driver
// copies nothing else while the caller goes on.
#pragma once

#include "runtime/cuda/Driver.h"

#include <cstddef>
#include <mutex>
#include <span>
#include <vector>

namespace jit::gpu {

/// Copies on one stream. The context is current in all calls; any thread may call.
class Staging {
public:
  static constexpr std::size_t chunk_bytes = std::size_t{4} << 20;

  Staging(const Driver &driver, Stream stream) noexcept : driver(driver), stream(stream) {}
  Staging(const Staging &) = delete;

  /// Returns when `from` has been read; the copy is behind all work so far.
  Status upload(DeviceAddress to, const std::byte *from, std::size_t bytes) noexcept;
  /// Returns when `to` has been written.
  Status download(std::byte *to, DeviceAddress from, std::size_t bytes) noexcept;

private:
  static constexpr std::size_t most_upload_chunks = 16, download_chunks = 2;

  struct Chunk {
    std::byte *memory = nullptr;
    Event event = nullptr;  ///< behind the last copy that uses it
    std::size_t used = 0;   ///< bytes of uploads since it was free
    bool is_in_use = false; ///< the event has been recorded and not been waited for
  };

  Status make(Chunk &chunk) noexcept;
  Status finish(Chunk &chunk) noexcept;
  Status next_upload_chunk(Chunk *&chunk) noexcept;
  Status fetch(Chunk &chunk, DeviceAddress from, std::size_t bytes) noexcept;

  const Driver &driver;
  const Stream stream;
  std::mutex uploads, downloads;
  std::vector<Chunk> up;
  std::size_t current = 0;
  Chunk down[download_chunks];
};

/// Polls for a moment, since most waits are short, then sleeps until the event has passed.
Status wait_for(const Driver &driver, Event event) noexcept;

} // namespace jit::gpu
