// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Streams, events, and copies.
#include "test/cuda/fake/Streams.h"
#include "test/cuda/emu/Block.h"
#include "test/cuda/emu/Faults.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <thread>

namespace jit::gpu::fake {
namespace {

std::vector<Stream> &streams() {
  static auto &all = *new std::vector<Stream>;
  return all;
}

/// Long before the first job of an idle stream, so that a host thread that does not wait is seen.
void delay(World &world, StreamObject &stream, bool was_idle) {
  const unsigned longest = world.settings.delay_us;
  if (!longest)
    return;
  const std::uint64_t bits = emu::next_random(stream.random);
  const unsigned us = static_cast<unsigned>(bits >> 8) % (longest + 1);
  if (was_idle)
    std::this_thread::sleep_for(std::chrono::microseconds(longest / 2 + us / 2));
  else if (bits % 4 != 0)
    std::this_thread::sleep_for(std::chrono::microseconds(us));
}

void run_stream(World &world, StreamObject &stream) {
  std::unique_lock lock(world.mutex);
  world.memory.admit_this_thread();
  for (;;) {
    const bool was_idle = stream.queue.empty();
    world.changed.wait(lock, [&] { return !stream.queue.empty() && !world.ended; });
    const Job job = std::move(stream.queue.front());
    stream.queue.pop_front();
    stream.busy = true;
    lock.unlock();
    delay(world, stream, was_idle);
    lock.lock();
    world.changed.wait(lock, [&] { return !job.waits_for || job.waits_for->done; });
    if (job.work && stream.context->lost == Status::success && !world.ended) {
      world.memory.begin_work();
      lock.unlock();
      const Outcome outcome = job.work();
      lock.lock();
      world.memory.end_work();
      if (outcome.status != Status::success)
        world.lose(stream.context, outcome.status, outcome.why);
    }
    if (job.records) {
      job.records->time = std::chrono::steady_clock::now();
      job.records->done = true;
    }
    stream.busy = false;
    world.changed.notify_all();
  }
}

Stream create(World &world, Context context) {
  auto *const stream =
      new StreamObject{context, static_cast<unsigned>(streams().size() + 1), 0, {}};
  stream->random = world.settings.seed * 1000 + stream->number;
  streams().push_back(world.keep(stream));
  // Signals of the process are for the threads of the user; those for faults come all the same.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread([&world, stream] {
    sigset_t faults;
    ::sigemptyset(&faults);
    ::sigaddset(&faults, SIGSEGV);
    ::sigaddset(&faults, SIGBUS);
    ::pthread_sigmask(SIG_UNBLOCK, &faults, nullptr);
    run_stream(world, *stream);
  }).detach();
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return stream;
}

bool is_idle() {
  return std::all_of(streams().begin(), streams().end(),
                     [](Stream stream) { return stream->queue.empty() && !stream->busy; });
}

/// A copy as a job; `what` is for the log.
Status copy(World &world, Stream stream, void *to, const void *from, std::size_t bytes,
            const char *what) {
  Stream const found = find_stream(world, stream);
  if (!found)
    return Status::invalid_handle;
  log_line(std::string("copy ") + what + " " + std::to_string(bytes) +
           " stream=" + std::to_string(found->number));
  if (bytes)
    enqueue(world, found,
            {nullptr,
             [=] {
               const void *address = nullptr;
               const auto body = [&] { std::memcpy(to, from, bytes); };
               if (emu::runs_without_fault(body, &address))
                 return Outcome{};
               return Outcome{Status::illegal_address,
                              std::string("copy ") + what + " of memory that is gone"};
             },
             nullptr});
  return Status::success;
}

void *address_of(DeviceAddress address) { return reinterpret_cast<void *>(address); }

} // namespace

Stream find_stream(World &world, Stream stream) {
  Context const context = world.current();
  if (!stream) {
    if (!context->default_stream)
      context->default_stream = create(world, context);
    return context->default_stream;
  }
  return world.knows(stream) && stream->context == context ? stream : nullptr;
}

void enqueue(World &world, Stream stream, Job job) {
  stream->queue.push_back(std::move(job));
  world.changed.notify_all();
}

void wait_until_idle(World &world, std::unique_lock<std::mutex> &lock) {
  world.changed.wait(lock, is_idle);
  world.memory.close_window();
}

