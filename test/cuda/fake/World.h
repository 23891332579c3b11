// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// All that the fake driver knows, under one lock, and how every entry point begins.
#pragma once

#include "runtime/cuda/DriverTypes.h"
#include "test/cuda/emu/Library.h"
#include "test/cuda/fake/Memory.h"
#include "test/cuda/fake/Settings.h"

#include <array>
#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace jit::gpu {

/// The primary context of a device.
struct ContextObject {
  Ordinal device = 0;
  bool retained = false;
  Status lost = Status::success; // from then on, of every call
  std::size_t used = 0;          // bytes of device memory
  Stream default_stream = nullptr;
};

struct ModuleObject {
  ModuleObject(Context context, std::shared_ptr<emu::Library> library)
      : context(context), library(std::move(library)) {}

  Context context;
  std::shared_ptr<emu::Library> library;
  std::map<std::string, std::unique_ptr<FunctionObject>> functions;
  std::shared_ptr<std::atomic<bool>> unloaded = std::make_shared<std::atomic<bool>>(false);
};

struct FunctionObject {
  Module module;
  const tj_emu_kernel *kernel;
  int max_dynamic_shared_bytes;
};

namespace fake {

enum class Entry : unsigned {
#define TRACEJIT_ENTRY(name, ...) name,
  TRACEJIT_CUDA_ENTRY_POINTS(TRACEJIT_ENTRY)
#undef TRACEJIT_ENTRY
      count
};

/// What must have happened before an entry point is called.
enum class Need : std::uint8_t { nothing, init, context };

class World {
public:
  static World &get();

  /// Counts the call and says whether it may go on. Without the lock.
  Status enter(Entry entry, Need need);
  Context current() const;

  /// Whether `handle` was made and not destroyed yet.
  template <class T> bool knows(T *handle) const {
    return handles[kind_of(handle)].contains(handle);
  }
  template <class T> T *keep(T *handle) {
    handles[kind_of(handle)].insert(handle);
    return handle;
  }
  template <class T> void forget(T *handle) { handles[kind_of(handle)].erase(handle); }
  /// From now on calls under `context` return `status`; `why` goes to the log and stderr.
  void lose(Context context, Status status, const std::string &why);
  /// Counts of what is alive, for the log.
  std::string live() const;

  const Settings &settings = Settings::of_environment();
  std::mutex mutex; // of all that follows
  std::condition_variable changed;
  std::atomic<bool> initialized{false}, ended{false};
  std::atomic<pid_t> process{0};
  std::vector<std::unique_ptr<ContextObject>> contexts; // by device
  Memory memory;
  std::uint64_t launches = 0; // that were accepted
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(Entry::count)> calls{};

private:
  enum Kind : std::size_t {
    context_kind,
    stream_kind,
    event_kind,
    module_kind,
    function_kind,
    graph_kind,
    node_kind,
    exec_kind,
    kinds
  };
  static Kind kind_of(const ContextObject *) { return context_kind; }
  static Kind kind_of(const StreamObject *) { return stream_kind; }
  static Kind kind_of(const EventObject *) { return event_kind; }
  static Kind kind_of(const ModuleObject *) { return module_kind; }
  static Kind kind_of(const FunctionObject *) { return function_kind; }
  static Kind kind_of(const GraphObject *) { return graph_kind; }
  static Kind kind_of(const GraphNodeObject *) { return node_kind; }
  static Kind kind_of(const GraphExecObject *) { return exec_kind; }

  World();
  std::set<const void *> handles[kinds];
};

/// Runs `body(world, lock)` under the lock, if enter() lets it.
template <class Body> Status call(Entry entry, Need need, Body body) {
  World &world = World::get();
  if (const Status status = world.enter(entry, need); status != Status::success)
    return status;
  std::unique_lock lock(world.mutex);
  return body(world, lock);
}

/// The context stack of this thread.
Status push_context(Context context);
Status pop_context(Context *context);

const char *entry_name(Entry entry);

} // namespace fake
} // namespace jit::gpu

// Every entry point, exported.
#define TRACEJIT_DECLARE(name, symbol, parameters)                                                 \
  extern "C" __attribute__((visibility("default"))) ::jit::gpu::Status symbol parameters;
TRACEJIT_CUDA_ENTRY_POINTS(TRACEJIT_DECLARE)
#undef TRACEJIT_DECLARE
