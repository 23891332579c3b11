// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tracec bench: eager and compiled runs in turn, so that both meet the same machine.
#include "runtime/base/Files.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/ThreadPool.h"
#include "tools/tracec/Commands.h"
#include "tools/tracec/Compiled.h"
#include "tools/tracec/TraceFile.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <iostream>

namespace tracec {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

constexpr std::size_t least_runs = 10;
constexpr std::chrono::milliseconds enough = std::chrono::milliseconds(500);

double time_us(const std::function<void()> &body) {
  const auto begin = Clock::now();
  body();
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

struct Times {
  std::vector<double> eager, compiled;
};

Times measure(std::uint32_t runs, const std::function<void()> &eager,
              const std::function<void()> &compiled) {
  Times times;
  const auto begin = Clock::now();
  const auto finished = [&] {
    const std::size_t done = times.eager.size();
    return runs ? done >= runs : done >= least_runs && Clock::now() - begin >= enough;
  };
  while (!finished()) {
    // Who goes first alternates: the second finds the inputs in the cache.
    const bool eager_first = times.eager.size() % 2 == 0;
    if (eager_first)
      times.eager.push_back(time_us(eager));
    times.compiled.push_back(time_us(compiled));
    if (!eager_first)
      times.eager.push_back(time_us(eager));
  }
  return times;
}

Json summary(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  return {{"min_us", times.front()}, {"median_us", times[times.size() / 2]}};
}

Json bench_one(const Request &request, const jit::Graph &graph) {
  const jit::GraphInputs inputs = make_inputs(request, graph);
  const std::vector<jit::Tensor> expected = run_eager(request, graph, inputs);
  const CompiledTrace compiled(request, graph);
  const Comparison comparison = compare(graph, expected, compiled.run(inputs));

  Json row{{"trace", graph.name},
           {"ops", graph.ops.size()},
           {"isa", jit::active_isa() == jit::Isa::v4 ? "v4" : "v3"},
           {"threads", jit::thread_count()},
           {"kernels_before", compiled.info().kernels_before},
           {"kernels_after", compiled.info().kernels_after},
           {"code_bytes", compiled.info().code_bytes},
           {"arena_bytes", compiled.info().arena_bytes},
           {"compile_ms", compiled.info().compile_ms},
           {"outputs_equal", comparison.equal}};
  if (!comparison.equal) {
    row["outputs"] = comparison.lines;
    return row;
  }
  const Times times = measure(
      request.runs, [&] { run_eager(request, graph, inputs); }, [&] { compiled.run(inputs); });
  row["runs"] = times.eager.size();
  row["eager"] = summary(times.eager);
  row["compiled"] = summary(times.compiled);
  const double eager_us = row["eager"]["median_us"], compiled_us = row["compiled"]["median_us"];
  row["speedup"] = eager_us / compiled_us;
  row["break_even_calls"] = nullptr;
  if (eager_us > compiled_us)
    row["break_even_calls"] = static_cast<std::int64_t>(
        std::ceil(compiled.info().compile_ms * 1000 / (eager_us - compiled_us)));
  return row;
}

std::string line(const char *format, auto... values) {
  std::array<char, 200> buffer;
  std::snprintf(buffer.data(), buffer.size(), format, values...);
  return buffer.data();
}

std::string text_of(const Json &row) {
  std::string text = line(
      "%d ops, %d kernels before fusion and %d after; isa %s, %d threads; compiled in %.2f ms\n",
      row["ops"].get<int>(), row["kernels_before"].get<int>(), row["kernels_after"].get<int>(),
      row["isa"].get<std::string>().c_str(), row["threads"].get<int>(),
      row["compile_ms"].get<double>());
  if (!row["outputs_equal"]) {
    for (const std::string output : row["outputs"])
      text += output + "\n";
    return text + "the outputs differ: nothing was timed\n";
  }
  for (const char *way : {"eager", "compiled"})
    text += line("%-9s min %10.2f us, median %10.2f us of %d runs\n", way,
                 row[way]["min_us"].get<double>(), row[way]["median_us"].get<double>(),
                 row["runs"].get<int>());
  text += line("speed-up  %.2f, outputs equal\n", row["speedup"].get<double>());
  if (row["break_even_calls"].is_null())
    return text + "break even: never\n";
  return text + line("break even after %lld calls\n", row["break_even_calls"].get<long long>());
}

void write_json(const std::string &path, const Json &rows) {
  const std::string text = rows.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
  if (path == "-") {
    std::cout << text;
    return;
  }
  const std::span<const std::byte> bytes = std::as_bytes(std::span(text));
  if (const auto message = jit::write_file(path, {&bytes, 1}))
    throw Exit(ExitCode::input, "tracec: error: " + *message);
}

} // namespace

ExitCode bench(const Request &request) {
  const std::vector<jit::Graph> graphs = read_traces(request);
  Json rows = Json::array();
  bool equal = true;
  for (std::size_t k = 0; k < graphs.size(); ++k) {
    rows.push_back(bench_one(request, graphs[k]));
    equal &= rows.back()["outputs_equal"].get<bool>();
    if (request.json != "-")
      std::cout << heading(graphs, k) << text_of(rows.back()) << std::flush;
  }
  if (!request.json.empty())
    write_json(request.json, rows);
  return equal ? ExitCode::ok : ExitCode::comparison;
}

} // namespace tracec
