// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// k-means (Lloyd's algorithm) on generated points, eagerly: no trace, no compiler.
// Usage: example-kmeans [points]
#include <tracejit/tracejit.h>

#include <cstdio>
#include <cstdlib>
#include <iostream>

using jit::newaxis;
using jit::Tensor;

/// Four round clouds of points in the plane, [points, 2].
static Tensor make_clouds(std::int64_t points) {
  jit::Generator random(1);
  const Tensor corners =
      Tensor::copy_of({-4.0f, -4.0f, -4.0f, 4.0f, 4.0f, -4.0f, 4.0f, 4.0f}, {4, 2});
  const Tensor corner = (jit::uniform(random, {points}) * 4.0).astype(jit::DType::i64);
  return jit::take(corners, corner) + jit::normal(random, {points, 2});
}

int main(int count, char **words) {
  const std::int64_t points = count > 1 ? std::atoi(words[1]) : 20'000;
  constexpr std::int64_t clusters = 4;
  const Tensor x = make_clouds(points);
  Tensor centers = x(jit::slice(0, clusters));

  bool moving = true;
  for (int round = 1; moving && round <= 100; ++round) {
    // [points, 1, 2] - [clusters, 2]: every distance by broadcasting.
    const Tensor distance = jit::sum(jit::square(x(jit::slice(), newaxis) - centers), {.axis = 2});
    const Tensor nearest = jit::argmax(-distance, {.axis = 1});
    const Tensor member = jit::one_hot(nearest, clusters);
    const Tensor size = jit::sum(member, {.axis = 0});
    const Tensor total = jit::matmul(jit::permute_dims(member, {1, 0}), x);
    // A cluster without points stays where it is.
    const Tensor next = jit::where(jit::expand_dims(size, 1) > 0,
                                   total / jit::expand_dims(jit::maximum(size, 1), 1), centers);
    moving = jit::max(jit::abs(next - centers)).item<float>() > 1e-4f;
    centers = next;
    std::printf("round %2d: mean squared distance %.4f\n", round,
                jit::mean(jit::min(distance, {.axis = 1})).item<double>());
  }
  std::cout << centers << "\n";
  if (moving)
    std::printf("still moving after 100 rounds\n");
  return moving ? 1 : 0;
}
