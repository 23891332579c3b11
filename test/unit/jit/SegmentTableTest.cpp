// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Every cell of the table event x activity: what a thread does after the event, and how the segment
// ended, whatever it was used for before.
#include "test/unit/jit/InterpretingCompiler.h"

#include "runtime/base/Options.h"
#include "runtime/jit/Segment.h"
#include "runtime/trace/Recorder.h"

#include <tracejit/tracejit.h>

#include <algorithm>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <thread>

namespace jit {
namespace {

using test::hooks;

constexpr std::int64_t size = 2048;

std::string name_of(Activity activity) {
  switch (activity) {
  case Activity::none:
    return "none";
  case Activity::armed:
    return "armed";
  case Activity::matching:
    return "matching";
  case Activity::recording:
    return "recording";
  case Activity::following:
    return "following";
  }
  return "?";
}

struct Values {
  Tensor x;     ///< ready
  Tensor y;     ///< made in this segment, unless the thread is armed; then ready
  Tensor index; ///< i64, ready
};

/// An event inside a traced call.
using Event = void (*)(Values &values);

struct Row {
  const char *name;
  Event usual; ///< what the known path does instead, so that it is known; may be the event itself
  Event event;
  /// Afterwards, by the activity before: armed, matching, recording, following. Where the event
  /// begins a segment, what that is for.
  const char *armed, *matching, *recording, *following;
  const char *exit; ///< how a matched segment ended; null: it goes on
};

void nothing(Values &) {}
void op_of_the_path(Values &v) { v.y = v.y + 1.0; }
void other_op(Values &v) { v.y = v.y - 1.0; }
void read_own(Values &v) { static_cast<void>(sum(v.y).item<float>()); }
void read_ready(Values &v) { static_cast<void>(v.x.to_vector<float>()); }
void unknown_index(Values &v) {
  // In range, but nobody can know before it is computed.
  const Tensor places = v.index * v.index;
  v.y = take(v.y, places, 0);
}
void needed_elsewhere(Values &v) {
  std::thread([&] { static_cast<void>(v.y.to_vector<float>()); }).join();
  v.y = v.y + 1.0;
}
void too_many_operands(Values &v) { v.y = sum(concat(std::vector<Tensor>(300, v.x)) * 1.0) + v.x; }
void invalid_op(Values &v) { EXPECT_THROW(static_cast<void>(v.y + v.index), Error); }
void change_mode_here(Values &) { set_mode(Mode::on); }
void run_all(Values &) { synchronize(); }
const Row rows[] = {
    {"op that a path goes on with", op_of_the_path, op_of_the_path, "matching", "matching",
     "recording", "following", nullptr},
    {"op that no path goes on with", op_of_the_path, other_op, "recording", "recording",
     "recording", "following", "mismatch"},
    {"read of a value of the segment", read_own, read_own, "armed", "armed", "armed", "armed",
     "observe"},
    {"read of another value", op_of_the_path, read_ready, "armed", "matching", "recording",
     "following", nullptr},
    {"index that is not known", unknown_index, unknown_index, "matching", "matching", "recording",
     "following", "boundary"},
    {"value needed by another thread", op_of_the_path, needed_elsewhere, "matching", "following",
     "recording", "following", "foreign"},
    {"op that cannot be traced", op_of_the_path, too_many_operands, "following", "following",
     "following", "following", "mismatch"},
    {"invalid op", op_of_the_path, invalid_op, "matching", "matching", "recording", "following",
     nullptr},
    {"mode change", op_of_the_path, change_mode_here, "following", "following", "following",
     "following", "mode_change"},
    {"synchronize", op_of_the_path, run_all, "following", "following", "following", "following",
     "observe"},
    {"nothing", op_of_the_path, nothing, "armed", "matching", "recording", "following", nullptr},
};

class SegmentTable : public testing::TestWithParam<Row> {
protected:
  void SetUp() override { test::plug_in_interpreter(); }

  /// Calls a trace until its first segment is used as wanted, then once with the event.
  void walk(Activity wanted, const std::string &expected, const char *exit) {
    const Row &row = GetParam();
    const bool armed = wanted == Activity::armed;
    bool now = false;
    Activity before{}, after{}, at_end{};
    const Tensor x = ones({size}), index = ones({3}).astype(DType::i64);
    auto f = trace(
        [&] {
          Values values{x, x, index};
          if (!armed)
            values.y = x * 2.0;
          before = thread_trace.activity;
          (now ? row.event : row.usual)(values);
          after = thread_trace.activity;
          values.y = values.y * 0.5; // where nothing has begun yet, this does
          at_end = thread_trace.activity;
          return values.y;
        },
        {std::string(row.name) + ", " + name_of(wanted)});
    hooks().refuse = wanted == Activity::following;
    const int calls = wanted == Activity::recording ? 1 : 12;
    for (int i = 0; i < calls; ++i) {
      now = i + 1 == calls;
      if (now && exit)
        exits_before = exits_of(f);
      f();
      ASSERT_TRUE(wait_compiled());
    }
    EXPECT_EQ(name_of(before), name_of(wanted));
    EXPECT_EQ(name_of(after), expected);
    EXPECT_NE(at_end, Activity::none);
    EXPECT_NE(at_end, Activity::armed);
    EXPECT_EQ(thread_trace.activity, Activity::none); // the call is over
    if (wanted == Activity::matching && exit) {
      const auto exits_after = exits_of(f);
      EXPECT_GT(exits_after.at(exit), exits_before[exit]) << exit;
    }
  }

