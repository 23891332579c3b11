// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ways to end a process while values are pending and programs are compiled, with tensors, Variables
// and traces in static and thread-local objects that die before and after the runtime's own: each
// way in a child process, which must end by itself and not by a signal.
#include "test/faults/Compilers.h"

#include <tracejit/tracejit.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace jit::faults {
namespace {

/// Uses what it holds once more when it dies.
struct Holder {
  const char *where;
  Tensor tensor;
  std::unique_ptr<Variable> variable;
  explicit Holder(const char *where) noexcept : where(where) {}
  void fill() {
    tensor = full({40}, 0.5f);
    variable = std::make_unique<Variable>(full({40}, 0.25f));
  }
  ~Holder() {
    if (tensor.empty())
      return;
    *variable = exp(tensor) * 2.0 + *variable;
    const float got = sum(*variable).item<float>(), expected = 40 * (std::exp(0.5f) * 2 + 0.25f);
    if (!(std::fabs(got - expected) < 1e-3f)) {
      std::fprintf(stderr, "%s: %g and %g\n", where, static_cast<double>(got),
                   static_cast<double>(expected));
      std::abort();
    }
  }
};

// Made before the runtime has registered anything, so destroyed after its handlers.
Holder global("global");
thread_local Holder local("thread-local");

Tensor body(Tensor x) {
  for (int i = 0; i < 30; ++i)
    x = tanh(x) * 1.5 + exp(x * 0.1);
  return x;
}
auto make_trace(const char *name) { return trace(body, {name}); }
using TracedBody = decltype(make_trace(""));

/// What a process does before it ends: values pending in a trace that another one is inside of,
/// compilations under way, holders of every kind.
void get_busy() {
  plug_in_compiler();
  set_mode(Mode::on);
  global.fill();
  local.fill();
  static Holder function_static("static"); // after the runtime's handlers: dies before them
  function_static.fill();
  static TracedBody hot = make_trace("hot");
  const Tensor x = full({64}, 0.5f);
  for (int i = 0; i < 4; ++i) {
    hot(x);
    wait_compiled();
  }
  static TracedBody cold = make_trace("cold");
  for (int i = 0; i < 3; ++i) // queued or being compiled from here on
    cold(reshape(x, {8, 8}));
}

/// A thread that goes on calling.
void keep_calling() {
  local.fill();
  auto f = make_trace("hot");
  const Tensor x = full({64}, 0.5f);
  for (;;)
    f(x);
}

int return_from_main() { return 0; }
int exit_inside_a_trace() {
  auto f = trace(
      [](const Tensor &x) {
        const Tensor y = body(x);
        exit(0); // y is pending
        return y;
      },
      {"exits"});
  auto again = trace([](const Tensor &x) { return body(x); }, {"exits"});
  static_cast<void>(again);
  f(full({64}, 0.5f));
  return 1;
}
int exit_on_another_thread() {
  std::thread([] {
    local.fill();
    make_trace("hot")(full({64}, 0.5f));
    exit(0);
  }).join();
  return 1;
}
int return_while_others_call() {
  std::thread(keep_calling).detach();
  std::thread(keep_calling).detach();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  return 0;
}
int exit_while_others_call() {
  return_while_others_call();
  exit(0);
}
int quick() {
  quick_exit(0);
  return 1;
}
/// Then glibc destroys none of its thread-local variables.
bool main_thread_ended = false;
int main_thread_ends_first() {
  main_thread_ended = true;
  // The process ends with its last thread.
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    make_trace("hot")(full({64}, 0.5f));
    exit(0);
  }).detach();
  pthread_exit(nullptr);
}
int runtime_used_in_a_handler() {
  std::atexit([] {
    auto f = make_trace("hot");
    for (int i = 0; i < 4; ++i)
      f(full({64}, 0.5f));
    wait_compiled(std::chrono::milliseconds(100));
  });
  return 0;
}

struct Way {
  const char *name;
  int (*leave)();
};
constexpr Way ways[] = {
    {"returns from main", return_from_main},
    {"exits inside a trace", exit_inside_a_trace},
    {"exits on another thread", exit_on_another_thread},
    {"returns while others call", return_while_others_call},
    {"exits while others call", exit_while_others_call},
    {"quick_exit", quick},
    {"the main thread ends first", main_thread_ends_first},
    {"uses the runtime in an exit handler", runtime_used_in_a_handler},
};

} // namespace
} // namespace jit::faults

/// LeakSanitizer calls it before it looks.
extern "C" [[gnu::used]] int __lsan_is_turned_off() { return jit::faults::main_thread_ended; }

/// Without arguments: every way, in a process of its own. With a number: that way.
int main(int argc, char **argv) {
  using namespace jit::faults;
  if (argc > 1) {
    alarm(30);
    get_busy();
    return ways[std::atoi(argv[1])].leave();
  }
  int bad = 0;
  for (std::size_t i = 0; i < std::size(ways); ++i) {
    const pid_t child = fork();
    if (child == 0) {
      execl("/proc/self/exe", argv[0], std::to_string(i).c_str(), nullptr);
      _exit(127);
    }
    int status = -1;
    waitpid(child, &status, 0);
    const bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    std::printf("%s: %s\n", ways[i].name,
                good ? "good" : ("status " + std::to_string(status)).c_str());
    bad += !good;
  }
  return bad;
}
