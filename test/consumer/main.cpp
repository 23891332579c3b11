// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Uses the installed package like a user: public headers and the library, nothing else.
#include "Work.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <tracejit/compiler.h>
#include <tracejit/tracejit.h>

/// Kilobytes of a line of /proc/self/status: VmRSS, VmHWM.
static long kilobytes(const char *line) {
  long found = -1;
  char text[256];
  std::FILE *file = std::fopen("/proc/self/status", "r");
  while (file && std::fgets(text, sizeof text, file))
    if (std::strncmp(text, line, std::strlen(line)) == 0)
      std::sscanf(text + std::strlen(line), ": %ld", &found);
  if (file)
    std::fclose(file);
  return found;
}

/// Ends the process from a thread that main waits for.
static void leave_from_another_thread() {
  std::thread([] { std::exit(0); }).join();
}

int main(int count, char **arguments) {
  if (count == 2) { // leave so many microseconds after the compiler was asked for
    jit::enable_compiler();
    std::this_thread::sleep_for(std::chrono::microseconds(std::atoi(arguments[1])));
    leave_from_another_thread();
  }
  const auto begin = std::chrono::steady_clock::now();
  jit::enable_compiler();
  const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begin;
  const int status = consumer_work();
  std::printf("enable_ms: %.3f\nresident_kb: %ld\n", took.count(), kilobytes("VmRSS"));
  return status;
}