  template <class F> static std::map<std::string, std::uint64_t> exits_of(const Traced<F> &traced) {
    std::map<std::string, std::uint64_t> exits;
    for (const TraceReport &report : traced.explain())
      for (const auto &[reason, count] : report.exits)
        exits[reason] += count;
    return exits;
  }
  std::map<std::string, std::uint64_t> exits_before;
};

TEST_P(SegmentTable, WhileArmed) { walk(Activity::armed, GetParam().armed, nullptr); }
TEST_P(SegmentTable, WhileMatching) {
  walk(Activity::matching, GetParam().matching, GetParam().exit);
}
TEST_P(SegmentTable, WhileRecording) { walk(Activity::recording, GetParam().recording, nullptr); }
TEST_P(SegmentTable, WhileFollowing) { walk(Activity::following, GetParam().following, nullptr); }

INSTANTIATE_TEST_SUITE_P(Events, SegmentTable, testing::ValuesIn(rows), [](const auto &tested) {
  std::string name = tested.param.name;
  std::ranges::replace(name, ' ', '_');
  return name;
});

/// Events that need more than one call to come about.
class SegmentEvents : public testing::Test {
protected:
  void SetUp() override { test::plug_in_interpreter(); }
  template <class F> static void calls(int count, F f) {
    for (int i = 0; i < count; ++i) {
      f();
      ASSERT_TRUE(wait_compiled());
    }
  }
  const Tensor x = ones({size});
};

TEST_F(SegmentEvents, AnOpOfASettledPathEndsMatchingWithoutARecording) {
  bool other = false;
  Activity before{}, after{};
  auto f = trace(
      [&] {
        Tensor y = x * 2.0;
        before = thread_trace.activity;
        y = other ? y - 1.0 : y + 1.0;
        after = thread_trace.activity;
        return y * 0.5;
      },
      {"settled"});
  calls(8, f);
  other = hooks().refuse = true;
  calls(8, f);
  EXPECT_EQ(before, Activity::matching);
  EXPECT_EQ(after, Activity::following);
}

TEST_F(SegmentEvents, ARecordingThatGrowsTooLongIsFollowed) {
  Activity before{}, after{};
  auto f = trace(
      [&] {
        Tensor y = ones({1});
        for (std::size_t i = 0; i < Recorder::max_ops - 1; ++i)
          y = y + 1.0;
        before = thread_trace.activity;
        y = y + 1.0;
        y = y + 1.0;
        after = thread_trace.activity;
        return y;
      },
      {"too long"});
  f();
  EXPECT_EQ(before, Activity::recording);
  EXPECT_EQ(after, Activity::following);
}

TEST_F(SegmentEvents, ADeferredValueThatIsNeededEndsNothing) {
  mutable_options().defer = DeferChoice::now;
  Activity before{}, after{};
  bool waited = false;
  auto f = trace(
      [&] {
        const Tensor waits = x * 3.0;
        const float s = sum(waits + 1.0).item<float>();
        Tensor y = x * s;
        waited = test::is_pending(waits);
        before = thread_trace.activity;
        y = y + waits;
        after = thread_trace.activity;
        return y;
      },
      {"deferred"});
  calls(8, f);
  EXPECT_TRUE(waited);
  EXPECT_EQ(before, Activity::matching);
  EXPECT_EQ(after, Activity::matching);
}

TEST_F(SegmentEvents, ModeOffIsFollowedInACallAndNothingOutside) {
  Activity inside{}, later{};
  auto f = trace(
      [&] {
        Tensor y = x * 2.0;
        set_mode(Mode::off);
        inside = thread_trace.activity;
        y = y + 1.0;
        later = thread_trace.activity;
        return y;
      },
      {"off"});
  f();
  EXPECT_EQ(inside, Activity::following);
  EXPECT_EQ(later, Activity::following);
  bool traced = false;
  auto g = trace([&] { traced = thread_trace.activity != Activity::none; }, {"never"});
  g();
  EXPECT_FALSE(traced);
  set_mode(Mode::on);
}

} // namespace
} // namespace jit
