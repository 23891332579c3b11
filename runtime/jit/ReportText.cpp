// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The text of jit::report. Every number in it is a field, as it is.
#include "runtime/base/FormatNumber.h"
#include "runtime/jit/Snapshot.h"

#include <algorithm>
#include <ostream>

namespace jit {
namespace {

constexpr std::size_t most_starts = 12, most_paths = 8, most_reasons = 3;

/// 12,345.
std::string number(std::uint64_t value) {
  std::string text = std::to_string(value);
  for (std::size_t at = text.size(); at > 3;)
    text.insert(at -= 3, ",");
  return text;
}
std::string number(double value) { return format_number(value); }

/// "3 runs", "1 run".
std::string count(std::uint64_t value, std::string what) {
  return number(value) + " " + what + (value == 1 ? "" : "s");
}

/// Several phrases: "a, b, c".
class Phrases {
public:
  void add(const std::string &phrase) {
    if (!phrase.empty())
      text += (text.empty() ? "" : ", ") + phrase;
  }
  void add_if(bool wanted, const std::string &phrase) { add(wanted ? phrase : ""); }
  std::string text;
};

std::string todo(const std::string &advice) { return advice.empty() ? "" : ". Do: " + advice; }

std::string loss_text(const LossSummary &loss) {
  if (loss.what.empty())
    return "";
  const std::string size =
      loss.us > 0 ? number(loss.us) + " us a call" : count(loss.bytes, "byte") + " a run";
  return ". Largest loss: " + loss.at + ", " + size + ": " + loss.what + todo(loss.advice);
}

std::string trace_line(const TraceSummary &trace) {
  Phrases line;
  line.add(count(trace.calls, "call"));
  line.add(number(trace.compiled_percent) + " % compiled");
  line.add_if(trace.speedup > 0, number(trace.speedup) + "x as fast");
  line.add_if(trace.saved_ms != 0, "saved " + number(trace.saved_ms) + " ms");
  line.add_if(trace.compile_ms > 0, "compiling " + number(trace.compile_ms) + " ms");
  const std::string name =
      trace.name.empty() ? "trace " + number(std::uint64_t{trace.id}) : trace.name;
  return name + " at " + trace.at + ": " + line.text + loss_text(trace.loss) + "\n";
}

std::string who(const PathSummary &path) {
  if (path.count == 1)
    return "path " + number(std::uint64_t{path.id});
  if (!path.met_of_late)
    return number(path.count) + " paths";
  std::string text = number(path.count) + " shapes";
  for (std::size_t i = 0; i < path.types.size(); ++i)
    text += (i ? ", " : " of ") + path.types[i];
  return text + (path.types.size() > 0 && path.types.size() < path.count ? ", ..." : "");
}

std::string measured(const PathSummary &path) {
  if (path.speedup == 0)
    return "";
  std::string text = number(path.speedup) + "x as fast";
  if (path.pairs)
    text +=
        " [" + number(path.low) + " .. " + number(path.high) + "] in " + count(path.pairs, "pair");
  return text;
}

std::string path_line(const PathSummary &path) {
  Phrases line;
  line.add_if(path.met_of_late || path.count == 1,
              count(path.ops, "op") +
                  (path.kernels ? " in " + count(path.kernels, "kernel") : std::string()));
  line.add_if(path.compiled, count(path.compiled, "run") + " compiled");
  line.add_if(path.eager, count(path.eager, "run") + " eager");
  line.add_if(path.replayed, count(path.replayed, "run") + " op by op");
  line.add_if(path.unstored,
              number(path.unstored) + " of them since values were alive that no program stores");
  line.add_if(!path.met_of_late, "not met of late");
  line.add(measured(path));
  line.add_if(path.saved_ms != 0, "saved " + number(path.saved_ms) + " ms");
  line.add_if(path.lost_us > 0, "loses " + number(path.lost_us) + " us a call");
  line.add_if(path.waiting_ms > 0, "waits since " + number(path.waiting_ms) + " ms");
  line.add_if(path.retry_after, "looked at again after " + count(path.retry_after, "run"));
  std::string text = "    " + who(path) + " " + path.state + ": " + line.text;
  if (!path.reason.empty() && path.met_of_late)
    text += "; eager now, " + path.reason + ": " + path.why +
            (path.detail.empty() ? "" : " (" + path.detail + ")") + todo(path.advice);
  return text + "\n";
}

std::string apart_line(const ApartSummary &apart) {
  std::string text = "      apart " + number(apart.pairs) + "x " + apart.reason + ", " +
                     count(apart.bytes, "byte") + " between them: " + apart.producer + " into " +
                     apart.consumer;
  if (apart.equal_pairs > 1)
    text += " " + number(apart.equal_pairs) + "x";
  if (apart.other_pairs)
    text += ", " + count(apart.equal_bytes, "byte") + "; " + count(apart.other_pairs, "other");
  return text + todo(apart.advice) + "\n";
}

std::string stored_line(const StoredSummary &stored) {
  Phrases values;
  for (const std::string &value : stored.values)
    values.add(value);
  values.add_if(stored.other_values, count(stored.other_values, "other"));
  std::string text = "      stored because alive at " + stored.at + ": " +
                     count(stored.bytes, "byte") + " (" + values.text + ")";
  if (stored.deferred_values)
    text += "; not stored, for want of need, " + count(stored.deferred_values, "value") + " of " +
            count(stored.deferred_bytes, "byte") + ", computed after all in " +
            count(stored.computed_later, "run");
  if (stored.unused_bytes)
    text += "; in the last run nobody held " + count(stored.unused_bytes, "byte") + " of them";
  return text + "\n";
}

/// Lines of equal text are one, with their number.
std::string counted(const std::vector<std::string> &lines) {
  std::string text;
  for (std::size_t i = 0; i < lines.size();) {
    const auto end = std::find_if(lines.begin() + static_cast<std::ptrdiff_t>(i), lines.end(),
                                  [&](const std::string &line) { return line != lines[i]; });
    const auto equal = static_cast<std::size_t>(end - lines.begin()) - i;
    text += lines[i];
    if (equal > 1)
      text.insert(text.size() - 1, " (" + std::to_string(equal) + " times)");
    i += equal;
  }
  return text;
}

std::string start_text(const StartSummary &start) {
  if (start.runs == 0)
    return "";
  Phrases line;
  line.add(count(start.runs, "run") + ", " + number(start.compiled) + " compiled");
  line.add_if(start.rest_left, count(start.rest_left, "more run") + " eager");
  line.add_if(start.forgotten_paths, count(start.forgotten_paths, "path") + " forgotten");
  line.add_if(start.paths.size() > most_paths,
              count(start.path_count, "path") + " of which some are not listed");
  std::string text = "  " + start.at + " " + start.state + ": " + line.text + "\n";
  std::vector<std::string> lines;
  for (std::size_t i = 0; i < std::min(start.paths.size(), most_paths); ++i) {
    const PathSummary &path = start.paths[i];
    lines.push_back(path_line(path));
    for (std::size_t k = 0; k < std::min(path.apart.size(), most_reasons); ++k)
      lines.push_back(apart_line(path.apart[k]));
    if (path.stored.bytes || path.stored.deferred_values)
      lines.push_back(stored_line(path.stored));
  }
  return text + counted(lines);
}

std::string trace_text(const TraceSummary &trace) {
  std::string text = trace_line(trace);
  for (std::size_t i = 0; i < std::min(trace.starts.size(), most_starts); ++i)
    text += start_text(trace.starts[i]);
  if (trace.starts.size() > most_starts)
    text += "  " + count(trace.start_count, "starting point") + ", of which some are not listed\n";
  return text;
}

} // namespace

std::string to_text(const Report &report) {
  std::string text = "mode " + report.mode + ", compiler " + report.compiler +
                     (report.compiler_message.empty() ? "" : " (" + report.compiler_message + ")") +
                     (report.paused ? ", compiling is paused" : "") + "\n";
  for (const TraceSummary &trace : report.traces)
    text += trace_text(trace);
  if (report.busy_starts)
    text += count(report.busy_starts, "starting point") + " left out: other threads changed them\n";
  return text;
}

std::ostream &operator<<(std::ostream &stream, const Report &report) {
  return stream << to_text(report);
}

} // namespace jit
