// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A program that ends in the way its argument says, for ReportAtExit.py.
#include <tracejit/compiler.h>
#include <tracejit/tracejit.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {

using namespace jit;

auto make_trace() {
  return trace(
      [](Tensor x) {
        for (int i = 0; i < 60; ++i)
          x = tanh(x) * 1.5 + exp(x * 0.1);
        return x;
      },
      {"ends"});
}

/// Long enough for its program to be on the way, not for it to be there.
void work(int calls) {
  auto f = make_trace();
  const Tensor x = full({64}, 0.5, DType::f32);
  for (int i = 0; i < calls; ++i)
    f(x);
}

/// Goes on until the process is gone.
void work_for_ever() {
  std::thread([] {
    for (;;)
      work(10);
  }).detach();
}

} // namespace

int main(int count, char **arguments) {
  const std::string way = count > 1 ? arguments[1] : "";
  enable_compiler();
  work(3);
  if (way == "return") {
    wait_compiled();
    work(20);
  } else if (way == "beside") {
    work_for_ever();
  } else if (way == "thread") {
    wait_compiled(); // not while the compiler is being opened
    work(3);
    std::thread([] { std::exit(3); }).join();
  } else if (way == "inside") {
    trace([](const Tensor &x) { // with pending ops
      Tensor y = x * 2.0;
      std::exit(3);
      return y;
    })(ones({4}));
  } else if (way == "fork") {
    if (const pid_t child = fork(); child == 0) {
      work(50);
      std::exit(0);
    } else {
      waitpid(child, nullptr, 0);
    }
  } else if (way == "elsewhere") {
    if (chdir("/") != 0)
      return 2;
  }
  return 0;
}
