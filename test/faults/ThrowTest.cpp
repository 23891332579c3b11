// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// An exception at every op of a traced function: thrown by the host before the op, by an op with a
// bad operand, by one with a bad index. While the function is new, while its program is being
// compiled, and when it runs compiled. Everything the host can see is what an eager run leaves, and
// afterwards compiled code runs.
#include "test/faults/Compilers.h"
#include "test/faults/Stride.h"
#include "test/unit/jit/CompiledTest.h"

namespace jit::faults {
namespace {

using test::ramp;
using test::same_bits;

enum class Throw : std::uint8_t { host, bad_operand, bad_index };
struct HostError : std::runtime_error {
  HostError() : std::runtime_error("the host") {}
};

/// Goes off at the n-th op.
struct Bomb {
  static constexpr int never = -1;
  int at = never;
  Throw kind{};
  int ops = 0;

  void operator()(const Tensor &value) {
    if (ops++ != at)
      return;
    if (kind == Throw::host)
      throw HostError();
    if (kind == Throw::bad_operand)
      matmul(value, zeros({97, 3}));
    else
      take(reshape(value, {-1}), Tensor::copy_of({std::int64_t{1} << 40}, {1}));
    ADD_FAILURE() << "a bad op was taken";
  }
};

/// All that a run changes.
struct World {
  Variable early{reshape(ramp(12, 0.1f), {3, 4})}, late{ramp(4)};
  std::vector<Tensor> kept;

  /// Assigns one Variable near the beginning and one near the end.
  Tensor run(const Tensor &x, Bomb &bomb) {
    const auto op = [&](Tensor value) {
      bomb(value);
      return value;
    };
    Tape tape;
    bomb(x);
    Tensor y = op(exp(x * 0.5));
    early = op(y + early.value() * 0.25);
    Tensor z = op(matmul(permute_dims(early.value(), {1, 0}), y));
    kept.push_back(z);
    z = op(softmax(z));
    if (op(sum(z)).item<float>() < 0)
      return z;
    z = op(z(slice(1, 4), slice(0, 2)));
    const Tensor loss = op(mean(square(z - early.value()(slice(0, 3), slice(0, 2)))));
    const Tensor gradient = tape.gradient(loss, {early})[0];
    late = op(late.value() - sum(gradient, {.axis = 0}) * 0.1);
    kept.push_back(op(tanh(loss)));
    return op(loss * 2.0);
  }
};

void expect_same(const World &eager, const World &traced) {
  EXPECT_TRUE(same_bits(eager.early, traced.early));
  EXPECT_TRUE(same_bits(eager.late, traced.late));
  ASSERT_EQ(eager.kept.size(), traced.kept.size());
  for (std::size_t i = 0; i < eager.kept.size(); ++i)
    EXPECT_TRUE(same_bits(eager.kept[i], traced.kept[i])) << i;
}

/// The result, or what was thrown.
struct Outcome {
  Tensor result;
  std::string error;
};
template <class F> Outcome outcome_of(F &&f) {
  try {
    return {f(), ""};
  } catch (const Error &error) {
    return {{}, error.what()};
  } catch (const HostError &error) {
    return {{}, error.what()};
  }
}

class ThrowTest : public testing::Test {
protected:
  void SetUp() override {
    plug_in_compiler();
    set_mode(Mode::on);
  }

  /// One call of both sides with the same bomb.
  template <class F> void call(F &traced, World &eager, World &world, Bomb bomb) {
    const Tensor x = reshape(ramp(12, 0.05f * static_cast<float>(++calls % 7)), {3, 4});
    Bomb same = bomb;
    const Outcome expected =
        test::plainly([&] { return outcome_of([&] { return eager.run(x, same); }); });
    const Outcome got = outcome_of([&] { return traced(world, x, bomb); });
    EXPECT_EQ(expected.error, got.error);
    EXPECT_EQ(expected.error.empty(), bomb.at == Bomb::never);
    if (expected.error.empty())
      EXPECT_TRUE(same_bits(expected.result, got.result));
    expect_same(eager, world);
  }

  /// How many ops a run has.
  static int op_count() {
    return test::plainly([] {
      World world;
      Bomb none;
      world.run(reshape(ramp(12), {3, 4}), none);
      return none.ops;
    });
  }

  /// For every op and every way to throw: `body(traced, eager world, world, bomb)`.
  template <class Body> void for_each_bomb(const std::string &phase, Body body) {
    const int ops = op_count();
    EXPECT_GT(ops, 10);
    for (const Throw kind : {Throw::host, Throw::bad_operand, Throw::bad_index})
      for (int at = static_cast<int>(first_of(stride())); at < ops;
           at += static_cast<int>(stride())) {
        const std::string name =
            phase + " " + std::to_string(at) + " " + std::to_string(static_cast<int>(kind));
        SCOPED_TRACE(name);
        World eager, world;
        auto traced =
            trace([](World &w, const Tensor &x, Bomb &bomb) { return w.run(x, bomb); }, {name});
        body(traced, eager, world, Bomb{at, kind});
        expect_compiled(traced, eager, world);
        if (HasFailure())
          return;
      }
  }

  template <class F> void expect_compiled(F &traced, World &eager, World &world) {
    const std::uint64_t before = test::hits(traced);
    for (int i = 0; i < 8 && test::hits(traced) < before + 4; ++i) {
      call(traced, eager, world, {});
      ASSERT_TRUE(wait_compiled());
    }
    EXPECT_GE(test::hits(traced), before + 4); // two segments a call
  }

private:
  int calls = 0;
};

TEST_F(ThrowTest, WhileItIsNew) {
  for (const int calls_before : {0, 1})
    for_each_bomb("new " + std::to_string(calls_before),
                  [&](auto &traced, World &eager, World &world, const Bomb &bomb) {
                    for (int i = 0; i < calls_before; ++i)
                      call(traced, eager, world, {});
                    call(traced, eager, world, bomb);
                  });
}

TEST_F(ThrowTest, WhileItIsCompiled) {
  for_each_bomb("compiling", [&](auto &traced, World &eager, World &world, const Bomb &bomb) {
    hold_compilations(true);
    for (int i = 0; i < 2; ++i)
      call(traced, eager, world, {});
    bool under_way = false;
    for (const TraceReport &report : traced.explain())
      under_way |= report.state == "queued" || report.state == "compiling";
    EXPECT_TRUE(under_way);
    call(traced, eager, world, bomb);
    hold_compilations(false);
    call(traced, eager, world, bomb);
  });
}

TEST_F(ThrowTest, WhenItRunsCompiled) {
  for_each_bomb("hot", [&](auto &traced, World &eager, World &world, const Bomb &bomb) {
    expect_compiled(traced, eager, world);
    for (int i = 0; i < 3; ++i) // once more than it takes to make a path of it
      call(traced, eager, world, bomb);
    ASSERT_TRUE(wait_compiled());
    call(traced, eager, world, bomb);
  });
}

} // namespace
} // namespace jit::faults
