// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The ways of running one program: eager, recorded, compiled, on other threads, interrupted.
#include "test/fuzz/Check.h"
#include "runtime/base/Options.h"
#include "runtime/jit/Anchor.h"
#include "runtime/kernels/KernelCall.h"
#include "runtime/kernels/ThreadPool.h"
#include "runtime/policy/Reasons.h"
#include "test/fuzz/Run.h"

#include <algorithm>
#include <sstream>
#include <thread>
#include <unordered_set>

namespace jit::fuzz {
namespace {

/// The calls of a program: the first three alike, so that their path gets hot, then anything.
Call draw_call(const Program &program, int number) {
  Random random(program.seed * 131 + static_cast<std::uint64_t>(number));
  Call call;
  call.seed = random.bits();
  call.held = program.held;
  call.held.resize(program.values);
  if (program.setting.steady || number < 3 || number + 1 == program.calls)
    return call;
  if (random.percent(50))
    call.flags = random.bits();
  if (random.percent(25))
    for (std::size_t v = 0; v < call.held.size(); ++v)
      call.held[v] = random.percent(30);
  const auto steps = static_cast<std::int64_t>(program.steps.size());
  if (random.percent(15) && steps > 0)
    call.throw_at = static_cast<int>(random.below(steps));
  if (random.percent(25))
    call.flush_every = static_cast<int>(random.between(1, steps + 1));
  call.split_aliases = random.percent(30);
  call.relaid = random.percent(15);
  call.bad_index = random.percent(5);
  call.on_thread = random.percent(15);
  return call;
}

template <class F> void guarded(Outcome &outcome, F f) {
  try {
    f();
  } catch (const HostException &) {
    outcome.add("host exception", Value(DType::boolean, {}));
  } catch (const std::exception &error) {
    outcome.error = error.what();
  }
}

Outcome run_eagerly(const Program &program, const Call &call, State &state, bool interpret) {
  Run run(program, call, state, interpret);
  guarded(run.outcome, [&] { run.body(); });
  run.look_at_the_rest();
  return std::move(run.outcome);
}

/// Values of an earlier call: later calls must leave them as they are.
struct Kept {
  std::vector<Tensor> tensors;
  std::vector<Value> values;

  void keep(const std::vector<Tensor> &from) {
    tensors = from;
    std::erase_if(tensors, [](const Tensor &tensor) { return tensor.empty(); });
    values.clear();
    for (const Tensor &tensor : tensors)
      values.push_back(read(tensor, std::source_location::current()));
  }
  std::string changed() const {
    for (std::size_t i = 0; i < tensors.size(); ++i)
      if (std::string text =
              conformance::difference(values[i], read(tensors[i], std::source_location::current()));
          !text.empty())
        return "a result of the call before has changed: " + text;
    return "";
  }
};

/// Under 10 % of the elements.
bool few_distinct(const Value &value) {
  const std::size_t size = itemsize(value.dtype), elements = value.bytes.size() / size;
  std::unordered_set<std::string_view> seen;
  for (std::size_t i = 0; i < elements; ++i) {
    seen.emplace(reinterpret_cast<const char *>(value.bytes.data()) + i * size, size);
    if (10 * seen.size() >= elements)
      return false;
  }
  return true;
}

class Checker {
public:
  Checker(const Program &program, Counts &counts)
      : program(program), counts(counts),
        traced(trace(+[](Run &run) { run.body(); }, {unique_name(program)})),
        eager_state(make_state(program)), traced_state(make_traced_state()) {}

