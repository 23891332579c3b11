// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Suite: runs cases and collects their rows. Each case is a function in a file of its theme.
#pragma once

#include "bench/suite/Limits.h"
#include "bench/suite/Table.h"
#include "bench/suite/Workload.h"

#include <algorithm>
#include <map>

namespace bench {

struct Settings {
  bool quick = false; ///< tiny sizes and few rounds: shows that rows come out, not how fast
  bool pin = false;   ///< the theme policy: on one processor
  int busy = 0;       ///< the theme policy: beside so many processes that compute
  std::string only;   ///< run cases whose theme contains this
  std::string json;
};

inline constexpr int thread_counts[] = {1, 2};

class Suite {
public:
  explicit Suite(const Settings &settings) : settings(settings) {}

  const Settings settings;
  std::vector<Row> rows;

  /// Compares outputs, then times both sides in turns. Fills everything but target and met.
  Row compare(const Workload &workload, const Work &work, int threads, const std::string &unit);
  void add(Row row, const std::string &target, bool met);
  /// The row about the worst ratio of all that was compared.
  void add_worst();

  Rates &rates(int threads) { return best_rates[threads]; }
  /// Cycles of the core in so many seconds.
  double cycles(double seconds) { return seconds * rates(1).clock; }
  /// The least seconds of one call of `body`, over rounds of many calls.
  template <class F> double least(F body, int repeats);

private:
  std::map<int, Rates> best_rates;
  double worst_ratio = 1e9, worst_again = 1e9;
  std::string worst_name, rejected;
};

template <class F> double Suite::least(F body, int repeats) {
  double best = 1e9;
  for (int round = 0; round < (settings.quick ? 2 : 40); ++round) {
    const double begin = now(1);
    for (int i = 0; i < repeats; ++i)
      body();
    best = std::min(best, (now(1) - begin) / repeats);
  }
  return best;
}

void tiny_ops(Suite &suite);
void compile_latency(Suite &suite);
void streams(Suite &suite);
void rows_of_matrices(Suite &suite);
void contractions(Suite &suite);
void training_step(Suite &suite);
void pool(Suite &suite);
void ops(Suite &suite);
/// In bench/policy; only when it is asked for, for it takes long.
void policy(Suite &suite);

} // namespace bench
