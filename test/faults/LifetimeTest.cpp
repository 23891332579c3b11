// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Ends and copies of threads and processes while values are pending and programs are compiled.
#include "runtime/tensor/Impl.h"
#include "test/faults/Compilers.h"
#include "test/unit/jit/CompiledTest.h"
#include "test/unit/jit/ForkedChild.h"

#include <future>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace jit::faults {
namespace {

using test::ramp;
using test::same_bits;

bool is_pending(const Tensor &tensor) {
  return detail::Access::impl(tensor)->where.load().state() == Where::pending;
}

/// Runs in a child process, where `body` returns whether all is well; then `end` is called.
template <class F> void expect_good_child(F body, void (*end)(int) = exit) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    alarm(30); // a child that hangs ends by a signal
    end(body() ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "status " << status;
}

class LifetimeTest : public testing::Test {
protected:
  void SetUp() override {
    plug_in_compiler();
    set_mode(Mode::on);
  }
  using Middle = std::function<void(const Tensor &)>;
  static Tensor body(const Tensor &x, const Middle &middle) {
    const Tensor y = exp(x) * 0.5;
    middle(y);
    return y + x;
  }
  /// The body as a trace that runs compiled.
  static auto compiled(const std::string &name) {
    auto f = trace(body, {name + " of a life"});
    test::repeat(4, [&](int) { f(ramp(50), Middle([](const Tensor &) {})); });
    EXPECT_GE(test::hits(f), 2u);
    return f;
  }
  const Tensor x = ramp(50);
  const Tensor first = test::plainly([&] { return exp(x) * 0.5; });
  const Tensor second = test::plainly([&] { return first + x; });
};

TEST_F(LifetimeTest, ForkWithPendingValues) {
  auto f = compiled("fork");
  const Middle look = [&](const Tensor &y) {
    ASSERT_TRUE(is_pending(y));
    expect_good_child([&] {
      // Goes on with the session as the parent does; then new calls, compiled ones and new ones.
      const Tensor here = y + x;
      auto fresh = trace([](const Tensor &t) { return tanh(t) - 1; }, {"in the child"});
      bool good = same_bits(second, here) && same_bits(first, y);
      for (int i = 0; i < 5; ++i)
        good &= same_bits(second, f(x, Middle([](const Tensor &) {}))) &&
                same_bits(test::plainly([&] { return tanh(x) - 1; }), fresh(x));
      return good && wait_compiled(std::chrono::milliseconds(1000));
    });
    EXPECT_TRUE(is_pending(y));
  };
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(same_bits(second, f(x, look)));
  EXPECT_TRUE(same_bits(second, f(x, Middle([](const Tensor &) {}))));
}

TEST_F(LifetimeTest, ForkWhileProgramsAreCompiled) {
  const auto g = [](const Tensor &t) { return sigmoid(t) * 3.0 - t; };
  auto f = trace(g, {"compiled during a fork"});
  const Tensor expected = test::plainly([&] { return g(x); });
  hold_compilations(true);
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(same_bits(expected, f(x)));
  expect_good_child([&] {
    bool good = true;
    for (int i = 0; i < 5; ++i)
      good &= static_cast<bool>(same_bits(expected, f(x)));
    return good;
  });
  hold_compilations(false);
  test::repeat(3, [&](int) { EXPECT_TRUE(same_bits(expected, f(x))); });
  EXPECT_GE(test::hits(f), 2u);
}

/// How a child ends that was forked while LLVM compiled for the first time. A shared libLLVM adds
/// exit handlers as it meets new work, and a child made within such a moment finds the C library's
/// list of them locked for good; the LLVM of a package adds none.
#ifdef SHARED_LLVM
constexpr auto end_of_child = _exit;
#else
constexpr auto end_of_child = exit;
#endif

/// Fork again and again while other threads make traces, pend values and have them compiled.
TEST_F(LifetimeTest, ForkWhileThreadsAreBusy) {
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  const auto work = [&](int seed) {
    for (int i = 0; !stop; ++i) {
      auto f = trace(body, {"busy " + std::to_string(seed + i % 40)});
      wrong += !same_bits(second, f(x, Middle([](const Tensor &) {})));
    }
  };
  std::thread one(work, 0), two(work, 20);
  for (int i = 0; i < 20; ++i)
    expect_good_child(
        [&] {
          auto f = trace(body, {"busy " + std::to_string(i)});
          auto g = trace(body, {"new in child " + std::to_string(i)});
          const Middle nothing = [](const Tensor &) {};
          bool good = true;
          for (int call = 0; call < 3; ++call)
            good &= same_bits(second, f(x, nothing)) && same_bits(second, g(x, nothing));
          return good && explain().size() > 0;
        },
        end_of_child);
  stop = true;
  one.join();
  two.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(LifetimeTest, AThreadEndsWithPendingValues) {
  auto f = compiled("thread");
  for (int i = 0; i < 10; ++i) {
    Tensor out;
    std::thread([&] {
      try {
        f(x, Middle([&](const Tensor &y) {
            out = y;
            EXPECT_TRUE(is_pending(y));
            throw 1;
          }));
      } catch (int) {
      }
    }).join();
    EXPECT_TRUE(same_bits(first, out));
  }
}

/// The scope is left by the end of the thread itself: no destructor of it runs before.
TEST_F(LifetimeTest, AThreadIsCancelledInsideATrace) {
  auto f = compiled("cancelled");
  static Tensor out;
  const Middle leave = [](const Tensor &y) {
    out = y;
    EXPECT_TRUE(is_pending(out));
    pthread_exit(nullptr); // unwinds
  };
  std::thread([&] { f(x, leave); }).join();
  EXPECT_TRUE(same_bits(first, out));
  EXPECT_TRUE(same_bits(second, f(x, Middle([](const Tensor &) {}))));
  out = Tensor();
}

TEST_F(LifetimeTest, AThreadWaitsForAPendingValueOfAnother) {
  auto f = compiled("waits");
  const std::uint64_t before = test::hits(f);
  for (int i = 0; i < 50; ++i) {
    std::promise<Tensor> promise;
    std::promise<void> read;
    std::thread reader([&] {
      const Tensor y = promise.get_future().get();
      const auto read_here = y.to_vector<float>(); // its maker waits and will not flush
      EXPECT_TRUE(same_bits(first, Tensor::copy_of(read_here, {50})));
      read.set_value();
    });
    EXPECT_TRUE(same_bits(second, f(x, Middle([&](const Tensor &y) {
                                      promise.set_value(y);
                                      read.get_future().wait();
                                    }))));
    reader.join();
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_GT(test::hits(f), before); // cut there, what comes before the wait has a program
}

/// Each of two threads needs what the other has pending, at once.
TEST_F(LifetimeTest, TwoThreadsNeedEachOther) {
  auto f = compiled("cross");
  const Tensor twice = test::plainly([&] { return first + first; });
  for (int i = 0; i < 100; ++i) {
    Tensor mine[2];
    std::atomic<int> ready{0};
    const auto side = [&](int me) {
      const Middle meet = [&](const Tensor &y) {
        mine[me] = y;
        ++ready;
        while (ready.load() < 2) {
        }
        EXPECT_TRUE(same_bits(twice, mine[1 - me] + y));
      };
      EXPECT_TRUE(same_bits(second, f(x, meet)));
    };
    std::thread other(side, 1);
    side(0);
    other.join();
  }
}

} // namespace
} // namespace jit::faults
