// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// A program with several paths. Prints a digest of all results, how many segments of the first
// calls ran eagerly, how many paths run compiled and how many of them came from the cache, and
// whether the compiler was loaded. `fork`: a child does most. `late`: the compiler is enabled when
// there is a trace. `linger`: it ends when it is killed.
#include <tracejit/compiler.h>
#include <tracejit/tracejit.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

static std::uint64_t digest = 1469598103934665603u;

static void add(const jit::Tensor &value) {
  for (const float number : value.to_vector<float>()) {
    std::uint32_t bits;
    std::memcpy(&bits, &number, sizeof bits);
    digest = (digest ^ bits) * 1099511628211u;
  }
}

static bool compiler_is_loaded() {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (line.find("libtracejit-compiler") != line.npos || line.find("libLLVM") != line.npos)
      return true;
  return false;
}

int main(int argc, char **argv) {
  const std::string_view way = argc > 1 ? argv[1] : "";
  const bool forks = way == "fork", late = way == "late";
  if (!late && !jit::enable_compiler())
    return 2;
  jit::Generator random(1);
  const jit::Tensor x = jit::normal(random, {64, 48}), w = jit::normal(random, {48, 40});
  const jit::Tensor places = jit::Tensor::copy_of({3, 0, 39, 7}, {4});
  jit::Tensor b = jit::zeros({40});
  auto step = jit::trace(
      [&](double rate, int start) {
        const jit::Tensor y = jit::relu(jit::matmul(x, w) + b);
        const jit::Tensor part = jit::take(y, places, 1) * rate;
        const bool large = jit::mean(part).item<float>() > 0.5f;
        jit::Tensor change = jit::sum(jit::exp(-y), 0) / 64;
        if (large)
          change = jit::softmax(change, 0) * 2;
        b = b + rate * change;
        return jit::sum(b(jit::slice(start, start + 8)));
      },
      {.name = "step"});
  if (late && (!jit::enable_compiler() || !jit::wait_compiled()))
    return 2;
  pid_t child = -1;
  unsigned first_eager = 0;
  for (int i = 0; i < 24; ++i) {
    if (i == 4 && forks && (child = fork()) > 0)
      break;
    add(step(i % 5 == 0 ? 1e-3 : 2.5, i % 16));
    if (i < 2) // both branches
      first_eager += step.last().eager;
    if (i % 4 == 3)
      jit::wait_compiled();
  }
  if (child > 0) { // the child has counted on from here
    int status = 0;
    return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 3;
  }
  add(b);
  int compiled = 0, cached = 0;
  double slowest = 0;
  for (const jit::TraceReport &path : step.explain()) {
    compiled += path.state == "active" && path.hits > 0;
    cached += path.state == "active" && path.hits > 0 && path.from_cache;
    slowest = std::max(slowest, path.from_cache ? path.compile_ms : 0);
  }
  std::printf("digest %016llx\nfirst_eager %u\ncompiled %d\ncached %d\nloaded %d\n"
              "slowest_ms %g\n",
              static_cast<unsigned long long>(digest), first_eager, compiled, cached,
              compiler_is_loaded(), slowest);
  if (way == "linger") {
    std::fflush(stdout);
    pause();
  }
  return 0;
}
