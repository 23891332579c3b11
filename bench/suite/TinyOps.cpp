// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// What an op costs on tensors so small that kernels hardly count, in core cycles.
#include "bench/suite/Suite.h"

#include "runtime/base/Options.h"

namespace bench {

namespace {

using namespace jit;

Tensor positive(std::int64_t n) {
  Generator random(3);
  return uniform(random, {n}) + 0.5;
}

/// Ops called one after the other without a trace, and in one whose ops are recorded.
void eager_add(Suite &suite) {
  const Tensor x = positive(16), y = positive(16);
  constexpr int adds = 500;
  const auto run = [&] {
    for (int i = 0; i < adds; ++i)
      Tensor z = x + y;
  };
  auto traced = jit::trace(run, {"adds"});
  const double plain = suite.least(run, 10) / adds;
  set_mode(Mode::log);
  const double logged = suite.least(traced, 10) / adds;
  set_mode(Mode::on);

  Row row;
  row.name = "add of 16 f32, logging on";
  row.unit = "cycles";
  row.note = "inside a trace in mode log";
  row.eager = suite.cycles(logged);
  const bool quick_enough = *row.eager <= 170;
  suite.add(row, "<= 170 cycles", quick_enough);
  row.name = "logged / unlogged add of 16 f32";
  row.eager = suite.cycles(plain);
  row.ratio = logged / plain;
  suite.add(row, "<= 1.15x", *row.ratio <= 1.15);
}

Tensor many_ops(const Tensor &x, const Tensor &y) {
  Tensor a = x + y;
  Tensor b = exp(negative(x));
  a = a * b;
  a = a - y;
  b = sqrt(abs(a)) / y;
  a = maximum(a, b);
  a = minimum(a, y);
  b = tanh(a) + 0.5;
  b = log(square(b) + 1);
  a = where(a > b, a, b);
  a = sigmoid(a) * gelu(b);
  b = erf(a);
  return relu(b);
}
constexpr int many = 21;

void small_ops(Suite &suite) {
  const Tensor x = positive(64), y = positive(64);
  const std::string name = "21 small ops on 64 f32";
  Row row =
      suite.compare(make_workload(name, [&] { return [=] { return Results{many_ops(x, y)}; }; }),
                    {}, 1, "cycles");
  const double own = suite.cycles(program_seconds(name, suite.settings.quick ? 2 : 40));
  const double whole = *row.compiled;
  row.unit = "cycles/op";
  row.eager = *row.eager / many;
  row.compiled = whole / many;
  const bool enough = *row.eager <= 210;
  Row above = row;
  suite.add(std::move(row), "eager <= 210 cycles/op", enough);
  above.name = "21 small ops: above the kernel's time";
  above.ratio.reset();
  above.compiled = own > 0 ? std::optional((whole - own) / many) : std::nullopt;
  above.note = "kernel " + std::to_string(static_cast<int>(own)) + " cycles";
  suite.add(above, "compiled <= 75 cycles/op", own > 0 && *above.compiled <= 75);
}

/// The call itself, without the vector around the results of workloads.
void whole_call(Suite &suite) {
  const Tensor x = positive(64), y = positive(64);
  const auto f = [](const Tensor &x, const Tensor &y) {
    Tensor a = x * y;
    a = a + 0.5;
    a = maximum(a, y);
    a = a - x;
    a = square(a);
    a = a * 0.25;
    a = minimum(a, x);
    return a / y;
  };
  const std::string name = "jit::trace of 8 ops on 64 f32";
  const Outcome outcome =
      settle(make_workload(name, [&] { return [=] { return Results{f(x, y)}; }; }));
  auto traced = jit::trace(f, {name + ", call"});
  for (int i = 0; i < 40; ++i) {
    traced(x, y);
    wait_compiled();
  }
  Row row;
  row.name = name;
  row.unit = "cycles";
  row.outputs_equal = outcome.equal && same_bits(f(x, y), traced(x, y));
  row.eager = suite.cycles(suite.least([&] { f(x, y); }, 500));
  row.compiled = suite.cycles(suite.least([&] { traced(x, y); }, 500));
  row.ratio = *row.eager / *row.compiled;
  row.note = outcome_of(name + ", call").state;
  const bool met = *row.compiled <= 950;
  suite.add(std::move(row), "<= 950 cycles", met);
}

} // namespace

void tiny_ops(Suite &suite) {
  refresh(suite.rates(1), {}, 1, suite.settings.quick);
  // What a call of compiled code costs is the question here, not whether it is worth it.
  const bool trial = std::exchange(mutable_options().trial, false);
  eager_add(suite);
  small_ops(suite);
  whole_call(suite);
  mutable_options().trial = trial;
}

} // namespace bench