  std::string check() {
    apply(program.setting);
    std::string failure;
    for (int number = 0; number < program.calls && failure.empty(); ++number) {
      failure = check_call(number, draw_call(program, number));
      if (!failure.empty())
        failure = "call " + std::to_string(number) + ": " + failure;
    }
    if (program.setting.every_position && failure.empty())
      failure = check_positions();
    set_mode(Mode::off);
    mutable_options().flush_every = 0;
    mutable_options().disable.clear();
    mutable_options().schedule = {};
    count();
    if (failure.empty() && mode_check_differences() > 0)
      failure = "mode check saw a difference";
    if (failure.empty())
      failure = refused;
    counts.passed += failure.empty() && ran && !weak();
    return failure;
  }
  std::string trace_text() const {
    std::ostringstream text;
    save_trace(text, name);
    return text.str();
  }

private:
  std::string unique_name(const Program &from) {
    static int serial = 0;
    return name = "fuzz-" + std::to_string(from.seed) + "-" + std::to_string(serial++);
  }

  static void apply(const Setting &setting) {
    mutable_options().disable = setting.disabled;
    mutable_options().schedule = setting.schedule;
    mutable_options().turns = setting.turns;
    mutable_options().defer = setting.defer_now ? DeferChoice::now : DeferChoice::on;
    force_thread_count(setting.threads);
    set_active_isa(setting.isa);
  }

  /// Where the tensors of the traced side lie.
  Device device() const { return program.setting.on_device ? cuda() : Device{}; }

  State make_traced_state() const {
    const DeviceScope there(device());
    return make_state(program);
  }

  Outcome run_traced(const Call &call, State &state, Kept *kept) {
    const DeviceScope there(device());
    Run run(program, call, state);
    const auto work = [&] {
      const DeviceScope same(device());
      guarded(run.outcome, [&] { traced(run); });
    };
    if (call.on_thread)
      std::thread(work).join();
    else
      work();
    run.look_at_the_rest();
    if (kept)
      kept->keep(run.values);
    return std::move(run.outcome);
  }

  /// A flush behind every op in turn.
  std::string check_positions() {
    const auto ops = std::ranges::count(program.steps, StepKind::op, &Step::kind);
    for (int position = 1; position <= std::min<std::int64_t>(ops, 64); ++position) {
      Call call = draw_call(program, 0);
      call.seed += static_cast<std::uint64_t>(position);
      call.flush_every = position;
      if (std::string failure = check_call(program.calls + position, call); !failure.empty())
        return "flush behind op " + std::to_string(position) + ": " + failure;
    }
    return "";
  }

  std::string check_call(int number, const Call &call) {
    if (const std::vector<int> &list = program.setting.thread_list; !list.empty())
      force_thread_count(list[static_cast<std::size_t>(number) % list.size()]);
    set_mode(Mode::off);
    const Outcome expected =
        run_eagerly(program, call, eager_state, program.setting.interpret && number == 0);
    if (!expected.error.empty() && !call.bad_index)
      return "eager: " + expected.error;
    set_mode(program.setting.check ? Mode::check : Mode::on);
    mutable_options().flush_every = call.flush_every;
    Kept now;
    const Outcome got = run_traced(call, traced_state, &now);
    mutable_options().flush_every = 0;
    ++counts.calls;
    counts.flushes += call.flush_every > 0;
    weigh(expected);
    if (!wait_compiled())
      return "the compile queue does not get empty";
    if (std::string text = difference(expected, got); !text.empty())
      return text;
    if (std::string text = kept.changed(); !text.empty())
      return text;
    kept = std::move(now);
    if (program.setting.two_at_once && number > 3)
      return check_two(number);
    return "";
  }

