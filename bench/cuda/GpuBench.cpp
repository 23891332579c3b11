// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Eager ops on a GPU against the compiled program, in turn, beside what copying as many bytes takes
// in the same run. Usage: gpu-bench [--divide N] [--seconds S] [--only TEXT]
//   --divide N: tensors of an N-th of the elements, for machines with less memory, and for tests
#include <tracejit/compiler.h>
#include <tracejit/tracejit.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

using jit::DType;
using jit::Tensor;

namespace {

struct Settings {
  std::int64_t divide = 1;
  double seconds = 1; ///< of a row, for each way
  std::string only;
};

/// A computation of tensors of a GPU that `make` gives.
struct Row {
  std::string name;
  std::function<std::vector<Tensor>()> make;
  std::function<Tensor(const std::vector<Tensor> &)> compute;
  double bytes;        ///< that have to move, at least
  double products = 0; ///< multiplications with their additions
};

double seconds_now() {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(since).count();
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// Seconds of one call, of as many as make the clock exact.
double time_of(const std::function<void()> &call) {
  for (int count = 1;; count *= 4) {
    jit::synchronize();
    const double begin = seconds_now();
    for (int k = 0; k < count; ++k)
      call();
    jit::synchronize();
    const double took = seconds_now() - begin;
    if (took > 0.002 || count >= 256)
      return took / count;
  }
}

bool equal_bits(const Tensor &a, const Tensor &b) {
  const auto x = a.to_vector<float>(), y = b.to_vector<float>();
  for (std::size_t k = 0; k < x.size(); ++k)
    if (std::memcmp(&x[k], &y[k], 4) != 0 && !(std::isnan(x[k]) && std::isnan(y[k])))
      return false;
  return x.size() == y.size();
}

/// Compiled, and the trial is over; or why not.
template <class Traced>
std::string warm_up(Traced &traced, const std::vector<Tensor> &tensors, double seconds) {
  const double end = seconds_now() + 20 + 10 * seconds;
  while (seconds_now() < end) {
    for (int k = 0; k < 4; ++k)
      traced(tensors);
    if (jit::wait_compiled(std::chrono::milliseconds(200), jit::Until::judged))
      break;
  }
  for (const jit::TraceReport &report : traced.explain())
    if (report.state == "active")
      return "";
  const auto reports = traced.explain();
  return reports.empty() ? "never hot" : reports[0].state + " " + reports[0].reject_reason;
}

/// Seconds that copying so many bytes, half of them read and half written, takes.
double copy_time(double bytes) {
  const auto elements = std::max<std::int64_t>(static_cast<std::int64_t>(bytes / 8), 1);
  const Tensor from = jit::ones({elements}, DType::f32).to(jit::cuda());
  double best = 1e9;
  for (int k = 0; k < 5; ++k)
    best = std::min(best, time_of([&] { const Tensor copy = from + 0.0; }));
  return best;
}

/// False: bits differ.
bool run(const Row &row, const Settings &settings) {
  const std::vector<Tensor> tensors = row.make();
  auto traced =
      jit::trace([&](const std::vector<Tensor> &t) { return row.compute(t); }, {row.name});
  const std::string why_not = warm_up(traced, tensors, settings.seconds);
  jit::set_mode(jit::Mode::off);
  const Tensor expected = row.compute(tensors);
  jit::set_mode(jit::Mode::on);
  if (!equal_bits(expected, traced(tensors))) {
    std::printf("%-28s BITS DIFFER\n", row.name.c_str());
    return false;
  }
  std::vector<double> eager, compiled, ratios;
  for (const double end = seconds_now() + 2 * settings.seconds;
       seconds_now() < end || ratios.size() < 3;) {
    jit::set_mode(jit::Mode::off);
    eager.push_back(time_of([&] { row.compute(tensors); }));
    jit::set_mode(jit::Mode::on);
    compiled.push_back(time_of([&] { traced(tensors); }));
    ratios.push_back(eager.back() / compiled.back());
  }
  const double time = median(compiled);
  std::printf("%-28s %10.1f %10.1f %7.2f %8.0f %7.2f %8.2f  %s\n", row.name.c_str(),
              1e6 * median(eager), 1e6 * time, median(ratios), row.bytes / time / 1e9,
              copy_time(row.bytes) / time, 2 * row.products / time / 1e12, why_not.c_str());
  std::fflush(stdout);
  return true;
}

/// f32 elements in [-2, 2) on the GPU.
Tensor values(std::initializer_list<std::int64_t> shape) {
  return (jit::uniform(shape, DType::f32) * 4.0 - 2.0).to(jit::cuda());
}

std::vector<Row> all_rows(std::int64_t divide) {
  const std::int64_t many = std::max<std::int64_t>((64 << 20) / divide, 64); // 256 MiB
  const auto rows_of = [&](std::int64_t rows) { return std::max<std::int64_t>(rows / divide, 2); };
  const auto side =
      static_cast<std::int64_t>(std::max(4096 / std::cbrt(static_cast<double>(divide)), 32.0));
  const auto bytes_of = [](std::int64_t elements) { return 4.0 * static_cast<double>(elements); };
  std::vector<Row> rows;
  rows.push_back({"add", [=] { return std::vector{values({many}), values({many})}; },
                  [](const auto &t) { return t[0] + t[1]; }, 3 * bytes_of(many)});
  rows.push_back(
      {"gelu(x + b) + res",
       [=] { return std::vector{values({many / 64, 64}), values({64}), values({many / 64, 64})}; },
       [](const auto &t) { return gelu(t[0] + t[1]) + t[2]; }, 3 * bytes_of(many)});
  rows.push_back({"polynomial of 8 ops", [=] { return std::vector{values({many})}; },
                  [](const auto &t) {
                    const Tensor &x = t[0];
                    return (((x * 0.1 + 0.2) * x + 0.3) * x + 0.4) * x + 0.5;
                  },
                  2 * bytes_of(many)});
  rows.push_back({"50 ops on 1 MiB", [] { return std::vector{values({256 << 10})}; },
                  [](const auto &t) {
                    Tensor y = t[0];
                    for (int k = 0; k < 25; ++k)
                      y = y * 0.99 + 0.01;
                    return y;
                  },
                  2 * bytes_of(256 << 10)});
  for (const auto &[count, length] :
       {std::pair<std::int64_t, std::int64_t>{65536, 256}, {16384, 1024}, {4096, 4096}})
    rows.push_back({"softmax " + std::to_string(length),
                    [=, count = rows_of(count), length = length] {
                      return std::vector{values({count, length})};
                    },
                    [](const auto &t) { return softmax(t[0]); },
                    2 * bytes_of(rows_of(count) * length)});
  rows.push_back(
      {"layer_norm + gelu 1024",
       [=] { return std::vector{values({rows_of(16384), 1024}), values({1024}), values({1024})}; },
       [](const auto &t) { return jit::gelu(jit::layer_norm(t[0], t[1], t[2])); },
       2 * bytes_of(rows_of(16384) * 1024)});
  rows.push_back({"sum of all", [=] { return std::vector{values({many})}; },
                  [](const auto &t) { return sum(t[0] * 2.0); }, bytes_of(many)});
  rows.push_back({"sum of the first axis",
                  [=] { return std::vector{values({many / 1024 + 1, 1024})}; },
                  [](const auto &t) { return sum(t[0] * 2.0, {.axis = {0}}); }, bytes_of(many)});
  rows.push_back(
      {"matmul + bias, gelu",
       [=] { return std::vector{values({side, side}), values({side, side}), values({side})}; },
       [](const auto &t) { return gelu(matmul(t[0], t[1]) + t[2]); }, 3 * bytes_of(side * side),
       std::pow(static_cast<double>(side), 3)});
  return rows;
}

int usage() {
  std::fputs("usage: gpu-bench [--divide N] [--seconds S] [--only TEXT]\n", stderr);
  return 2;
}

} // namespace

int main(int argc, char **argv) {
  Settings settings;
  for (int k = 1; k < argc; k += 2) {
    const std::string word = argv[k];
    const char *value = k + 1 < argc ? argv[k + 1] : "";
    if (word == "--divide" && std::atoll(value) > 0)
      settings.divide = std::atoll(value);
    else if (word == "--seconds" && std::atof(value) > 0)
      settings.seconds = std::atof(value);
    else if (word == "--only" && *value)
      settings.only = value;
    else
      return usage();
  }
  if (jit::cuda_device_count() == 0) {
    std::printf("no GPU: %s\n", jit::cuda_refusal().c_str());
    return 4;
  }
  jit::enable_compiler();
  std::printf("%-28s %10s %10s %7s %8s %7s %8s\n", "", "eager us", "compiled", "ratio", "GB/s",
              "of copy", "TFLOP/s");
  bool good = true;
  for (const Row &row : all_rows(settings.divide))
    if (row.name.find(settings.only) != std::string::npos)
      good &= run(row, settings);
  return good ? 0 : 1;
}
