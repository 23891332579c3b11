// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "bench/policy/Bars.h"

#include "bench/policy/Tasks.h"

#include <cstdio>
#include <optional>

namespace bench {

void (*find_task(const std::string &name))(const Words &) {
  static const std::map<std::string, void (*)(const Words &)> tasks = {
      {"shapes", shapes_task},       {"mixed", mixed_task},
      {"phases", phases_task},       {"fresh", fresh_task},
      {"first-run", first_run_task}, {"compile-time", compile_time_task},
      {"locals", locals_task},       {"exit", exit_task},
      {"resident", resident_task},   {"training", training_task},
  };
  const auto found = tasks.find(name);
  return found == tasks.end() ? nullptr : found->second;
}

std::string short_text(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.4g", value);
  return text;
}

Bars::Bars(Suite &suite) : settings(suite.settings), suite(suite) {
  std::printf("%-52s %-14s %-14s %-7s\n", "measure", "target", "measured", "bar");
}

void Bars::add(const std::string &measure, const Bar &bar, double measured, bool good,
               const std::string &note) {
  const auto text = [&](double value) {
    return short_text(value) + (bar.unit.empty() ? "" : " " + bar.unit);
  };
  Row row;
  row.name = measure;
  row.unit = bar.unit.empty() ? "ratio" : bar.unit;
  row.target = (bar.kind == Bar::at_most ? "<= " : ">= ") + text(bar.limit);
  row.outputs_equal = good;
  row.note = note;
  if (good)
    row.compiled = measured; // different results have no figure
  row.met = good && (bar.kind == Bar::at_most ? measured <= bar.limit : measured >= bar.limit);
  std::printf("%-52s %-14s %-14s %-7s %s\n", measure.c_str(), row.target.c_str(),
              good ? text(measured).c_str() : "FAILED", *row.met ? "met" : "missed", note.c_str());
  std::fflush(stdout);
  suite.rows.push_back(std::move(row));
}

void policy(Suite &suite) {
  Bars bars(suite);
  const BusyProcesses busy(suite.settings.busy);
  if (suite.settings.pin)
    pin();
  using Group = std::pair<const char *, void (*)(Bars &)>;
  for (const auto &[name, measure] :
       {Group("policy/streams", stream_bars), Group("policy/changing", changing_stream_bars),
        Group("policy/first-run", first_run_bars), Group("policy/compile-time", compile_time_bars),
        Group("policy/locals", locals_bars), Group("policy/training", training_bars),
        Group("policy/memory", memory_bars), Group("policy/exit", exit_bars)})
    if (suite.settings.only == "policy" || suite.settings.only == name)
      measure(bars);
}

} // namespace bench