  /// Two calls at the same time, each with Variables of its own.
  std::string check_two(int number) {
    std::string failures[2];
    Outcome expected[2];
    Call calls[2];
    set_mode(Mode::off);
    for (int k = 0; k < 2; ++k) {
      calls[k] = draw_call(program, number);
      calls[k].flush_every = 0;
      calls[k].on_thread = false;
      calls[k].seed += static_cast<std::uint64_t>(k);
      State state = make_state(program);
      expected[k] = run_eagerly(program, calls[k], state, false);
    }
    set_mode(program.setting.check ? Mode::check : Mode::on);
    std::thread threads[2];
    for (int k = 0; k < 2; ++k)
      threads[k] = std::thread([&, k] {
        for (int i = 0; i < 3 && failures[k].empty(); ++i) {
          State state = make_traced_state();
          failures[k] = difference(expected[k], run_traced(calls[k], state, nullptr));
        }
      });
    for (std::thread &thread : threads)
      thread.join();
    if (!wait_compiled())
      return "the compile queue does not get empty";
    return failures[0].empty() ? failures[1].empty() ? "" : "second thread: " + failures[1]
                               : "first thread: " + failures[0];
  }

  std::uint64_t mode_check_differences() const {
    std::uint64_t sum = 0;
    for (const Trace *trace = Trace::all(); trace; trace = trace->next)
      if (trace->name == name)
        for (Anchor *anchor = trace->anchors.load(); anchor; anchor = anchor->next) {
          const std::lock_guard guard(anchor->known.lock);
          for (const std::shared_ptr<Path> &path : anchor->known.paths())
            sum += path->differences.load();
        }
    return sum;
  }

  /// How much the equality of these values says.
  void weigh(const Outcome &seen) {
    for (const Value &value : seen.values)
      if (value.size() >= 10) {
        ++comparisons;
        weak_comparisons += few_distinct(value);
      }
  }

  bool weak() const { return comparisons > 0 && comparisons == weak_comparisons; }

  void count() {
    ++counts.programs;
    counts.comparisons += comparisons;
    counts.weak_comparisons += weak_comparisons;
    counts.weak_programs += weak();
    std::uint64_t hits = 0, replays = 0;
    bool reason = false;
    for (const TraceReport &report : traced.explain()) {
      hits += report.hits;
      replays += report.replays;
      counts.swaps += report.state == "active";
      counts.kernels_before += report.kernels_before;
      counts.kernels_after += report.kernels_after;
      for (const auto &[exit, times] : report.exits)
        counts.exits[exit] += times;
      if (!report.reject_reason.empty()) {
        ++counts.rejects[report.reject_reason.substr(0, 160)];
        reason = true;
        if (report.reject_reason.starts_with(jit::name(RejectReason::compile_failed)))
          refused = report.reject_reason;
      }
    }
    for (const Step &step : program.steps)
      if (step.kind == StepKind::op) {
        ++counts.ops;
        ++counts.per_op[std::string(info(step.op).name)];
      } else if (step.kind == StepKind::gradient) {
        ++counts.gradients;
      }
    counts.hits += hits;
    counts.replays += replays;
    // In mode check every run of a compiled program counts as a replay.
    ran = hits > 0 || (program.setting.check && replays > 0);
    // A value that another thread reads in the middle of every run ends every run there.
    if (!ran && !reason && std::ranges::any_of(program.steps, [](const Step &step) {
          return step.kind == StepKind::hand_over;
        })) {
      ++counts.rejects["handed over in the middle of every run"];
      reason = true;
    }
    reason |= program.setting.turns > 0; // some op of every run may have left it
    counts.not_run += !ran;
    counts.unexplained += !ran && !reason;
    if (!ran && !reason)
      counts.unexplained_seeds.push_back(program.seed);
  }

  const Program &program;
  Counts &counts;
  std::string name;
  Traced<void (*)(Run &)> traced;
  State eager_state, traced_state;
  Kept kept;
  bool ran = false;    ///< compiled
  std::string refused; ///< why the compiler could not compile a path
  std::uint64_t comparisons = 0, weak_comparisons = 0;
};

} // namespace

std::string check(const Program &program, Counts &counts, std::string *trace_text) {
  Checker checker(program, counts);
  std::string failure = checker.check();
  counts.differences += !failure.empty();
  if (trace_text)
    *trace_text = checker.trace_text();
  return failure;
}

} // namespace jit::fuzz
