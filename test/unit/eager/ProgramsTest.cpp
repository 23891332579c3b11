// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Whole programs as people write them: the same bits eagerly, compiled and in mode check.
#include "runtime/jit/Anchor.h"
#include "test/unit/jit/CompiledTest.h"

#include <functional>

namespace jit::test {
namespace {

class Programs : public CompiledTest {
protected:
  using State = std::vector<Tensor>;
  using Step = std::function<State(const State &)>;

  /// `steps` steps from `begin` in every mode; the traced ones must have been compiled.
  static void run(const char *name, const State &begin, const Step &step, int steps = 12) {
    State expected = begin;
    set_mode(Mode::off);
    for (int i = 0; i < steps; ++i)
      expected = step(expected);
    for (const Mode mode : {Mode::on, Mode::check}) {
      set_mode(mode);
      auto traced = trace(step, {.name = std::string(name) + (mode == Mode::on ? "" : ", check")});
      State state = begin;
      for (int i = 0; i < steps; ++i) {
        state = traced(state);
        ASSERT_TRUE(wait_compiled());
      }
      ASSERT_EQ(state.size(), expected.size());
      for (std::size_t i = 0; i < state.size(); ++i)
        EXPECT_TRUE(same_bits(expected[i], state[i])) << name << ", tensor " << i;
      if (mode == Mode::on) {
        EXPECT_GT(hits(traced), 0u) << name << " was never compiled";
      }
    }
    EXPECT_EQ(differences(), 0u) << name;
  }

  /// Runs of mode check in which a program gave other bits.
  static std::uint64_t differences() {
    std::uint64_t sum = 0;
    for (Trace *trace = Trace::all(); trace; trace = trace->next)
      for (Anchor *anchor = trace->anchors; anchor; anchor = anchor->next) {
        const std::lock_guard guard(anchor->known.lock);
        for (const std::shared_ptr<Path> &path : anchor->known.paths())
          sum += path->differences;
      }
    return sum;
  }

