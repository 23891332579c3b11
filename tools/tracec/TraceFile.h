// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
// The traces that a command works on, and the values of their inputs.
#pragma once

#include "runtime/trace/Inputs.h"
#include "tools/tracec/CommandLine.h"

namespace tracec {

/// The name of the file in messages.
std::string shown_name(const Request &request);

/// The traces of the file, or the one that --trace names. Throws Exit.
std::vector<jit::Graph> read_traces(const Request &request);

/// Inputs from .npy files where given, else by the seed. Throws Exit.
jit::GraphInputs make_inputs(const Request &request, const jit::Graph &graph);

/// The elements of a .npy file as an input of that kind; `label` names it in messages. Throws Exit.
jit::Tensor read_npy(const std::string &name, const jit::Meta &meta, const std::string &label);

/// "trace 0 "name"": the line above the results of one of several traces; empty for a lone one.
std::string heading(const std::vector<jit::Graph> &graphs, std::size_t k);

} // namespace tracec
