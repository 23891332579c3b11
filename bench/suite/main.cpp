// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// tracejit-bench: compiled against eager and against the limits of the machine, in one run.
#include "bench/policy/Child.h"
#include "bench/suite/Suite.h"

#include "runtime/base/Options.h"

#include <tracejit/compiler.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

static constexpr const char *usage = R"(usage: tracejit-bench [OPTION]...
  --json FILE    also write one object per row
  --only WORD    only themes whose name contains WORD:
                 tiny latency streams rows contractions training pool ops; only when
                 asked for: policy, each of its measures in a process of its own,
                 or policy/GROUP of streams changing first-run
                 compile-time locals training memory exit
  --quick        tiny sizes, few rounds: checks outputs, says nothing about speed
  --busy N       policy beside N processes at nice 5 that compute all the time
  --pin          policy on one processor
TRACEJIT applies: trial=off shows compiled code that a trial would reject.
)";

static bool read_settings(int count, char **words, bench::Settings &settings) {
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--quick")
      settings.quick = true;
    else if (word == "--pin")
      settings.pin = true;
    else if (word == "--busy" && i + 1 < count)
      settings.busy = std::atoi(words[++i]);
    else if (word == "--json" && i + 1 < count)
      settings.json = words[++i];
    else if (word == "--only" && i + 1 < count)
      settings.only = words[++i];
    else
      return false;
  }
  return true;
}

int main(int count, char **words) {
  if (count > 2 && std::strcmp(words[1], "--child") == 0)
    return bench::be_child({words + 2, words + count});
  bench::Settings settings;
  if (!read_settings(count, words, settings)) {
    std::fputs(usage, stderr);
    return 2;
  }
  // Cases follow each other faster than programs would.
  jit::mutable_options().budget = false;
  jit::mutable_options().cache = "off"; // what compiling takes is measured
  if (!jit::enable_compiler())
    return 1;

  bench::Suite suite(settings);
  if (!settings.only.starts_with("policy"))
    bench::print_header();
  using Theme = std::pair<const char *, void (*)(bench::Suite &)>;
  for (const auto &[name, run] :
       {Theme("tiny", bench::tiny_ops), Theme("latency", bench::compile_latency),
        Theme("streams", bench::streams), Theme("rows", bench::rows_of_matrices),
        Theme("contractions", bench::contractions), Theme("training", bench::training_step),
        Theme("pool", bench::pool), Theme("ops", bench::ops)})
    if (std::strstr(name, settings.only.c_str()))
      run(suite);
  if (settings.only.starts_with("policy"))
    bench::policy(suite);
  suite.add_worst();

  if (suite.rows.empty()) {
    std::fprintf(stderr, "no theme's name contains %s\n", settings.only.c_str());
    return 2;
  }
  bool equal = true;
  for (const bench::Row &row : suite.rows)
    equal &= row.outputs_equal;
  if (!settings.json.empty() && !bench::write_json(suite.rows, settings.json)) {
    std::fprintf(stderr, "cannot write %s\n", settings.json.c_str());
    return 1;
  }
  std::printf("%s\n", equal ? "all outputs equal bit for bit" : "OUTPUTS DIFFER");
  return equal ? 0 : 3;
}
