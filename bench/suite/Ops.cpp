// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ops beyond arithmetic on f32: narrow integers, scans, sorts, gathers, joins, many small tensors,
// and what each function of f32 costs in cache.
#include "bench/suite/Suite.h"

#include "runtime/kernels/ThreadPool.h"

#include <tracejit/optimizers.h>

#include <numeric>

namespace bench {

namespace {

using namespace jit;

constexpr double MB = 1 << 20;

Tensor normal_of(std::uint64_t seed, DimList shape) {
  Generator random(seed);
  return normal(random, shape);
}

Tensor places(std::uint64_t seed, std::int64_t count, std::int64_t extent) {
  Generator random(seed);
  return randint(random, 0, extent, {count});
}

/// An eager op alone, against the least time that its bytes take.
void eager_row(Suite &suite, const std::string &name, int threads, double copied_bytes,
               double least_fraction, const std::function<Tensor()> &op) {
  force_thread_count(threads);
  Work work;
  work.nt_bytes = copied_bytes;
  double best = 1e9;
  for (int round = 0; round < (suite.settings.quick ? 2 : 20); ++round) {
    refresh(suite.rates(threads), work, threads, suite.settings.quick);
    const double begin = now(threads);
    const Tensor result = op();
    best = std::min(best, now(threads) - begin);
  }
  force_thread_count(1);
  Row row;
  row.name = name;
  row.threads = threads;
  row.unit = "ms";
  row.eager = best * 1e3;
  row.limit_fraction = work.seconds(suite.rates(threads), threads) / best;
  const bool met = *row.limit_fraction >= least_fraction;
  suite.add(std::move(row), ">= " + std::to_string(least_fraction).substr(0, 3) + " of a copy",
            met);
}

void narrow_chain(Suite &suite, std::int64_t n) {
  for (const int threads : thread_counts) {
    const auto make = [n] {
      const Tensor x = astype(places(1, n, 256), DType::u8);
      return [x] {
        Tensor y = (x & 0x7f) + 3;
        return Results{maximum(y, 17) ^ 0x55};
      };
    };
    Work work;
    work.nt_bytes = 2.0 * static_cast<double>(n);
    Row row =
        suite.compare(make_workload("4 ops on u8, 64 MB", make, threads), work, threads, "ms");
    const bool met = row.limit_fraction >= 0.9;
    suite.add(std::move(row), ">= 0.9 of a copy", met);
  }
}

void scans(Suite &suite, std::int64_t rows) {
  const std::int64_t columns = 4096;
  const Tensor x = normal_of(2, {rows, columns});
  const double bytes = 8.0 * static_cast<double>(rows * columns);
  for (const int axis : {0, 1})
    eager_row(suite, "cumulative_sum 64 MB along axis " + std::to_string(axis), 1, bytes, 0.6,
              [&] { return cumulative_sum(x, {.axis = axis}); });
}

/// Against the standard library's sort of the same numbers, equal ones by their places.
void sorts(Suite &suite, std::int64_t n) {
  const Tensor x = normal_of(3, {n});
  const std::span<const float> numbers = x.data<float>();
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  const auto reference_sort = [&] {
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, {}, [&](std::int64_t i) {
      return std::pair(numbers[static_cast<std::size_t>(i)], i);
    });
  };
  reference_sort();
  const Tensor ours = argsort(x);
  Row row;
  row.name = "argsort of 1 M f32";
  row.unit = "ms";
  row.outputs_equal = std::ranges::equal(ours.data<std::int64_t>(), order);
  double reference = 1e9, best = 1e9;
  for (int round = 0; round < (suite.settings.quick ? 1 : 5); ++round) {
    const double begin = now(1);
    reference_sort();
    const double middle = now(1);
    const Tensor again = argsort(x);
    best = std::min(best, now(1) - middle);
    reference = std::min(reference, middle - begin);
  }
  row.eager = best * 1e3;
  if (row.outputs_equal) // another order has no speed-up
    row.ratio = reference / best;
  row.note = "ratio: std::sort";
  const bool met = row.ratio >= 3;
  suite.add(std::move(row), ">= 3x", met);
}

/// A row of programs that should be `kernels` kernels.
template <class Make>
void fused_row(Suite &suite, const std::string &name, unsigned kernels, Make make) {
  const Workload workload = make_workload(name, make);
  Row row = suite.compare(workload, {}, 1, "us");
  unsigned after = 0;
  for (const TraceReport &report : explain())
    if (report.name == workload.trace && report.kernels_after > 0)
      after = report.kernels_after;
  row.note += (row.note.empty() ? "" : ", ") + std::to_string(after) + " kernels";
  const bool met = after == kernels && row.ratio >= 1;
  suite.add(std::move(row), std::to_string(kernels) + (kernels > 1 ? " kernels" : " kernel"), met);
}

void gathers_and_joins(Suite &suite, std::int64_t words) {
  fused_row(suite, "embedding of 4,096 words, rms_norm of 512", 1, [words] {
    const Tensor table = normal_of(4, {words, 512}), index = places(5, 4096, words);
    const Tensor gamma = normal_of(6, {512});
    return [=] { return Results{rms_norm(take(table, index), gamma)}; };
  });
  fused_row(suite, "take of 1 M elements into 2 ops", 1, [words] {
    const Tensor x = normal_of(7, {words * 16}), index = places(8, words * 16, words * 16);
    return [=] { return Results{take(x, index) * 2 + x}; };
  });
  fused_row(suite, "concat of two computed halves", 2, [words] {
    const Tensor x = normal_of(9, {words, 32});
    return [=] { return Results{concat({x * 2, x + 1}, 1)}; };
  });
}

struct ManyWeights {
  struct State {
    std::vector<Variable> weights;
    std::vector<Tensor> gradients;
    Adam adam;
  };
  std::shared_ptr<State> held = std::make_shared<State>();

