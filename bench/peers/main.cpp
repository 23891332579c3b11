// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// peer-tracejit: our side of a comparison, and what the driver needs beside it.
#include "bench/peers/Computation.h"
#include "bench/suite/Limits.h"

#include <tracejit/compiler.h>
#include <tracejit/io.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <stdexcept>

namespace peers {

using namespace jit;

static const Computation &find(const std::string &name) {
  static const std::vector<Computation> all = [] {
    std::vector<Computation> list;
    for (const auto &group : {elementwise(), matrix_rows(), products(), encoder(), training()})
      list.insert(list.end(), group.begin(), group.end());
    return list;
  }();
  for (const Computation &computation : all)
    if (computation.name == name)
      return computation;
  throw std::runtime_error("no computation is called " + name);
}

/// The first path that is not active, with its reason; else active.
static std::string state_of(const std::vector<TraceReport> &paths) {
  for (const TraceReport &path : paths)
    if (path.state != "active")
      return path.state + " " + path.reject_reason.substr(0, path.reject_reason.find(':'));
  return paths.empty() ? "not recorded" : "active";
}

static std::vector<Tensor> outputs_of(const std::function<Outputs()> &call, const Body &body) {
  constexpr int steps = 3; // of what has a state; all sides make as many
  if (body.reset)
    body.reset();
  std::vector<Tensor> all;
  for (int i = 0; i < (body.reset ? steps : 1); ++i)
    for (const Tensor &output : call())
      if (!output.empty())
        all.push_back(output.contiguous());
  if (body.change)
    for (const Tensor &change : body.change())
      all.push_back(change.contiguous());
  return all;
}

/// What compiled code keeps for its temporaries is alive before the call, and counts.
static std::int64_t transient_bytes(const std::function<Outputs()> &call) {
  reset_memory_peak();
  const MemoryStats before = memory_stats();
  call();
  return memory_stats().peak_live_bytes - (before.live_bytes - before.arena_bytes);
}

static Served served_by(std::function<Outputs()> call, const Body &body, std::string facts) {
  return {[call](std::int64_t repeats) {
            for (; repeats > 0; --repeats)
              call();
          },
          [call, body] { return outputs_of(call, body); }, std::move(facts), 0,
          [call] { return transient_bytes(call); }};
}

static Served prepare(const Job &job) {
  set_thread_count(job.threads);
  const Body body = find(job.computation).body(job.load_inputs(), job.sizes);
  if (job.setting == "eager")
    return served_by(body.call, body, "eager");
  if (!enable_compiler())
    throw std::runtime_error(compiler_status().message);
  auto traced = jit::trace(body.call, {.name = job.computation});
  constexpr int patience = 400; // calls
  for (int i = 0; i < patience; ++i) {
    traced();
    if (i >= 8 && wait_compiled(std::chrono::minutes(1), Until::judged))
      break;
  }
  const std::vector<TraceReport> paths = traced.explain();
  Served served = served_by(traced, body, state_of(paths));
  for (const TraceReport &path : paths)
    served.compile_seconds += path.compile_ms / 1e3;
  return served;
}

static int write_inputs(const std::string &name, const std::string &sizes,
                        const std::filesystem::path &folder) {
  for (const auto &[input, value] : find(name).inputs(parse_sizes(sizes)))
    save(folder / (input + ".npy"), value);
  return 0;
}

static double norm(const Tensor &x) {
  return std::sqrt(sum(square(x), {.dtype = DType::f64}).item<double>());
}

/// Prints the norm of the difference relative to the norm of the first; inf where shapes differ.
static int compare(const char *expected_file, const char *file) {
  const Tensor expected = load(expected_file).astype(DType::f64);
  const Tensor found = load(file).astype(DType::f64);
  double error = INFINITY;
  if (std::ranges::equal(expected.shape(), found.shape()))
    error = norm(found - expected) / std::max(norm(expected), 1e-300);
  std::cout << error << "\n";
  return 0;
}

/// The rates of the machine as they are now, on request: bytes or operations a second.
static int serve_limits(int threads, bool quick) {
  bench::Work all;
  all.nt_bytes = all.add_bytes = all.read_bytes = all.cached_bytes = all.cached_read_bytes =
      all.flops = 1;
  std::cout << "ready 0 limits" << std::endl;
  for (std::string line; std::getline(std::cin, line) && line != "quit";) {
    bench::Rates rates;
    bench::refresh(rates, all, threads, quick);
    std::cout << "copy=" << rates.nt_copy << " add=" << rates.add << " read=" << rates.read
              << " cached=" << rates.cached << " cached_read=" << rates.cached_read
              << " flops=" << rates.flops << std::endl;
  }
  return 0;
}

} // namespace peers

static constexpr const char *usage = R"(usage:
  peer-tracejit inputs COMPUTATION SIZES FOLDER    writes the inputs as .npy files
  peer-tracejit compare FILE FILE                  prints the error of the second relative to the first
  peer-tracejit limits THREADS [quick]             measures the machine for each line on stdin
  peer-tracejit COMPUTATION SIZES THREADS FOLDER eager|compiled
                                                   runs on request: see bench/peers/Serve.h
)";

int main(int count, char **words) {
  const std::string command = count > 1 ? words[1] : "";
  try {
    if (command == "inputs" && count == 5)
      return peers::write_inputs(words[2], words[3], words[4]);
    if (command == "compare" && count == 4)
      return peers::compare(words[2], words[3]);
    if (command == "limits" && count >= 3)
      return peers::serve_limits(std::stoi(words[2]), count > 3);
    if (count == 6)
      return peers::serve(count, words, peers::prepare);
  } catch (const std::exception &problem) {
    std::cerr << "peer-tracejit: " << problem.what() << "\n";
    return 1;
  }
  std::fputs(usage, stderr);
  return 2;
}