void close_window(World &world) {
  if (is_idle())
    world.memory.close_window();
}

} // namespace jit::gpu::fake

using namespace jit::gpu;
using namespace jit::gpu::fake;

Status cuStreamCreate(Stream *stream, unsigned flags) {
  return call(Entry::StreamCreate, Need::context, [&](World &world, auto &) {
    if (!stream || flags > stream_non_blocking)
      return Status::invalid_value;
    *stream = create(world, world.current());
    return Status::success;
  });
}

Status cuStreamWaitEvent(Stream stream, Event event, unsigned flags) {
  return call(Entry::StreamWaitEvent, Need::context, [&](World &world, auto &) {
    Stream const found = find_stream(world, stream);
    if (!found || !world.knows(event))
      return Status::invalid_handle;
    if (flags)
      return Status::invalid_value;
    if (event->last)
      enqueue(world, found, {event->last, nullptr, nullptr});
    return Status::success;
  });
}

Status cuEventCreate(Event *event, unsigned flags) {
  return call(Entry::EventCreate, Need::context, [&](World &world, auto &) {
    if (!event || flags > (event_blocking_sync | event_disable_timing))
      return Status::invalid_value;
    *event = world.keep(new EventObject{world.current(), !(flags & event_disable_timing), nullptr});
    return Status::success;
  });
}

Status cuEventRecord(Event event, Stream stream) {
  return call(Entry::EventRecord, Need::context, [&](World &world, auto &) {
    Stream const found = find_stream(world, stream);
    if (!found || !world.knows(event) || event->context != found->context)
      return Status::invalid_handle;
    event->last = std::make_shared<Record>();
    enqueue(world, found, {nullptr, nullptr, event->last});
    return Status::success;
  });
}

Status cuEventQuery(Event event) {
  return call(Entry::EventQuery, Need::context, [&](World &world, auto &) {
    if (!world.knows(event))
      return Status::invalid_handle;
    if (event->last && !event->last->done)
      return Status::not_ready;
    close_window(world);
    return Status::success;
  });
}

Status cuEventSynchronize(Event event) {
  return call(Entry::EventSynchronize, Need::context, [&](World &world, auto &lock) {
    if (!world.knows(event))
      return Status::invalid_handle;
    const std::shared_ptr<Record> record = event->last;
    world.changed.wait(lock, [&] { return !record || record->done; });
    close_window(world);
    return event->context->lost;
  });
}

Status cuEventElapsedTime(float *milliseconds, Event start, Event end) {
  return call(Entry::EventElapsedTime, Need::context, [&](World &world, auto &) {
    if (!milliseconds)
      return Status::invalid_value;
    for (Event const event : {start, end})
      if (!world.knows(event) || !event->timed || !event->last || event->context != start->context)
        return Status::invalid_handle;
    if (!start->last->done || !end->last->done)
      return Status::not_ready;
    *milliseconds =
        std::chrono::duration<float, std::milli>(end->last->time - start->last->time).count();
    return Status::success;
  });
}

Status cuMemcpyHtoDAsync_v2(DeviceAddress to, const void *from, std::size_t bytes, Stream stream) {
  return call(Entry::MemcpyHtoDAsync, Need::context, [&](World &world, auto &) {
    if (!from || world.memory.is_device(from) || !world.memory.contains(to, bytes))
      return Status::invalid_value;
    return copy(world, stream, address_of(to), from, bytes, "HtoD");
  });
}

Status cuMemcpyDtoHAsync_v2(void *to, DeviceAddress from, std::size_t bytes, Stream stream) {
  return call(Entry::MemcpyDtoHAsync, Need::context, [&](World &world, auto &) {
    if (!to || world.memory.is_device(to) || !world.memory.contains(from, bytes))
      return Status::invalid_value;
    return copy(world, stream, to, address_of(from), bytes, "DtoH");
  });
}

Status cuMemcpyPeerAsync(DeviceAddress to, Context to_context, DeviceAddress from,
                         Context from_context, std::size_t bytes, Stream stream) {
  return call(Entry::MemcpyPeerAsync, Need::context, [&](World &world, auto &) {
    if (!world.knows(to_context) || !world.knows(from_context))
      return Status::invalid_context;
    if (!world.memory.contains(to, bytes) || !world.memory.contains(from, bytes))
      return Status::invalid_value;
    return copy(world, stream, address_of(to), address_of(from), bytes, "Peer");
  });
}
