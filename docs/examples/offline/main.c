/* SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception */
/* A controller that was traced in C++ and compiled ahead, in a C program without libtracejit. It
   keeps a cart's pole upright for a while and prints where things went. */
#include "policy.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* The cart's place and speed, the pole's angle and its change. */
enum { place, speed, angle, turn, state_size };

static void move_cart(float state[state_size], float force) {
  const float step = 0.02f, gravity = 9.8f;
  const float pull = gravity * sinf(state[angle]) - force * cosf(state[angle]);
  state[place] += step * state[speed];
  state[speed] += step * force;
  state[angle] += step * state[turn];
  state[turn] += step * pull;
}

int main(void) {
  float weights1[4 * 16] = {0}, weights2[16 * 2] = {0}, command[2];
  for (int i = 0; i < 4; ++i) /* one hidden unit for each part of the state */
    weights1[16 * i + i] = 0.1f;
  weights2[2 * angle] = 300.0f;
  weights2[2 * turn] = 80.0f;
  weights2[2 * speed] = 4.0f;
  void *workspace = NULL;
  const size_t bytes = policy_workspace(1);
  if (bytes && !(workspace = aligned_alloc(64, bytes)))
    return 1;

  float state[state_size] = {0.0f, 0.0f, 0.1f, 0.0f};
  for (int i = 0; i < 200; ++i) {
    const int32_t code = policy(state, weights1, weights2, 1.0, command, workspace);
    if (code != POLICY_OK) {
      fprintf(stderr, "policy: %s\n", policy_error(code));
      return 1;
    }
    move_cart(state, command[0]);
  }
  printf("angle %.4f\n", state[angle]);
  free(workspace);
  return fabsf(state[angle]) < 0.05f ? 0 : 1;
}
