// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "bench/suite/Table.h"

#include <cstdio>
#include <fstream>

namespace bench {

static std::string number(const std::optional<double> &value, const char *format,
                          const char *missing) {
  if (!value)
    return missing;
  char text[32];
  std::snprintf(text, sizeof(text), format, *value);
  return text;
}

void print_header() {
  std::printf("%-38s %3s %-9s %10s %10s %7s %6s  %-30s %s\n", "case", "thr", "unit", "eager",
              "compiled", "ratio", "limit", "target", "met");
}

void print(const Row &row) {
  std::printf("%-38s %3d %-9s %10s %10s %7s %6s  %-30s %-4s%s%s%s\n", row.name.c_str(), row.threads,
              row.unit.c_str(), number(row.eager, "%.4g", "-").c_str(),
              number(row.compiled, "%.4g", "-").c_str(), number(row.ratio, "%.2f", "-").c_str(),
              number(row.limit_fraction, "%.2f", "-").c_str(), row.target.c_str(),
              row.met ? (*row.met ? "yes" : "NO") : "-", row.outputs_equal ? "" : " BITS DIFFER",
              row.note.empty() ? "" : " ", row.note.c_str());
  std::fflush(stdout);
}

/// Names and notes are ours; only quotes and backslashes need care.
static std::string quoted(const std::string &text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string to_json(const Row &row) {
  const auto value = [](const std::optional<double> &x) { return number(x, "%.6g", "null"); };
  return "{\"case\": " + quoted(row.name) + ", \"threads\": " + std::to_string(row.threads) +
         ", \"unit\": " + quoted(row.unit) + ", \"eager\": " + value(row.eager) +
         ", \"compiled\": " + value(row.compiled) + ", \"ratio\": " + value(row.ratio) +
         ", \"limit_fraction\": " + value(row.limit_fraction) +
         ", \"target\": " + quoted(row.target) +
         ", \"met\": " + (row.met ? (*row.met ? "true" : "false") : "null") +
         ", \"outputs_equal\": " + (row.outputs_equal ? "true" : "false") +
         ", \"note\": " + quoted(row.note) + "}";
}

bool write_json(const std::vector<Row> &rows, const std::string &path) {
  std::ofstream file(path);
  file << "[\n";
  for (std::size_t i = 0; i < rows.size(); ++i)
    file << "  " << to_json(rows[i]) << (i + 1 < rows.size() ? ",\n" : "\n");
  file << "]\n";
  return static_cast<bool>(file.flush());
}

} // namespace bench
