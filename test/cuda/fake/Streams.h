// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A stream is a thread that does the jobs of its queue, each after a random delay.
#pragma once

#include "test/cuda/fake/World.h"

#include <chrono>
#include <deque>
#include <functional>

namespace jit::gpu {

namespace fake {

/// What happened to a job.
struct Outcome {
  Status status = Status::success; // else the context is lost
  std::string why;
};

/// One recording of an event.
struct Record {
  bool done = false;
  std::chrono::steady_clock::time_point time;
};

struct Job {
  std::shared_ptr<Record> waits_for;
  std::function<Outcome()> work; // without the lock; not when the context is lost
  std::shared_ptr<Record> records;
};

} // namespace fake

struct StreamObject {
  Context context;
  unsigned number; // in the order of creation, from 1
  std::uint64_t random;
  std::deque<fake::Job> queue;
  bool busy = false;
};

struct EventObject {
  Context context;
  bool timed;
  std::shared_ptr<fake::Record> last; // null: never recorded
};

namespace fake {

/// The stream for a call in the current context; null is the context's own. Null if it is unknown.
Stream find_stream(World &world, Stream stream);
void enqueue(World &world, Stream stream, Job job);
/// Waits for all that has been put in queues.
void wait_until_idle(World &world, std::unique_lock<std::mutex> &lock);
/// Forbids host threads device memory again, if no stream has work.
void close_window(World &world);

} // namespace fake
} // namespace jit::gpu
