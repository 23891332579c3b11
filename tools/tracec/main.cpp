// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tracec: runs, compares, shows and times trace files.
#include "runtime/base/Options.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/ThreadPool.h"
#include "tools/tracec/Commands.h"

#include <iostream>

namespace tracec {

static void apply_settings(const Request &request) {
  if (const auto &problem = jit::environment_error())
    throw Exit(ExitCode::usage, "tracec: error: " + *problem);
  // A dump is of code that may run elsewhere.
  if (request.isa && request.command != Command::dump) {
    if (!jit::isa_supported(*request.isa))
      throw Exit(ExitCode::unsupported, "tracec: error: this processor cannot run that --isa");
    jit::set_active_isa(*request.isa);
  }
  if (request.threads)
    jit::force_thread_count(request.threads);
  if (!request.compiler.empty())
    jit::mutable_options().compiler = request.compiler;
}

static ExitCode execute(const Request &request) {
  if (const auto message = jit::machine_refusal())
    throw Exit(ExitCode::unsupported, "tracec: error: " + *message);
  apply_settings(request);
  switch (request.command) {
  case Command::run:
    return run(request);
  case Command::dump:
    return dump(request);
  case Command::bench:
    return bench(request);
  case Command::compile:
    return compile(request);
  case Command::profile:
    return profile(request);
  case Command::info:
    return info(request);
  case Command::import:
    return import_file(request);
  }
  return ExitCode::internal;
}

static ExitCode guarded(int argc, char **argv) {
  try {
    const std::optional<Request> request = parse_command_line(argc, argv);
    const ExitCode code = request ? execute(*request) : ExitCode::ok;
    if (!std::cout.flush())
      throw Exit(ExitCode::input, "tracec: error: standard output cannot be written");
    return code;
  } catch (const Exit &exit) {
    std::cout.flush();
    std::cerr << exit.what() << '\n';
    return exit.code;
  } catch (const std::bad_alloc &) {
    std::cerr << "tracec: error: out of memory\n";
    return ExitCode::limit;
  } catch (const std::exception &error) {
    std::cerr << "tracec: internal error: " << error.what() << '\n';
    return ExitCode::internal;
  }
}

} // namespace tracec

int main(int argc, char **argv) { return static_cast<int>(tracec::guarded(argc, argv)); }
