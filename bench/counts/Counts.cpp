// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tracejit-counts: what tools/devtools/counts.py lets valgrind count the instructions of. Only
// the loops between two client requests are counted, on one thread, after all is compiled.
#include <tracejit/compiler.h>
#include <tracejit/tracejit.h>

#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <valgrind/callgrind.h>

namespace {

using namespace jit;
using Body = std::function<void()>;
/// Its result is held until the traced call is over, or it would not be computed.
using Function = std::function<Tensor()>;

constexpr int warm_up = 64;

/// Counts a loop of two lengths, whose difference has no constant part. `units` is what one turn
/// consists of: ops or elements. `kind` says how the script reads it: the `least` of several
/// layouts, or the `slope` over several units.
void count(const std::string &kind, const std::string &name, std::int64_t units, int turns,
           const Body &body) {
  for (int i = 0; i < warm_up; ++i)
    body();
  for (const int times : {turns, 3 * turns}) {
    const std::string label =
        kind + ";" + name + ";" + std::to_string(units) + ";" + std::to_string(times);
    CALLGRIND_START_INSTRUMENTATION;
    CALLGRIND_ZERO_STATS;
    for (int i = 0; i < times; ++i)
      body();
    CALLGRIND_DUMP_STATS_AT(label.c_str());
    CALLGRIND_STOP_INSTRUMENTATION;
  }
}

/// A trace of the function, called until its only path runs compiled.
Body compiled(const std::string &name, const Function &function) {
  auto traced = trace(function, {.name = name});
  for (int i = 0; i < 8; ++i) {
    traced();
    wait_compiled();
  }
  const std::vector<TraceReport> reports = traced.explain();
  if (reports.size() != 1 || reports[0].state != "active") {
    std::fprintf(stderr, "tracejit-counts: %s was not compiled as one path\n", name.c_str());
    std::exit(1);
  }
  return [traced]() mutable { Tensor result = traced(); };
}

Tensor positive(DimList shape) {
  Generator random(3);
  return uniform(random, shape) + 0.5;
}

/// The same ops over tensors of other sizes have other keys in the caches of the dispatcher.
void eager_ops() {
  for (const std::int64_t n : {16, 24, 40, 48, 56}) {
    const Tensor x = positive({n}), y = positive({n});
    count("least", "eager add of some 16 f32", 1, 256, [&] { Tensor z = x + y; });
    const Body several = [&] {
      Tensor a = x + y;
      Tensor b = sum(a * x);
      a = reshape(a(slice(1, {})), {-1, 1});
      b = maximum(a, b);
      a = permute_dims(b, {1, 0}) * 0.5;
      b = where(a > 1, a, 0);
    };
    count("least", "eager op, the mean of 10 kinds", 10, 256, several);
  }
}

/// `rounds` times eight ops that are one kernel.
Tensor chain(const Tensor &x, const Tensor &y, int rounds) {
  Tensor a = x;
  for (int i = 0; i < rounds; ++i) {
    a = a * y;
    a = a + 0.5;
    a = maximum(a, y);
    a = a - x;
    a = square(a);
    a = a * 0.25;
    a = minimum(a, x);
    a = a / y;
  }
  return a;
}

void matched_ops() {
  const Tensor x = positive({16}), y = positive({16});
  for (const int rounds : {1, 3})
    count("slope", "matched op", 8 * rounds, 256,
          compiled("matched " + std::to_string(rounds),
                   [&x, &y, rounds] { return chain(x, y, rounds); }));
}

/// A kernel over `rows` rows of 256 elements and over twice as many.
void kernel(const std::string &name, const std::function<Function(std::int64_t rows)> &make) {
  for (const std::int64_t rows : {16, 32})
    count("slope", "kernel: " + name, rows * 256, 8,
          compiled(name + " " + std::to_string(rows), make(rows)));
}

/// The kernel of a function of one matrix.
void kernel_of(const std::string &name, const std::function<Tensor(const Tensor &)> &f) {
  kernel(name, [&](std::int64_t rows) -> Function {
    return [f, x = positive({rows, 256})] { return f(x); };
  });
}

Tensor normal_integral(const Tensor &x) { return (erf(x * 0.70710678118654752) + 1) * 0.5; }

Tensor black_scholes(const Tensor &price) {
  const double rate = 0.02, volatility = 0.3, years = 1.5;
  const double width = volatility * 1.224744871391589;
  const Tensor above = (log(price / 1.1) + (rate + volatility * volatility / 2) * years) / width;
  return price * normal_integral(above) -
         exp(Tensor(-rate * years)) * 1.1 * normal_integral(above - width);
}

void elementwise_kernels() {
  kernel("gelu(x + bias) + residual", [](std::int64_t rows) -> Function {
    return [x = positive({rows, 256}), residual = positive({rows, 256}), bias = positive({256})] {
      return gelu(x + bias) + residual;
    };
  });
  kernel_of("polynomial of 8 ops", [](const Tensor &x) {
    Tensor y = x * 0.3 + 0.7;
    y = y * x - 0.2;
    y = y * x + 0.9;
    return y * x + 1.1;
  });
  kernel_of("Black-Scholes", black_scholes);
  kernel_of("exp, log, sin, tanh, sigmoid",
            [](const Tensor &x) { return sigmoid(tanh(sin(log(exp(x) + 1)))); });
  kernel("Adam", [](std::int64_t rows) -> Function {
    auto w = std::make_shared<Variable>(positive({rows, 256}));
    auto adam = std::make_shared<Adam>();
    adam->prepare({*w});
    return [=, gradient = positive({rows, 256})] {
      adam->step({*w}, {gradient});
      return Tensor();
    };
  });
}

void row_kernels() {
  kernel_of("softmax", [](const Tensor &x) { return softmax(x); });
  kernel("layer_norm + gelu", [](std::int64_t rows) -> Function {
    return [x = positive({rows, 256}), scale = positive({256}), bias = positive({256})] {
      return gelu(layer_norm(x, scale, bias));
    };
  });
  kernel_of("rms_norm", [](const Tensor &x) {
    return x * rsqrt(mean(square(x), {.axis = 1, .keepdims = true}) + 1e-5);
  });
  kernel_of("sum of squares over the last axis",
            [](const Tensor &x) { return sum(square(x), {.axis = 1}); });
  kernel_of("sum of squares over the first axis",
            [](const Tensor &x) { return sum(square(x), {.axis = 0}); });
}

} // namespace

int main() {
  if (!RUNNING_ON_VALGRIND) {
    std::fputs("tracejit-counts: run it with `tools/dev bench --counts`\n", stderr);
    return 2;
  }
  if (!enable_compiler()) {
    std::fputs("tracejit-counts: the compiler library is missing\n", stderr);
    return 1;
  }
  wait_compiled(); // the compile thread opens it, and would be counted
  eager_ops();
  matched_ops();
  elementwise_kernels();
  row_kernels();
}
