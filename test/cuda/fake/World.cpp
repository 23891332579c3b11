// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// How a call begins, and how the process ends.
#include "test/cuda/fake/World.h"

#include <cstdio>
#include <unistd.h>

namespace jit::gpu::fake {
namespace {

/// As deep as anybody goes; trivial, so that it outlives everything else of a thread.
struct ContextStack {
  Context entries[32];
  unsigned depth = 0;
};
thread_local ContextStack stack;

/// What a failure is called if the environment gives no code.
Status default_failure(Entry entry) {
  switch (entry) {
  case Entry::MemAlloc:
  case Entry::MemHostAlloc:
    return Status::out_of_memory;
  case Entry::ModuleGetFunction:
    return Status::not_found;
  default:
    return Status::unknown;
  }
}

bool is_asked_about_nothing(Entry entry) {
  return entry == Entry::GetErrorName || entry == Entry::DriverGetVersion;
}

} // namespace

const char *entry_name(Entry entry) {
#define TRACEJIT_NAME(name, ...) #name,
  static constexpr const char *names[] = {TRACEJIT_CUDA_ENTRY_POINTS(TRACEJIT_NAME)};
#undef TRACEJIT_NAME
  return names[static_cast<unsigned>(entry)];
}

World::World() {
  for (int device = 0; device < settings.devices; ++device) {
    contexts.push_back(std::make_unique<ContextObject>());
    contexts.back()->device = device;
  }
}

/// Never freed: threads of streams use it until the process is gone.
World &World::get() {
  static World &world = *new World;
  return world;
}

Status World::enter(Entry entry, Need need) {
  const std::uint64_t count = ++calls[static_cast<unsigned>(entry)];
  if (ended)
    return Status::deinitialized;
  if (settings.stub)
    return Status::stub_library;
  if (const pid_t owner = process; owner && owner != ::getpid() && !is_asked_about_nothing(entry)) {
    log_line(std::string("forked ") + entry_name(entry));
    return Status::not_initialized;
  }
  if (const std::optional<int> code = failure_of(settings, entry_name(entry), count,
                                                 static_cast<int>(default_failure(entry)))) {
    log_line(std::string("fail ") + entry_name(entry) + " " + std::to_string(*code));
    return static_cast<Status>(*code);
  }
  if (need != Need::nothing && !initialized)
    return Status::not_initialized;
  if (need != Need::context)
    return Status::success;
  Context const context = current();
  if (!context) {
    log_line(std::string("no context in ") + entry_name(entry));
    return Status::invalid_context;
  }
  const std::lock_guard lock(mutex);
  return context->lost;
}

Context World::current() const { return stack.depth ? stack.entries[stack.depth - 1] : nullptr; }

void World::lose(Context context, Status status, const std::string &why) {
  const std::string line = "lost " + std::to_string(context->device) + " " +
                           std::to_string(static_cast<int>(status)) + " " + why;
  log_line(line);
  std::fprintf(stderr, "fake driver: %s\n", line.c_str());
  if (context->lost == Status::success)
    context->lost = status;
}

std::string World::live() const {
  std::string out = "live allocations=" + std::to_string(memory.allocations()) +
                    " bytes=" + std::to_string(memory.bytes()) +
                    " pinned=" + std::to_string(memory.host_allocations());
  static constexpr std::pair<Kind, const char *> shown[] = {{stream_kind, "streams"},
                                                            {event_kind, "events"},
                                                            {module_kind, "modules"},
                                                            {graph_kind, "graphs"},
                                                            {exec_kind, "execs"}};
  for (const auto &[kind, name] : shown)
    out += std::string(" ") + name + "=" + std::to_string(handles[kind].size());
  return out;
}

Status push_context(Context context) {
  if (stack.depth == std::size(stack.entries))
    return Status::out_of_memory;
  stack.entries[stack.depth++] = context;
  return Status::success;
}

Status pop_context(Context *context) {
  if (!stack.depth)
    return Status::invalid_context;
  --stack.depth;
  if (context)
    *context = stack.entries[stack.depth];
  return Status::success;
}

namespace {

/// When the process ends, after what was made since the library was opened and before what is
/// older. From then on calls say so, and streams begin no more jobs.
struct End {
  ~End() {
    World &world = World::get();
    if (world.process != ::getpid())
      return;
    const std::lock_guard lock(world.mutex);
    world.ended = true;
    std::string line = "calls";
    for (unsigned i = 0; i < world.calls.size(); ++i)
      if (const std::uint64_t count = world.calls[i])
        line += std::string(" ") + entry_name(static_cast<Entry>(i)) + "=" + std::to_string(count);
    log_line(line);
    log_line(world.live());
  }
};
const End end;

} // namespace
} // namespace jit::gpu::fake

// For tests, beside the driver's functions.
extern "C" {

/// How often the entry point (`MemAlloc`) was called.
__attribute__((visibility("default"))) unsigned long long tj_fake_calls(const char *entry) {
  using namespace jit::gpu::fake;
  World &world = World::get();
  for (unsigned i = 0; i < world.calls.size(); ++i)
    if (std::string(entry) == entry_name(static_cast<Entry>(i)))
      return world.calls[i];
  return 0;
}

/// Writes what is alive, as the last line of the log has it, and returns its length.
__attribute__((visibility("default"))) unsigned tj_fake_live(char *text, unsigned bytes) {
  using namespace jit::gpu::fake;
  World &world = World::get();
  const std::lock_guard lock(world.mutex);
  return static_cast<unsigned>(std::snprintf(text, bytes, "%s", world.live().c_str()));
}

/// "key", "window" or "none": what keeps host threads from device memory.
__attribute__((visibility("default"))) const char *tj_fake_protection() {
  return jit::gpu::fake::World::get().memory.protection();
}
}