  ManyWeights(std::uint64_t count, std::int64_t size) {
    for (std::uint64_t k = 0; k < count; ++k) {
      held->weights.emplace_back(normal_of(k, {size}));
      held->gradients.push_back(normal_of(k + 1000, {size}));
    }
    held->adam.prepare(held->weights);
  }
  Results operator()() const {
    held->adam.step(held->weights, held->gradients);
    return {};
  }
  Results state() const { return {held->weights.front(), held->weights.back()}; }
};

void many_weights(Suite &suite) {
  const std::uint64_t count = suite.settings.quick ? 4 : 100;
  for (const int threads : thread_counts) {
    Row many = suite.compare(
        make_workload(
            "Adam over 100 tensors of 10 K", [&] { return ManyWeights(count, 10'000); }, threads),
        {}, threads, "us");
    const Row one = suite.compare(
        make_workload(
            "Adam over 1 M",
            [&] { return ManyWeights(1, 10'000 * static_cast<std::int64_t>(count)); }, threads),
        {}, threads, "us");
    many.outputs_equal &= one.outputs_equal;
    many.note += " one tensor " + std::to_string(static_cast<int>(*one.compiled)) + " us";
    const bool met = *many.compiled <= 1.3 * *one.compiled;
    suite.add(std::move(many), "<= 1.3x of one tensor of 1 M", met);
  }
}

using Function = Tensor (*)(Operand);
#define TRACEJIT_FUNCTION(name) [](Operand of) { return jit::name(std::move(of)); }

/// A function of f32, and what it is made of; nothing: it is held against tanh.
struct FunctionRow {
  const char *name;
  Function function;
  std::vector<Function> parts;
};

std::vector<FunctionRow> function_rows() {
  const Function exp = TRACEJIT_FUNCTION(exp), log = TRACEJIT_FUNCTION(log1p),
                 root = TRACEJIT_FUNCTION(sqrt), hyperbolic = TRACEJIT_FUNCTION(tanh),
                 sigma = TRACEJIT_FUNCTION(sigmoid), square = TRACEJIT_FUNCTION(square);
  return {{"expm1", TRACEJIT_FUNCTION(expm1), {}},
          {"log1p", TRACEJIT_FUNCTION(log1p), {}},
          {"exp2", TRACEJIT_FUNCTION(exp2), {}},
          {"log2", TRACEJIT_FUNCTION(log2), {}},
          {"log10", TRACEJIT_FUNCTION(log10), {}},
          {"sinh", TRACEJIT_FUNCTION(sinh), {}},
          {"cosh", TRACEJIT_FUNCTION(cosh), {}},
          {"asin", TRACEJIT_FUNCTION(asin), {}},
          {"acos", TRACEJIT_FUNCTION(acos), {}},
          {"atan", TRACEJIT_FUNCTION(atan), {}},
          {"tan", TRACEJIT_FUNCTION(tan), {}},
          {"erfc", TRACEJIT_FUNCTION(erfc), {}},
          {"asinh", TRACEJIT_FUNCTION(asinh), {log, root}},
          {"acosh", TRACEJIT_FUNCTION(acosh), {log, root}},
          {"atanh", TRACEJIT_FUNCTION(atanh), {log, square}},
          {"silu", TRACEJIT_FUNCTION(silu), {sigma, square}},
          {"softplus", TRACEJIT_FUNCTION(softplus), {exp, log}},
          {"mish", TRACEJIT_FUNCTION(mish), {exp, log, hyperbolic}},
          {"gelu_tanh", TRACEJIT_FUNCTION(gelu_tanh), {hyperbolic, square}}};
}
#undef TRACEJIT_FUNCTION

/// Cycles for each element in cache.
void functions(Suite &suite) {
  refresh(suite.rates(1), {}, 1, suite.settings.quick);
  constexpr std::int64_t n = 4096;
  Generator random(11);
  const Tensor x = uniform(random, {n}) * 0.8 + 0.1; // in the domain of all but one
  const auto cycles_of = [&](Function function, const Tensor &of) {
    return suite.cycles(suite.least([&] { function(of); }, 20)) / n;
  };
  const double tanh_cycles = cycles_of([](Operand of) { return tanh(std::move(of)); }, x);
  for (const auto &[name, function, parts] : function_rows()) {
    double others = 0;
    for (const Function part : parts)
      others += cycles_of(part, x);
    const double cycles = cycles_of(function, std::string_view(name) == "acosh" ? x + 1 : x);
    Row row;
    row.name = std::string(name) + " of 4,096 f32";
    row.unit = "cycles/8";
    row.eager = 8 * cycles;
    row.ratio = cycles / (parts.empty() ? tanh_cycles : others);
    const bool met = *row.ratio <= (parts.empty() ? 1.5 : 1.2);
    suite.add(std::move(row), parts.empty() ? "<= 1.5x tanh" : "<= 1.2x its parts", met);
  }
}

} // namespace

void ops(Suite &suite) {
  const bool quick = suite.settings.quick;
  narrow_chain(suite, quick ? 1 << 16 : static_cast<std::int64_t>(64 * MB));
  scans(suite, quick ? 16 : 4096);
  sorts(suite, quick ? 1000 : 1 << 20);
  gathers_and_joins(suite, quick ? 1 << 10 : 1 << 16);
  many_weights(suite);
  functions(suite);
}

} // namespace bench
