// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// Computation: what the rows of the table in rows.py compute, on our side.
#pragma once

#include "bench/peers/Serve.h"

#include <tracejit/tracejit.h>

#include <array>

namespace peers {

/// At most two; those that are not used stay empty.
using Outputs = std::array<jit::Tensor, 2>;

/// A computation on its inputs. One that has a state changes it with every call.
struct Body {
  std::function<Outputs()> call;
  std::function<void()> reset;                      ///< to the first state; nothing if it has none
  std::function<std::vector<jit::Tensor>()> change; ///< of the state, since then
};

/// Inputs whose names begin with "weight", "bias" or "scale" are the same in all calls: peers may
/// prepare them as they like.
struct Computation {
  std::string name;
  std::function<Inputs(const Sizes &)> inputs;
  std::function<Body(Inputs, const Sizes &)> body;
};

std::vector<Computation> elementwise();
std::vector<Computation> matrix_rows();
std::vector<Computation> products();
std::vector<Computation> encoder();
std::vector<Computation> training();

/// A body without a state from a function of inputs, which is given each by its name once.
template <class F> Body pure(F call) { return {std::move(call), {}, {}}; }

} // namespace peers
