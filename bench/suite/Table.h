// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The rows of the benchmark: what is printed and written as JSON.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace bench {

struct Row {
  std::string name;
  int threads = 1;
  std::string unit;
  std::optional<double> eager, compiled; ///< in `unit`, the least of all rounds
  std::optional<double> ratio;           ///< eager / compiled unless the name says otherwise
  std::optional<double> limit_fraction;  ///< limit / compiled
  std::string target;
  std::optional<bool> met; ///< nothing for a row that only informs
  bool outputs_equal = true;
  std::string note;
};

void print_header();
void print(const Row &row);
std::string to_json(const Row &row);
/// False if the file could not be written.
bool write_json(const std::vector<Row> &rows, const std::string &path);

} // namespace bench
