// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/eager/Start.h"

#include "runtime/base/Options.h"
#include "runtime/base/OutOfMemory.h"
#include "runtime/jit/CompileThread.h"
#include "runtime/jit/ReportFile.h"
#include "runtime/kernels/KernelCall.h"

#include <tracejit/compiler.h>
#include <tracejit/error.h>

#include <mutex>
#include <optional>

namespace jit {

std::atomic<bool> detail::started{false};

/// What is wrong with TRACEJIT, if anything: unreadable, or more than the machine has.
static std::optional<Error> bad_options(const std::source_location &site) {
  if (const auto &message = environment_error())
    return Error(ErrorCode::invalid_argument, *message, site);
  if (options().isa == IsaChoice::v4 && detected_isa() != Isa::v4)
    return Error(ErrorCode::unsupported, "TRACEJIT: isa=v4, but this machine has no AVX-512", site);
  return std::nullopt;
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
  if (const std::optional<Error> error = bad_options(site))
    throw *error;
  if (!options().report.empty())
    if_memory([] { write_report_at_exit(options().report); });
  if (options().isa != IsaChoice::automatic)
    set_active_isa(options().isa == IsaChoice::v4 ? Isa::v4 : Isa::v3);
}

bool enable_compiler() {
  const std::source_location nowhere; // callers may be C
  // Errors wait for the first op, where every program has to expect them.
  if (!machine_refusal() && !bad_options(nowhere))
    detail::ensure_started(nowhere);
  return CompileThread::get().enable_compiler();
}

CompilerStatus compiler_status() { return CompileThread::get().compiler_status(); }

} // namespace jit
