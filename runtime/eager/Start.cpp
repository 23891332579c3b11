// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/eager/Start.h"

#include "runtime/base/Log.h"
#include "runtime/base/Options.h"
#include "runtime/jit/CompileThread.h"
#include "runtime/jit/LoadCompiler.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/ThreadPool.h"

#include <tracejit/compiler.h>
#include <tracejit/error.h>

#include <mutex>

namespace jit {

std::atomic<bool> detail::started{false};

/// The instruction set asked for; v4 only where the machine has it.
static void choose_isa(const std::source_location &site) {
  const IsaChoice choice = options().isa;
  if (choice == IsaChoice::automatic)
    return;
  if (choice == IsaChoice::v4 && detected_isa() != Isa::v4)
    throw Error(ErrorCode::unsupported, "TRACEJIT: isa=v4, but this machine has no AVX-512", site);
  set_active_isa(choice == IsaChoice::v4 ? Isa::v4 : Isa::v3);
}

void detail::start_runtime(const std::source_location &site) {
  static std::mutex lock;
  const std::lock_guard guard(lock);
  // Before anything else, and every time: kernels would be illegal instructions.
  if (const auto &message = machine_refusal())
    throw Error(ErrorCode::unsupported, *message, site);
  // Set first: what cannot be read is reported once, and the runtime stays usable.
  if (started.exchange(true))
    return;
  if (const auto &message = environment_error())
    throw Error(ErrorCode::invalid_argument, *message, site);
  if (options().threads)
    set_thread_count(options().threads);
  choose_isa(site);
}

bool enable_compiler() {
  detail::ensure_started(std::source_location()); // its callers may be C
  CompileThread &thread = CompileThread::get();
  static std::mutex lock;
  const std::lock_guard guard(lock);
  if (thread.has_compiler())
    return true;
  std::string message;
  std::unique_ptr<Compiler> compiler = load_compiler(message);
  static std::string said;
  if (!compiler) {
    if (std::exchange(said, message) != message)
      log_line(LogComponent::runtime, LogLevel::error,
               "the compiler is missing, everything runs eagerly: " + message);
    return false;
  }
  thread.set_compiler(std::move(compiler));
  return true;
}

} // namespace jit