  static Tensor numbers(DimList shape, std::uint64_t seed) {
    Generator generator(seed);
    return normal(generator, shape) * 0.5;
  }
};

/// Conway's rule on bytes, on a torus.
TEST_F(Programs, GameOfLife) {
  Generator generator(7);
  const Tensor cells = astype(less(uniform(generator, {37, 41}), 0.4), DType::u8);
  run("life", {cells}, [](const State &s) -> State {
    const Tensor &x = s[0];
    Tensor around = zeros_like(x);
    for (int dy = -1; dy <= 1; ++dy)
      for (int dx = -1; dx <= 1; ++dx)
        if (dy || dx)
          around = around + roll(x, {dy, dx}, {0, 1});
    return {astype(equal(around, 3) | (equal(around, 2) & equal(x, 1)), DType::u8)};
  });
}

/// Height and velocities over a flat floor; walls by padding, the rest by rolling.
TEST_F(Programs, ShallowWater) {
  const Tensor height = 1 + exp(-square(numbers({24, 30}, 1)) * 4);
  const State begin{height, zeros({24, 30}), zeros({24, 30})};
  run("shallow water", begin, [](const State &s) -> State {
    const double dt = 0.01, g = 9.81;
    const auto dx = [](const Tensor &f) { return (roll(f, -1, 1) - roll(f, 1, 1)) * 0.5; };
    const auto dy = [](const Tensor &f) {
      const Tensor wide = pad(f, {1, 0}, {1, 0}, 0.0);
      return (wide(slice(2, {})) - wide(slice({}, -2))) * 0.5;
    };
    const Tensor u = s[1] - dt * g * dx(s[0]), v = s[2] - dt * g * dy(s[0]);
    Tensor h = s[0] - dt * (dx(u * s[0]) + dy(v * s[0]));
    h.at(0) = h(1);
    h.at(-1) = h(-2);
    return {h, u, v};
  });
}

/// One optimizer step over many small parameters at once.
TEST_F(Programs, AdamOverSmallTensors) {
  State begin;
  for (std::uint64_t i = 0; i < 20; ++i) {
    const DimList shape{static_cast<std::int64_t>(3 + i), static_cast<std::int64_t>(5 + i % 3)};
    begin.insert(begin.end(), {numbers(shape, i), zeros(shape), zeros(shape)});
  }
  run("adam", begin, [](const State &s) -> State {
    State next;
    for (std::size_t i = 0; i < s.size(); i += 3) {
      const Tensor gradient = s[i] * s[i] * s[i] - s[i];
      const Tensor m = s[i + 1] * 0.9 + gradient * 0.1;
      const Tensor v = s[i + 2] * 0.999 + square(gradient) * 0.001;
      next.insert(next.end(), {s[i] - 1e-2 * m / (sqrt(v) + 1e-8), m, v});
    }
    return next;
  });
}

TEST_F(Programs, GruAndLstmCellsInAHostLoop) {
  const std::int64_t n = 19, batch = 5;
  const Tensor x = numbers({4, batch, n}, 1), w = numbers({n, 3 * n}, 2),
               r = numbers({n, 3 * n}, 3);
  const Tensor lw = numbers({n, 4 * n}, 4), lr = numbers({n, 4 * n}, 5);
  run(
      "cells", {zeros({batch, n}), zeros({batch, n}), zeros({batch, n})},
      [=](const State &s) -> State {
        Tensor h = s[0], hidden = s[1], cell = s[2];
        const auto part = [](const Tensor &all, int k) {
          return all(slice(), slice(k * n, (k + 1) * n));
        };
        for (int t = 0; t < 4; ++t) {
          const Tensor a = matmul(x(t), w), b = matmul(h, r);
          const Tensor z = sigmoid(part(a, 0) + part(b, 0)), q = sigmoid(part(a, 1) + part(b, 1));
          h = z * h + (1 - z) * tanh(part(a, 2) + q * part(b, 2));
          const Tensor gates = matmul(x(t), lw) + matmul(hidden, lr);
          cell = sigmoid(part(gates, 0)) * cell + sigmoid(part(gates, 1)) * tanh(part(gates, 2));
          hidden = sigmoid(part(gates, 3)) * tanh(cell);
        }
        return {h, hidden, cell};
      },
      6);
}

/// Bytes of an image made sharper, smaller by interpolation, and bytes again.
TEST_F(Programs, ImagePipeline) {
  Generator generator(13);
  const Tensor image = randint(generator, 0, 256, {1, 3, 40, 30}, DType::u8);
  run("image", {image, image}, [](const State &s) -> State {
    const Tensor pixels = s[0].astype(DType::f32) / 255;
    const Tensor padded = pad_replicate(pixels, {0, 0, 1, 1}, {0, 0, 1, 1});
    const Tensor blurred = mean(windows(padded, {2, 3}, {3, 3}), Axes{-2, -1});
    const Tensor sharper = clip(pixels + (pixels - blurred) * 0.6, 0, 1);
    const Tensor gray = tensordot(Tensor::copy_of<float>({0.299f, 0.587f, 0.114f}), sharper(0), 1);
    const Tensor smaller = interpolate(sharper, {.size = {27, 20}, .mode = Interpolation::linear});
    const Tensor bytes = clip(round(smaller * 255), 0, 255).astype(DType::u8);
    const Tensor larger = interpolate(bytes, {.size = {40, 30}});
    const Tensor dark = (gray * 255).astype(DType::u8) <= 300 - 200;
    return {where(dark, larger + (larger < 128) * 1, larger).astype(DType::u8), bytes};
  });
}

/// Shortest distances by rounds over all edges, as Bellman and Ford do it.
TEST_F(Programs, RelaxationOfEdges) {
  const std::int64_t nodes = 200, edges = 900;
  Generator generator(11);
  const auto draw = [&] {
    return astype(floor(uniform(generator, {edges}) * static_cast<double>(nodes)), DType::i64);
  };
  const Tensor from = draw(), to = draw(), length = uniform(generator, {edges});
  Tensor far = full({nodes}, std::numeric_limits<float>::infinity());
  far.at(0) = 0;
  run("relaxation", {far}, [=](const State &s) -> State {
    return {scatter(s[0], to, take(s[0], from) + length, 0, ScatterMode::minimum)};
  });
}

} // namespace
} // namespace jit::test
