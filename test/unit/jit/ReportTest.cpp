// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// jit::report: what is printed for given numbers, that text and JSON agree, and reports of programs
// that run.
#include "test/unit/jit/Contradictions.h"
#include "test/unit/jit/LifeCycle.h"

#include <tracejit/report.h>

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>

namespace jit {
namespace {

using test::hooks, test::program_ns;

std::string text_of(const Report &report) {
  std::ostringstream stream;
  stream << report;
  return stream.str();
}

/// All numbers in a text, those of "1,234" and in names as well.
std::set<std::string> numbers_in(std::string text) {
  text = std::regex_replace(text, std::regex("([0-9]),(?=[0-9]{3})"), "$1");
  std::set<std::string> found;
  const std::regex number("[0-9]+(\\.[0-9]+)?(e[-+]?[0-9]+)?");
  for (std::sregex_iterator i(text.begin(), text.end(), number), end; i != end; ++i)
    found.insert(i->str());
  return found;
}

void expect_same_numbers(const Report &report) {
  const std::string text = text_of(report), json = to_json(report);
  const std::set<std::string> told = numbers_in(text), kept = numbers_in(json);
  EXPECT_FALSE(told.empty());
  for (const std::string &number : told)
    EXPECT_TRUE(kept.contains(number)) << number << " of\n" << text << "is not in\n" << json;
}

Report example() {
  Report report;
  report.mode = "on";
  report.compiler = "ready";
  PathSummary good;
  good.id = 2;
  good.state = "active";
  good.ops = 707;
  good.kernels = 85;
  good.compiled = 1440;
  good.eager = 12;
  good.speedup = 2.3;
  good.low = 2.2;
  good.high = 2.5;
  good.pairs = 12;
  good.saved_ms = 84;
  good.apart = {
      {"grid_sync", 43, 1234567, "matmul p5.cpp:61", "add p5.cpp:61", 2, 1048576, 41, 185991, ""}};
  good.stored = {"p5.cpp:31", 20000000, 4096, {"exp p5.cpp:26", "log p5.cpp:27 2x"}, 3};
  PathSummary loser;
  loser.id = 3;
  loser.state = "rejected";
  loser.reason = "no_gain";
  loser.why = "the compiled program was not faster";
  loser.advice = "larger tensors";
  loser.ops = 1;
  loser.eager = 1;
  loser.compiled = 24;
  loser.speedup = 1.01;
  loser.low = 0.98;
  loser.high = 1.03;
  loser.pairs = 48;
  loser.retry_after = 640;
  PathSummary shapes;
  shapes.id = 4;
  shapes.count = 16;
  shapes.types = {"f32[1,64]", "f32[2,64]", "f32[3,64]"};
  shapes.state = "watching";
  shapes.reason = "seen_once";
  shapes.why = "it has not come up often enough yet";
  shapes.ops = 75;
  shapes.eager = 17;
  shapes.lost_us = 5.32;
  PathSummary gone;
  gone.id = 1;
  gone.state = "watching";
  gone.reason = "seen_once";
  gone.count = 2;
  gone.met_of_late = false;
  gone.eager = 3;
  StartSummary start{
      "p5.cpp:124", "serving", 0, 1500, 1464, 20, 1, 5.32, {shapes, good, loser, gone}};
  StartSummary rests{"p5.cpp:131", "resting", 999, 1472, 10, 1, 0, 0, {}};
  StartSummary never{"p5.cpp:140", "cold", 0, 0, 0, 0, 0, 0, {}};
  TraceSummary trace;
  trace.id = 1;
  trace.name = "train";
  trace.at = "p5.cpp:17";
  trace.calls = 1472;
  trace.compiled_percent = 98;
  trace.speedup = 2.1;
  trace.saved_ms = 84;
  trace.compile_ms = 31;
  trace.loss = {"p5.cpp:124", "16 shapes run eagerly (seen_once)", 5.32, 0, "pad shapes"};
  trace.start_count = 3;
  trace.starts = {start, rests, never};
  report.traces = {trace};
  return report;
}

TEST(ReportText, IsALineForEachThing) {
  EXPECT_EQ(
      text_of(example()),
      "mode on, compiler ready\n"
      "train at p5.cpp:17: 1,472 calls, 98 % compiled, 2.1x as fast, saved 84 ms, compiling 31 ms. "
      "Largest loss: p5.cpp:124, 5.32 us a call: 16 shapes run eagerly (seen_once). Do: pad "
      "shapes\n"
      "  p5.cpp:124 serving: 1,500 runs, 1,464 compiled, 1 path forgotten\n"
      "    16 shapes of f32[1,64], f32[2,64], f32[3,64], ... watching: 75 ops, 17 runs eager, "
      "loses "
      "5.32 us a call; eager now, seen_once: it has not come up often enough yet\n"
      "    path 2 active: 707 ops in 85 kernels, 1,440 runs compiled, 12 runs eager, 2.3x as fast "
      "[2.2 .. 2.5] in 12 pairs, saved 84 ms\n"
      "      apart 43x grid_sync, 1,234,567 bytes between them: matmul p5.cpp:61 into add "
      "p5.cpp:61 "
      "2x, 1,048,576 bytes; 41 others\n"
      "      stored because alive at p5.cpp:31: 20,000,000 bytes (exp p5.cpp:26, log p5.cpp:27 2x, "
      "3 "
      "others); in the last run nobody held 4,096 bytes of them\n"
      "    path 3 rejected: 1 op, 24 runs compiled, 1 run eager, 1.01x as fast [0.98 .. 1.03] in "
      "48 "
      "pairs, looked at again after 640 runs; eager now, no_gain: the compiled program was not "
      "faster. Do: larger tensors\n"
      "    2 paths watching: 3 runs eager, not met of late\n"
      "  p5.cpp:131 resting: 1,472 runs, 10 compiled, 999 more runs eager\n");
}

TEST(ReportText, IsTheSameInJson) { expect_same_numbers(example()); }

TEST(ReportText, CutsLongLists) {
  Report report = example();
  TraceSummary &trace = report.traces[0];
  trace.starts.resize(1);
  trace.starts[0].paths.assign(100, trace.starts[0].paths[2]);
  for (std::uint32_t i = 0; i < 100; ++i)
    trace.starts[0].paths[i].id = i;
  trace.starts[0].path_count = 100;
  trace.starts.resize(200, trace.starts[0]);
  trace.start_count = 200;
  const std::string text = text_of(report);
  EXPECT_LE(std::ranges::count(text, '\n'), 120);
  EXPECT_NE(text.find("100 paths of which some are not listed"), std::string::npos);
  EXPECT_NE(text.find("200 starting points, of which some are not listed"), std::string::npos);
  expect_same_numbers(report);
  trace.starts.resize(1);
  trace.starts[0].paths.assign(5, trace.starts[0].paths[0]);
  EXPECT_NE(text_of(report).find(" (5 times)\n"), std::string::npos) << text_of(report);
}

TEST(ReportJson, EscapesWhatJsonDoesNotAllow) {
  Report report;
  report.compiler_message = "a \"b\" \\ \n \x01 \xc3\xa9 \xff \xed\xa0\x80 \xe2\x82";
  const std::string json = to_json(report);
  EXPECT_NE(json.find(R"("a \"b\" \\ \u000a \u0001 é \ufffd \ufffd\ufffd\ufffd \ufffd\ufffd")"),
            std::string::npos)
      << json;
}

TEST(ReportJson, EmptyIsAnObject) {
  EXPECT_EQ(to_json(Report()),
            "{\"version\":1,\"mode\":\"\",\"compiler\":\"\",\"compiler_message\":\"\","
            "\"paused\":false,\"busy_starts\":0,\"traces\":[]}\n");
}

// Live ----------------------------------------------------------------------------------------

struct LiveReport : test::LifeCycle {
  static TraceSummary of(const std::string &name) {
    const Report all = report();
    expect_same_numbers(all);
    for (const TraceSummary &trace : all.traces) {
      for (const StartSummary &start : trace.starts)
        test::expect_no_contradiction(start);
      if (trace.name == name)
        return trace;
    }
    ADD_FAILURE() << "no trace " << name;
    return {};
  }
};

TEST_F(LiveReport, TellsWinnersLosersAndTheirNumbers) {
  program_ns[5] = 700'000; // its ops take 500,000
  program_ns[9] = 750'000; // of 900,000
  const auto body = [](const Tensor &t, bool loser) {
    return loser ? chain(t + 1.0, 4) : chain(t, 9);
  };
  auto f = trace(body, {"told"});
  calls(200, [&](int i) { f(x, i % 2); });
  const TraceSummary told = of("told");
  EXPECT_EQ(told.calls, 200u);
  ASSERT_EQ(told.starts.size(), 1u);
  EXPECT_EQ(told.starts[0].state, "serving");
  EXPECT_EQ(told.starts[0].runs, 200u);
  ASSERT_EQ(told.starts[0].paths.size(), 2u);
  const bool first_won = told.starts[0].paths[0].state == "active";
  const PathSummary &won = told.starts[0].paths[!first_won],
                    &lost = told.starts[0].paths[first_won];
  EXPECT_EQ(won.state, "active");
  EXPECT_EQ(won.ops, 9u);
  EXPECT_NEAR(won.speedup, 1.2, 0.01);
  EXPECT_GE(won.pairs, 12u);
  EXPECT_LT(told.speedup, 1.2);
  EXPECT_GT(told.speedup, 1);
  EXPECT_NEAR(won.eager_us, 900, 20);
  EXPECT_NEAR(won.saved_ms, 0.15 * static_cast<double>(won.compiled), 1);
  EXPECT_EQ(lost.state, "rejected");
  EXPECT_EQ(lost.reason, "no_gain");
  EXPECT_GE(lost.pairs, 6u);
  EXPECT_LT(lost.speedup, 1);
  EXPECT_GT(lost.retry_after, 800u);
  EXPECT_LE(lost.retry_after, 1000u);
  EXPECT_EQ(lost.lost_us, 0) << "nothing is lost by not running it";
  EXPECT_EQ(told.starts[0].compiled, won.compiled + lost.compiled);
  EXPECT_EQ(told.compiled_percent, (won.compiled + lost.compiled) / 2);
}

TEST_F(LiveReport, EveryStateOnTheWay) {
  auto f = trace([](const Tensor &t) { return chain(t, 6); }, {"on the way"});
  const auto now = [] {
    const TraceSummary trace = of("on the way");
    return trace.starts.at(0).state + " " + trace.starts[0].paths.at(0).state + " " +
           trace.starts[0].paths[0].reason;
  };
  f(x);
  EXPECT_EQ(now(), "cold watching seen_once");
  pause_compiling();
  f(x);
  f(x);
  EXPECT_EQ(now(), "waiting queued paused");
  EXPECT_GT(of("on the way").starts[0].paths[0].lost_us, 0);
  EXPECT_EQ(of("on the way").loss.advice, "jit::resume_compiling()");
  hooks().delay_ms = 1000; // longer than a look takes with a sanitizer on a busy machine
  resume_compiling();
  for (std::string state = now(); state != "waiting compiling compiling"; state = now())
    ASSERT_EQ(state, "waiting queued queued");
  hooks().delay_ms = 0;
  ASSERT_TRUE(wait_compiled());
  EXPECT_EQ(now(), "serving trial ");
  calls(20, [&](int) { f(x); });
  EXPECT_EQ(now(), "serving active ");
  set_mode(Mode::check);
  EXPECT_EQ(now(), "serving ready mode");
  set_mode(Mode::on);
  Anchor &anchor = *Trace::all()->anchors.load();
  for (std::uint64_t i = 0; i < 2 * AnchorState::window; ++i) {
    anchor.state.debit(100'000'000);
    anchor.state.pass_ended(1000);
  }
  EXPECT_EQ(now(), "resting ready resting");
  calls(30, [&](int) { f(x); });
  EXPECT_GT(of("on the way").starts[0].lost_us, 100) << "also by runs that were not looked at";
  f.reset();
  const StartSummary start = of("on the way").starts.at(0);
  EXPECT_EQ(start.state, "cold");
  EXPECT_EQ(start.forgotten_paths, 1u);
  EXPECT_GE(start.compiled, 15u) << "what was, was";
}

TEST_F(LiveReport, ShapesAreToldTogether) {
  mutable_options().trial = false;
  auto f = trace([](const Tensor &t) { return exp(t) * 2.0; }, {.name = "shapes", .max_paths = 4});
  calls(5 * 10, [&](int i) { f(ones({8 + i % 10})); });
  const TraceSummary trace = of("shapes");
  std::uint64_t active = 0, waiting = 0;
  ASSERT_EQ(trace.starts.at(0).paths.size(), 2u);
  for (const PathSummary &path : trace.starts[0].paths) {
    (path.state == "active" ? active : waiting) += path.count;
    EXPECT_EQ(path.types.size(), 3u);
    EXPECT_EQ(path.reason, path.state == "active" ? "" : "evicted");
  }
  EXPECT_EQ(active, 4u);
  EXPECT_EQ(waiting, 6u);
  EXPECT_NE(trace.loss.what.find("6 shapes run eagerly (evicted)"), std::string::npos);
  EXPECT_EQ(trace.loss.advice, "a larger TraceOptions::max_paths");
}

TEST_F(LiveReport, StoredValuesNameTheLineOfTheRead) {
  mutable_options().trial = false;
  auto f = trace(
      [](const Tensor &t) {
        const Tensor a = t * 2.0, b = a + 1.0;
        const float s = sum(b).item<float>();
        return a * b * s;
      },
      {"stored"});
  const Tensor big = ones({2048});
  calls(8, [&](int) { f(big); });
  const TraceSummary trace = of("stored");
  const auto start = std::ranges::find_if(
      trace.starts, [](const StartSummary &s) { return s.paths.at(0).stored.bytes > 0; });
  ASSERT_NE(start, trace.starts.end());
  const StoredSummary &stored = start->paths[0].stored;
  EXPECT_EQ(stored.bytes, 2u * 8192 + 4);
  EXPECT_EQ(stored.values.size(), 3u);
  EXPECT_TRUE(stored.at.starts_with("ReportTest.cpp:")) << stored.at;
  EXPECT_EQ(trace.loss.at, stored.at);
  EXPECT_EQ(trace.loss.bytes, stored.bytes);
  EXPECT_EQ(trace.start_count, 2u);
}

TEST_F(LiveReport, ValuesThatNobodyNeedsAreToldApart) {
  mutable_options().trial = false;
  auto f = trace(
      [](const Tensor &t) {
        const Tensor a = t * 2.0, b = a + 1.0;
        return sum(b).item<float>();
      },
      {"not needed"});
  const Tensor big = ones({2048});
  calls(30, [&](int) { f(big); });
  const TraceSummary trace = of("not needed");
  const StoredSummary &stored = trace.starts.at(0).paths.at(0).stored;
  EXPECT_EQ(stored.deferred_values, 2u);
  EXPECT_EQ(stored.deferred_bytes, 2u * 8192);
  EXPECT_EQ(stored.bytes, 4u);
  std::ostringstream text;
  text << report();
  EXPECT_NE(
      text.str().find("not stored, for want of need, 2 values of 16,384 bytes, computed after "
                      "all in 0 runs"),
      std::string::npos)
      << text.str();
}

TEST_F(LiveReport, RunsForWantOfAStoredValueAreALoss) {
  mutable_options().trial = false;
  std::vector<Tensor> held;
  bool hold = false;
  auto f = trace(
      [&](const Tensor &t) {
        const Tensor y = t + 1.0, z = y * 2.0;
        if (hold)
          held.push_back(y);
        return z * 3.0;
      },
      {"unstored"});
  calls(4, [&](int) { f(x); });
  hooks().refuse = true;
  hold = true;
  calls(20, [&](int) { f(x); });
  hooks().refuse = false;
  const TraceSummary trace = of("unstored");
  EXPECT_EQ(trace.starts.at(0).paths.at(0).unstored, 20u);
  EXPECT_GT(trace.starts[0].paths[0].lost_us, 0);
  EXPECT_EQ(trace.loss.advice, "hold the same values in every call");
}

TEST_F(LiveReport, PathsThatNeverCameBackAreOneLine) {
  mutable_options().trial = false;
  auto f = trace([](const Tensor &t, int ops) { return chain(t, ops); }, {"never back"});
  for (int ops = 10; ops < 14; ++ops)
    f(ones({ops}), ops);
  for (int i = 0; i < 64 * 30; ++i)
    f(x, 2);
  const TraceSummary trace = of("never back");
  const std::vector<PathSummary> &paths = trace.starts.at(0).paths;
  ASSERT_EQ(paths.size(), 2u);
  EXPECT_EQ(paths[0].ops, 2u);
  EXPECT_EQ(paths[1].count, 4u);
  EXPECT_FALSE(paths[1].met_of_late);
  EXPECT_EQ(paths[1].lost_us, 0);
}

} // namespace
} // namespace jit
