// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// jit::report as JSON: one list of fields for each struct.
#include "runtime/base/FormatNumber.h"
#include "runtime/base/JsonText.h"

#include <tracejit/report.h>

#include <algorithm>
#include <concepts>
#include <string_view>

namespace jit {
namespace {

template <class F> void fields(const ApartSummary &apart, F f) {
  f("reason", apart.reason);
  f("pairs", apart.pairs);
  f("bytes", apart.bytes);
  f("producer", apart.producer);
  f("consumer", apart.consumer);
  f("equal_pairs", apart.equal_pairs);
  f("equal_bytes", apart.equal_bytes);
  f("other_pairs", apart.other_pairs);
  f("other_bytes", apart.other_bytes);
  f("advice", apart.advice);
}

template <class F> void fields(const StoredSummary &stored, F f) {
  f("at", stored.at);
  f("bytes", stored.bytes);
  f("unused_bytes", stored.unused_bytes);
  f("values", stored.values);
  f("other_values", stored.other_values);
  f("deferred_values", stored.deferred_values);
  f("deferred_bytes", stored.deferred_bytes);
  f("computed_later", stored.computed_later);
}

template <class F> void fields(const PathSummary &path, F f) {
  f("id", path.id);
  f("count", path.count);
  f("met_of_late", path.met_of_late);
  f("types", path.types);
  f("state", path.state);
  f("reason", path.reason);
  f("why", path.why);
  f("detail", path.detail);
  f("advice", path.advice);
  f("ops", path.ops);
  f("compiled", path.compiled);
  f("eager", path.eager);
  f("replayed", path.replayed);
  f("unstored", path.unstored);
  f("speedup", path.speedup);
  f("low", path.low);
  f("high", path.high);
  f("pairs", path.pairs);
  f("retry_after", path.retry_after);
  f("waiting_ms", path.waiting_ms);
  f("eager_us", path.eager_us);
  f("saved_ms", path.saved_ms);
  f("lost_us", path.lost_us);
  f("compile_ms", path.compile_ms);
  f("kernels_before", path.kernels_before);
  f("kernels", path.kernels);
  f("code_bytes", path.code_bytes);
  f("arena_bytes", path.arena_bytes);
  f("apart", path.apart);
  f("stored", path.stored);
}

template <class F> void fields(const StartSummary &start, F f) {
  f("at", start.at);
  f("state", start.state);
  f("rest_left", start.rest_left);
  f("runs", start.runs);
  f("compiled", start.compiled);
  f("path_count", start.path_count);
  f("forgotten_paths", start.forgotten_paths);
  f("lost_us", start.lost_us);
  f("paths", start.paths);
}

template <class F> void fields(const LossSummary &loss, F f) {
  f("at", loss.at);
  f("what", loss.what);
  f("us", loss.us);
  f("bytes", loss.bytes);
  f("advice", loss.advice);
}

template <class F> void fields(const TraceSummary &trace, F f) {
  f("id", trace.id);
  f("name", trace.name);
  f("at", trace.at);
  f("calls", trace.calls);
  f("compiled_percent", trace.compiled_percent);
  f("speedup", trace.speedup);
  f("saved_ms", trace.saved_ms);
  f("compile_ms", trace.compile_ms);
  f("loss", trace.loss);
  f("start_count", trace.start_count);
  f("starts", trace.starts);
}

template <class F> void fields(const Report &report, F f) {
  f("version", report.version);
  f("mode", report.mode);
  f("compiler", report.compiler);
  f("compiler_message", report.compiler_message);
  f("paused", report.paused);
  f("busy_starts", report.busy_starts);
  f("traces", report.traces);
}

template <class T> std::string json(const T &value);

template <class T> std::string json_list(const std::vector<T> &list) {
  std::string text;
  for (const T &item : list)
    text += (text.empty() ? "" : ",") + json(item);
  return '[' + text + ']';
}

template <class T> std::string json_object(const T &object) {
  std::string text;
  fields(object, [&](const char *name, const auto &value) {
    text += (text.empty() ? "\"" : ",\"") + std::string(name) + "\":" + json(value);
  });
  return '{' + text + '}';
}

template <class T> std::string json(const T &value) {
  if constexpr (std::same_as<T, bool>)
    return value ? "true" : "false";
  else if constexpr (std::same_as<T, std::string>)
    return json_quoted(value);
  else if constexpr (std::same_as<T, double>)
    return format_number(value); // finite
  else if constexpr (std::integral<T>)
    return std::to_string(value);
  else if constexpr (requires { value.begin(); })
    return json_list(value);
  else
    return json_object(value);
}

} // namespace

std::string to_json(const Report &report) { return json(report) + "\n"; }

} // namespace jit
