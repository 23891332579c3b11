// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The programs that break other just-in-time compilers, against the real one. Each compares bits
// with mode off and asserts that compiled code ran.
#include "test/unit/jit/CompiledTest.h"

#include <filesystem>
#include <fstream>
#include <set>

namespace jit::test {
namespace {

using Footguns = CompiledTest;

TEST_F(Footguns, OutputsAreReusedAfterReplay) {
  const auto body = [](const Tensor &x) { return exp(x) * 0.5 + x; };
  auto f = trace(body, {"reused outputs"});
  std::vector<Tensor> history;
  repeat(8, [&](int i) { history.push_back(f(ramp(33, 0.1f * static_cast<float>(i)))); });
  for (int i = 0; i < 8; ++i)
    EXPECT_TRUE(same_bits(plainly([&] { return body(ramp(33, 0.1f * static_cast<float>(i))); }),
                          history[static_cast<std::size_t>(i)]));
  EXPECT_EQ(hits(f), 6u);
}

TEST_F(Footguns, AnInputIsAnOutput) {
  const auto body = [](const Tensor &x) {
    return std::pair(x(slice(1, 5)), std::pair(x, x * 2.0));
  };
  auto f = trace(body, {"input as output"});
  Tensor x = ramp(20), expected = ramp(20);
  repeat(6, [&](int) {
    auto [view, rest] = f(x);
    auto plain = plainly([&] { return body(expected); });
    EXPECT_TRUE(same_bits(plain.first, view));
    EXPECT_TRUE(same_bits(plain.second.first, rest.first));
    EXPECT_TRUE(same_bits(plain.second.second, rest.second));
    x = rest.second;
    expected = plain.second.second;
  });
  EXPECT_EQ(hits(f), 4u);
}

TEST_F(Footguns, OutputsBecomeInputsOfTheNextCall) {
  const auto body = [](const Tensor &state) { return state * 1.5 + 0.25; };
  auto f = trace(body, {"fed back"});
  Tensor state = ramp(40), expected = ramp(40), before;
  repeat(8, [&](int i) {
    before = state; // held: its block is not the program's to overwrite
    const Tensor was = plainly([&] { return before + 0.0; });
    state = i % 2 ? f(state) : f(std::move(state));
    expected = plainly([&] { return body(expected); });
    EXPECT_TRUE(same_bits(expected, state));
    EXPECT_TRUE(same_bits(was, plainly([&] { return before + 0.0; })));
  });
  EXPECT_EQ(hits(f), 6u);
}

TEST_F(Footguns, TheSameTensorTwice) {
  const auto body = [](const Tensor &a, const Tensor &b) { return a * b - b; };
  const Tensor x = ramp(19), y = ramp(19, 3);
  auto apart = trace(body, {"recorded apart"});
  repeat(3, [&](int) { apart(x, y); });
  EXPECT_TRUE(same_bits(plainly([&] { return body(x, x); }), apart(x, x)));
  EXPECT_EQ(hits(apart), 2u);
  auto same =
      trace([body](const Tensor &a, const Tensor &b) { return body(a, b); }, {"recorded the same"});
  repeat(3, [&](int) { same(x, x); });
  EXPECT_EQ(hits(same), 1u);
  EXPECT_TRUE(same_bits(plainly([&] { return body(x, y); }), same(x, y)));
  EXPECT_TRUE(same_bits(plainly([&] { return body(y, x); }), same(y, x)));
}

TEST_F(Footguns, SeveralOutputsOfOneIntermediate) {
  struct Three {
    Tensor a, b, c;
  };
  const auto body = [](const Tensor &x) {
    const Tensor shared = tanh(x) * x;
    return Three{shared + 1, sum(shared), reshape(shared, {5, 5})};
  };
  auto f = trace(body, {"one intermediate"});
  repeat(5, [&](int i) {
    const Tensor x = ramp(25, 0.3f * static_cast<float>(i));
    const Three got = f(x), plain = plainly([&] { return body(x); });
    EXPECT_TRUE(same_bits(plain.a, got.a));
    EXPECT_TRUE(same_bits(plain.b, got.b));
    EXPECT_TRUE(same_bits(plain.c, got.c));
  });
  EXPECT_EQ(hits(f), 3u);
}

TEST_F(Footguns, SliceThenRead) {
  const auto body = [](const Tensor &x) {
    const Tensor y = exp(x);
    const float second = y(1).item<float>();
    const Tensor z = y * second;
    return z(slice({}, {}, -2));
  };
  auto f = trace(body, {"slice then read"});
  repeat(6, [&](int i) {
    const Tensor x = ramp(9, 0.5f * static_cast<float>(i));
    EXPECT_TRUE(same_bits(plainly([&] { return body(x); }), f(x)));
  });
  EXPECT_EQ(hits(f), 8u); // two segments a call
}

TEST_F(Footguns, ViewsWithOtherOffsets) {
  const auto body = [](const Tensor &x, std::int64_t i) {
    return x(slice(i, i + 4)) * 2.0 + x(slice(i + 1, i + 5));
  };
  auto f = trace(body, {"offsets inside"});
  const Tensor x = ramp(30);
  repeat(8, [&](int i) {
    EXPECT_TRUE(same_bits(plainly([&] { return body(x, 2 * i); }), f(x, 2 * i)));
  });
  EXPECT_EQ(hits(f), 6u);
  const auto outside = [](const Tensor &view) { return exp(view) - 1; };
  auto g = trace(outside, {"offsets outside"});
  repeat(8, [&](int i) {
    const Tensor view = x(slice(3 * i, 3 * i + 7));
    EXPECT_TRUE(same_bits(plainly([&] { return outside(view); }), g(view)));
  });
  EXPECT_EQ(hits(g), 6u);
}

TEST_F(Footguns, ShapesChange) {
  const auto body = [](const Tensor &x) { return softmax(x * 2.0) + sum(x); };
  auto f = trace(body, {"shapes"});
  for (const std::int64_t n : {7, 7, 7, 8, 8, 8, 7, 1, 1, 1, 4099, 4099, 4099, 8}) {
    EXPECT_TRUE(same_bits(plainly([&] { return body(ramp(n)); }), f(ramp(n)))) << n;
    ASSERT_TRUE(wait_compiled());
  }
  EXPECT_GE(hits(f), 6u);
}

TEST_F(Footguns, ACapturedNumberChanges) {
  double rate = 1;
  std::int64_t step = 0;
  const auto body = [&](const Tensor &x) { return x * rate + step; };
  auto f = trace(body, {"captured number"});
  repeat(8, [&](int i) {
    rate = i % 3 ? 0.1 * i : -0.0;
    step = i * 1000003;
    EXPECT_TRUE(same_bits(plainly([&] { return body(ramp(18)); }), f(ramp(18))));
  });
  EXPECT_EQ(hits(f), 6u);
}

TEST_F(Footguns, TwoNumbersThatWereEqualOnce) {
  const auto body = [](const Tensor &x, double a, double b) { return (x + a) * (x + b); };
  auto f = trace(body, {"equal once"});
  repeat(3, [&](int) { f(ramp(18), 0.5, 0.5); });
  EXPECT_TRUE(same_bits(plainly([&] { return body(ramp(18), 0.5, 2.0); }), f(ramp(18), 0.5, 2.0)));
  EXPECT_EQ(hits(f), 2u);
}

TEST_F(Footguns, ABranchFlagChanges) {
  bool flag = false;
  const auto body = [&](const Tensor &x) {
    const Tensor y = exp(x);
    return flag ? y + 1 : y * x;
  };
  auto f = trace(body, {"branch flag"});
  repeat(14, [&](int i) {
    flag = i % 3 == 0;
    EXPECT_TRUE(same_bits(plainly([&] { return body(ramp(21)); }), f(ramp(21))));
  });
  EXPECT_EQ(f.explain().size(), 2u);
  EXPECT_GE(hits(f), 8u);
}

TEST_F(Footguns, ItemInAShape) {
  const auto body = [](const Tensor &x) {
    const auto n = sum((x > 0.0).astype(DType::i64)).item<std::int64_t>();
    return arange(0, n).astype(DType::f32) * 0.5;
  };
  auto f = trace(body, {"item in a shape"});
  repeat(12, [&](int i) {
    const Tensor x = ramp(6 + i / 4);
    EXPECT_TRUE(same_bits(plainly([&] { return body(x); }), f(x)));
  });
  EXPECT_GE(hits(f), 9u);
}

struct Layer {
  Tensor weight, bias;
  Tensor operator()(const Tensor &x) const { return relu(matmul(x, weight) + bias); }
};

TEST_F(Footguns, ATracedMethodOfTwoInstances) {
  const Layer layers[2] = {{reshape(ramp(12), {3, 4}), ramp(4)},
                           {reshape(ramp(12, -0.7f), {3, 4}), ramp(4, 2)}};
  auto call = trace([](const Layer &layer, const Tensor &x) { return layer(x); }, {"method"});
  repeat(8, [&](int i) {
    const Tensor x = reshape(ramp(6, 0.2f * static_cast<float>(i)), {2, 3});
    const Layer &layer = layers[i % 2];
    EXPECT_TRUE(same_bits(plainly([&] { return layer(x); }), call(layer, x)));
  });
  EXPECT_EQ(call.explain().size(), 1u); // weights are inputs, not constants
  EXPECT_EQ(hits(call), 6u);
}

TEST_F(Footguns, NestedTraces) {
  const auto inside = [](const Tensor &x) { return tanh(x) + 1; };
  auto inner = trace(inside, {"nested inner"});
  const auto body = [&](const Tensor &x) { return inner(x) * inner(x - 1.0); };
  auto outer = trace(body, {"nested outer"});
  repeat(6, [&](int) {
    EXPECT_TRUE(same_bits(plainly([&] { return body(ramp(23)); }), outer(ramp(23))));
  });
  EXPECT_EQ(hits(outer), 4u);
  repeat(4, [&](int) { // and by itself
    EXPECT_TRUE(same_bits(plainly([&] { return inside(ramp(23)); }), inner(ramp(23))));
  });
  EXPECT_EQ(hits(inner), 2u);
}

TEST_F(Footguns, CapturedTensorsAreNotConstants) {
  Tensor weight = ramp(20);
  const auto body = [&](const Tensor &x) { return x * weight + weight; };
  auto f = trace(body, {"captured tensor"});
  repeat(7, [&](int i) {
    weight = ramp(20, static_cast<float>(i));
    EXPECT_TRUE(same_bits(plainly([&] { return body(ramp(20)); }), f(ramp(20))));
  });
  EXPECT_EQ(hits(f), 5u);
}

TEST_F(Footguns, SideEffectsHappenOnEveryCall) {
  int count = 0;
  std::vector<std::string> lines;
  auto f = trace(
      [&](const Tensor &x) {
        ++count;
        const Tensor y = x + 1;
        lines.push_back(std::to_string(sum(y).item<float>()));
        return y;
      },
      {"side effects"});
  repeat(7, [&](int i) { f(Tensor::copy_of({static_cast<float>(i)}, {1})); });
  EXPECT_EQ(count, 7);
  ASSERT_EQ(lines.size(), 7u);
  EXPECT_EQ(lines[6], "7.000000");
  EXPECT_GE(hits(f), 5u);
}

TEST_F(Footguns, NoTensorComesIn) {
  const auto body = [](double a, Generator &generator) {
    return full({3, 5}, a) * 2.0 + uniform(generator, {5});
  };
  auto f = trace(body, {"no inputs"});
  Generator one(7), two(7);
  repeat(6, [&](int i) {
    const double a = i * 0.3;
    EXPECT_TRUE(same_bits(plainly([&] { return body(a, two); }), f(a, one)));
  });
  EXPECT_EQ(hits(f), 4u);
}

TEST_F(Footguns, ReturnsThatAreNotTensors) {
  const Tensor x = ramp(15);
  auto number = trace([](const Tensor &t) { return sum(exp(t)).item<float>(); }, {"number"});
  auto nothing = trace([](const Tensor &t) { static_cast<void>(exp(t)); }, {"nothing"});
  auto text = trace([](const Tensor &t) { return describe(t.dtype(), (t + 1).shape()); }, {"text"});
  const float expected = plainly([&] { return sum(exp(x)).item<float>(); });
  repeat(5, [&](int) {
    EXPECT_EQ(number(x), expected);
    nothing(x);
    EXPECT_EQ(text(x), "f32[15]");
  });
  EXPECT_EQ(hits(number), 3u);
}

TEST_F(Footguns, TheFirstRunThrows) {
  const auto body = [](const Tensor &x, bool fail) {
    const Tensor y = x * 3.0;
    if (fail)
      throw std::runtime_error("the first run");
    return y - 1;
  };
  auto f = trace(body, {"first run throws"});
  EXPECT_THROW(f(ramp(18), true), std::runtime_error);
  repeat(5, [&](int) {
    EXPECT_TRUE(same_bits(plainly([&] { return body(ramp(18), false); }), f(ramp(18), false)));
  });
  EXPECT_GE(hits(f), 3u);
  EXPECT_THROW(f(ramp(18), true), std::runtime_error);
  EXPECT_TRUE(same_bits(plainly([&] { return body(ramp(18), false); }), f(ramp(18), false)));
}

TEST_F(Footguns, TheLongestWait) {
  ASSERT_TRUE(wait_compiled()); // a busy compile thread may not take the second call's message
  auto f = trace([](const Tensor &x) { return tanh(x) * 0.5 + x; }, {"longest wait"});
  const Tensor x = ramp(33);
  f(x);
  f(x);
  static_cast<void>(wait_compiled(std::chrono::milliseconds::min())); // returns
  EXPECT_TRUE(wait_compiled(std::chrono::milliseconds::max()));
  f(x);
  EXPECT_EQ(hits(f), 1u);
}

TEST_F(Footguns, TheCompileThreadHasAName) {
  auto f = trace([](const Tensor &x) { return x * 2.0; }, {"named thread"});
  repeat(3, [&](int) { f(ramp(10)); });
  std::set<std::string> names;
  for (const auto &thread : std::filesystem::directory_iterator("/proc/self/task")) {
    std::string name;
    std::getline(std::ifstream(thread.path() / "comm"), name);
    names.insert(name);
  }
  EXPECT_TRUE(names.contains("jit-compile"));
}

TEST_F(Footguns, DerivativesAtInfiniteEnds) {
  const auto rows = [](const Tensor &x) { return logsumexp(x); };
  const auto level = [](const Tensor &x) { return gelu(x) + erf(x); };
  const auto power = [](const Tensor &x) { return pow(x, abs(x)); };
  const auto body = [=](const Tensor &x) {
    std::vector<Tensor> slopes{grad(rows)(x), grad(level)(x), grad(power)(x)};
    slopes.push_back(grad([=](const Tensor &v) { return square(grad(rows)(v)); })(x));
    slopes.push_back(grad(grad(level))(x));
    return slopes;
  };
  const float inf = std::numeric_limits<float>::infinity();
  const Tensor x =
      Tensor::copy_of({-inf, -inf, -inf, -inf, inf, 1.0f, -inf, 0.0f, 2.0f, -inf, -1e30f, 40.0f,
                       std::numeric_limits<float>::quiet_NaN(), -0.0f, 1e-45f, 3.0f},
                      {4, 4});
  auto f = trace(body, {"infinite ends"});
  repeat(6, [&](int) {
    const std::vector<Tensor> slopes = f(x), plain = plainly([&] { return body(x); });
    for (std::size_t i = 0; i < slopes.size(); ++i)
      EXPECT_TRUE(same_bits(plain[i], slopes[i])) << "slope " << i;
  });
  EXPECT_EQ(hits(f), 4u);
}

// Views whose axes lie like one with steps, which a flattening reshape does not copy, and others.
TEST_F(Footguns, ContiguousIs) {
  const std::optional<std::int64_t> end;
  const auto body = [=](const Tensor &x) {
    std::vector<Tensor> made;
    for (const Tensor &view : {x(slice(end, end, 2)), x(slice(end, end, -1)),
                               reshape(x, {10, 6})(slice(), slice(end, end, 2)),
                               permute_dims(reshape(x, {4, 15}), {1, 0}),
                               broadcast_to(x(slice(3, 4)), {5}), x(slice(7, 7)), x})
      made.push_back((view * 2.0).contiguous() + view.contiguous());
    return made;
  };
  for (const Tensor &view : {ramp(60, 1)(slice(end, end, 2)), ramp(60, 1)(slice(end, end, -3)),
                             reshape(ramp(60, 1), {10, 6})(slice(), slice(end, end, 2))}) {
    ASSERT_FALSE(view.is_contiguous());
    const Tensor made = view.contiguous();
    EXPECT_TRUE(made.is_contiguous());
    EXPECT_EQ(made.data<float>().size(), static_cast<std::size_t>(view.size()));
    EXPECT_TRUE(same_bits(view, made));
  }
  auto f = trace(body, {"contiguous"});
  repeat(6, [&](int i) {
    const Tensor x = ramp(60, 0.5f * static_cast<float>(i));
    const std::vector<Tensor> got = f(x), plain = plainly([&] { return body(x); });
    for (std::size_t k = 0; k < got.size(); ++k)
      EXPECT_TRUE(same_bits(plain[k], got[k])) << k;
  });
  EXPECT_EQ(hits(f), 4u);
}

} // namespace
} // namespace jit::test
